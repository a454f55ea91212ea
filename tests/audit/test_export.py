"""Taking the log out as a file: why, what is in it, who is told, and that it stands in the log."""

import csv
import io
import json
import tracemalloc
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from forum import limits
from forum.accounts.models import SignIn
from forum.accounts.rules import FRESH
from forum.audit import queries
from forum.audit.export import COLUMNS, Extent, csv_pieces, json_pieces
from forum.audit.models import AuditChain, AuditEntry
from forum.audit.rules import check_chain
from forum.audit.services import COMMAND, record
from forum.db import db, utcnow
from forum.keys import scope_of
from forum.limits import Counted
from forum.mail.letter import Letter
from forum.mail.models import OutboxMail
from forum.roles.models import Role
from forum.tables import csv_rows
from tests import make
from tests.make import NOON
from tests.page import get, parsed, submit
from tests.signed_in import signed_in

EXPORT = "/en/here/manage/audit/export"
WHY = "The auditors ask for it"


@pytest.fixture
def edition(app):
    return make.an_edition(slug="here", name="Here")


@pytest.fixture
def organiser(edition, client):
    person = make.a_person(name="Mwila Chanda")
    make.a_grant(Role.ORGANISER, edition, person=person)
    signed_in(client, person)
    return person


def write(edition, **given):
    wanted = {"action": "roles.grant", "record_type": "person", "record": "x", "at": NOON, **given}
    return record(by=COMMAND, edition_id=edition.id, **wanted)


def take(client, **fields):
    return submit(client, get(client, EXPORT), **{"reason": WHY, "format": "json", **fields})


def entries_in(content):
    """The entries of a JSON export and their chain, made of nothing but what the file says."""
    said = json.loads(content)
    chain = AuditChain(scope=said["scope"], length=said["length"], last=bytes.fromhex(said["last"]))
    bytes_of = {"previous": bytes.fromhex, "digest": bytes.fromhex, "at": datetime.fromisoformat}
    bytes_of["actor"] = lambda uid: UUID(uid) if uid else None
    return chain, [
        AuditEntry(**{name: bytes_of.get(name, lambda value: value)(value) for name, value in one.items()})
        for one in said["entries"]
    ]


def test_json_export_can_be_verified_with_the_lookup_key_alone(edition, organiser, client):
    write(edition, changes={"role": [None, "desk"], "reason": "ع\U0001f600"})
    write(edition, at=datetime(2026, 5, 3, 1, 2, 3, 4, UTC))

    answer = take(client)

    chain, entries = entries_in(answer.get_data(as_text=True))
    chain.seal = b""
    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    assert [entry.number for entry in entries] == [1, 2, 3]
    assert [finding.fault for finding in check_chain(chain, entries)] == ["end_changed"]  # It holds no seal.
    assert (chain.length, chain.last) == (3, entries[-1].digest)


@pytest.mark.parametrize("field", ["role", "action", "record", "number", "previous"])
def test_json_export_that_was_changed_is_found_out(edition, organiser, client, field):
    write(edition)
    said = json.loads(take(client).get_data())
    said["entries"][1][field] = {"number": 7, "previous": "00" * 32}.get(field, "else")

    chain, entries = entries_in(json.dumps(said))
    chain.seal = b""

    assert "changed" in [finding.fault for finding in check_chain(chain, entries)]


def test_csv_export_holds_every_entry_and_no_formula(edition, organiser, client):
    naughty = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "'quoted", 'a"b,c;d\r\n=2']
    for text in naughty:
        write(edition, record=text, changes={"reason": text})

    answer = take(client, format="csv")

    content = answer.get_data().decode()
    header, *rows = csv_rows(content)
    cells = [cell for row in csv.reader(io.StringIO(content[1:], newline="")) for cell in row]
    assert answer.mimetype == "text/csv"
    assert tuple(header) == COLUMNS
    assert [row[6] for row in rows[1:]] == naughty
    assert [json.loads(row[7]) for row in rows[1:]] == [{"reason": text} for text in naughty]
    assert [cell for cell in cells if cell.startswith(tuple("=+-@\t\r\n"))] == []


def test_export_is_a_file_that_nobody_keeps(edition, organiser, client):
    answer = take(client)

    name = f"audit-here-{utcnow():%Y-%m-%d}.json"
    assert answer.headers["Content-Disposition"] == f"attachment; filename={name}"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_export_stands_in_the_log_with_its_reason(edition, organiser, client):
    write(edition)

    take(client, reason=f"  {WHY} ")

    last = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (last.action, last.actor, last.role, last.record) == ("audit.export", organiser.uid, "organiser", "here")
    assert last.changes == {"reason": WHY, "format": "json", "rows": 2}
    chain = queries.chain_of(scope_of(edition.id))
    assert list(check_chain(chain, queries.entries_of(chain))) == []


def test_every_other_organiser_is_told_in_their_language_and_time(edition, organiser, client):
    other = make.a_person(name="Awa", email="awa@example.org", language="fr", time_zone="Africa/Dakar")
    make.a_grant(Role.ORGANISER, edition, person=other)
    make.a_grant(Role.PROGRAMME, edition)
    make.a_grant(Role.ORGANISER, make.an_edition())

    take(client)

    told = db.session.scalars(select(OutboxMail)).all()
    letter = Letter.from_json(told[0].letter)
    assert [(one.kind, one.person_id, one.edition_id, one.language) for one in told] == [
        ("audit.export", other.id, edition.id, "fr")
    ]
    assert (letter.to, letter.url) == ("awa@example.org", "http://localhost/fr/here/manage/audit")
    said = " ".join(letter.paragraphs)
    assert ("Mwila Chanda" in said, WHY in said, "Dakar" in said) == (True, True, True)


def test_administrator_takes_it_out_and_all_organisers_are_told(edition, organiser, client):
    signed_in(client, make.a_grant(Role.ADMINISTRATOR).person)

    assert "1 other organiser is told by mail." in get(client, EXPORT).text
    take(client)

    assert [one.person_id for one in db.session.scalars(select(OutboxMail))] == [organiser.id]


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201])
def test_export_without_a_reason_is_refused_and_changes_nothing(edition, organiser, client, reason):
    make.a_grant(Role.ORGANISER, edition)

    answer = take(client, reason=reason)

    page = parsed(answer, EXPORT)
    said = "Say it in 200 characters at most." if reason.strip() else "Say in a few words why you need it."
    assert (answer.status_code, page.texts("small")[0]) == (422, said)
    assert db.session.scalars(select(OutboxMail)).all() == []
    assert db.session.scalars(select(AuditEntry).where(AuditEntry.action == "audit.export")).all() == []


def test_export_wants_a_second_factor_of_a_moment_ago(edition, organiser, client):
    page = get(client, EXPORT)
    sign_in = db.session.scalars(select(SignIn)).one()
    sign_in.second_factor_at = utcnow() - FRESH - timedelta(seconds=1)
    db.session.commit()

    answers = [client.get(EXPORT), submit(client, page, reason=WHY)]

    assert [(one.status_code, one.location) for one in answers] == [(303, "/en/sign-in/second")] * 2
    assert db.session.scalars(select(AuditEntry).where(AuditEntry.action == "audit.export")).all() == []


def test_export_comes_back_to_its_page_after_the_second_factor(edition, organiser, client):
    page = get(client, EXPORT)
    db.session.scalars(select(SignIn)).one().second_factor_at = utcnow() - FRESH - timedelta(seconds=1)

    submit(client, page, reason=WHY)

    with client.session_transaction() as cookie:
        assert cookie["wanted"] == {"endpoint": "audit.export", "values": {"lang": "en", "slug": "here"}}


def test_export_too_often_is_refused(edition, organiser, client):
    for _ in range(limits.LIMITS[Counted.EXPORTS_BY_PERSON].times):
        limits.spend(Counted.EXPORTS_BY_PERSON, organiser.uid, at=utcnow())

    answer = take(client)

    assert answer.status_code == 422
    assert parsed(answer, EXPORT).texts("small")[0].startswith("That was tried too often.")


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_export_of_a_long_log_takes_no_more_memory(edition, kind, monkeypatch):
    monkeypatch.setattr(queries, "BATCH", 20)
    for number in range(600):
        write(edition, record=number)
    db.session.commit()
    chain = queries.chain_of(scope_of(edition.id))
    extent = Extent(chain.id, chain.scope, chain.length, chain.last)

    tracemalloc.start()
    entries = queries.entries_up_to(chain_id=extent.chain_id, last=extent.length)
    pieces = csv_pieces(entries) if kind == "csv" else json_pieces(extent, entries)
    size = sum(len(piece) for piece in pieces)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert size > 100_000
    assert peak < 400_000


def test_export_ends_where_the_log_did_whatever_is_written_meanwhile(edition, monkeypatch):
    monkeypatch.setattr(queries, "BATCH", 2)
    for number in range(5):
        write(edition, record=number)
    db.session.commit()
    chain_id = queries.chain_of(scope_of(edition.id)).id

    found = []
    for entry in queries.entries_up_to(chain_id=chain_id, last=5):
        found.append(entry.number)
        write(edition)
        db.session.commit()

    assert found == [1, 2, 3, 4, 5]
