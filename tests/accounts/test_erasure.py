"""Having oneself erased: nothing of the person is left, what must stay does, and they get a receipt."""

import re
import threading
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text

from forum.accounts.models import Person, SignIn
from forum.accounts.rules import FRESH
from forum.accounts.views import data as data_views
from forum.accounts.views import erasure as erase_views
from forum.audit.models import AuditEntry
from forum.db import Base, db, utcnow
from forum.keys import encrypted_columns
from forum.mail.letter import Letter
from forum.mail.models import MailState, OutboxMail
from forum.mail.services import post
from forum.roles.models import Role, RoleGrant
from tests import make, page
from tests.accounts.test_data import somebody_full
from tests.rows import on_disk
from tests.signed_in import signed_in

PATH = "/en/account/erase"
CANARY = "Kanarienvogel"


def everything_readable() -> str:
    """Every value of every table, what is sealed opened."""
    db.session.expire_all()
    sealed = {model.__tablename__: (model, names) for model, names in encrypted_columns()}
    found = []
    for table in Base.metadata.sorted_tables:
        found += [repr(tuple(row)) for row in db.session.execute(table.select())]
        if table.name in sealed:
            model, names = sealed[table.name]
            found += [str(getattr(row, name)) for row in db.session.query(model) for name in names]
    return "\n".join(found)


def mentions(readable: str) -> int:
    return len(re.findall(CANARY, readable, re.IGNORECASE))


def test_page_says_what_goes_and_what_stays(client):
    shown = page.get(signed_in(client, somebody_full("X")), PATH)

    assert {one.find("dt").text: one.find("dd").text for one in shown.tree.findall(".//dl/div")} == {
        "Your profile": "1",
        "Your addresses": "2",
        "Links and codes mailed to you": "1",
        "Where you are signed in": "2",
        "What proves that it is you": "3",
        "Your roles": "1",
        "Invitations to roles": "1",
        "Whose mailings you do not want": "1",
        "Mail to you": "3",
    }
    assert shown.texts("b")[:3] == [
        "Roles and invitations that you gave: 2",
        "Mailings that you wrote: 1",
        "Entries of the audit log: 4",
    ]


def test_erasing_without_the_tick_erases_nothing(client):
    signed_in(client, make.a_person())

    answer = page.submit(client, page.get(client, PATH))

    shown = page.parsed(answer, PATH)
    assert (shown.status, shown.texts("p", class_="fault")) == (
        422,
        ["Tick the box to say that you know; nothing was erased."],
    )
    assert db.session.query(Person).count() == 1


def test_erasing_leaves_nothing_but_the_receipt_until_that_is_sent(client):
    person = somebody_full(CANARY)
    bystander = somebody_full("X")
    uid = person.uid
    signed_in(client, person)
    before = everything_readable()

    page.submit(client, page.get(client, PATH), understood="y")

    left = everything_readable()
    receipt = db.session.query(OutboxMail).filter_by(kind="accounts.erased").one()
    assert mentions(before) > 10
    assert (receipt.is_secret, receipt.recipient_digest, receipt.person_id) == (True, None, None)
    assert Letter.from_json(receipt.letter).to == f"first{CANARY}@example.org"
    receipt.letter = None  # As the worker does with every secret once it is sent.
    db.session.commit()
    # Two codes that tell nothing have the mark of the test; and so has the address of somebody else who was invited.
    of_others = rf"(edition|mailing)-{CANARY}|guest{CANARY}@example.com"
    rest = re.sub(of_others, "", everything_readable(), flags=re.IGNORECASE)
    assert mentions(rest) == 0, rest
    assert mentions(left) > 0
    assert db.session.get_one(Person, bystander.id).name == "NameX"
    assert [one.actor for one in db.session.query(AuditEntry).filter_by(action="accounts.erase")] == [uid]


def test_erasing_cancels_what_waits_and_wipes_what_was_sent(client):
    person = make.a_person(email="amina@example.org")
    letter = Letter(to="amina@example.org", subject="S", paragraphs=("Hello,",))
    waits = post(letter=letter, kind="roles.news", language="en", at=make.NOON)
    sent = post(letter=letter, kind="roles.news", language="en", at=make.NOON, person_id=person.id)
    sent.state, sent.sent_at = MailState.SENT, make.NOON
    part = post(letter=letter, kind="mailings.part", language="en", at=make.NOON, person_id=person.id)
    part.letter = part.recipient_digest = None
    other = post(letter=Letter(**{**vars(letter), "to": "b@example.org"}), kind="k", language="en", at=make.NOON)

    page.submit(client, page.get(signed_in(client, person), PATH), understood="y")

    db.session.expire_all()
    assert [(one.state, one.letter, one.recipient_digest, one.person_id) for one in (waits, sent, part)] == [
        (MailState.CANCELLED, None, None, None),
        (MailState.SENT, None, None, None),
        (MailState.CANCELLED, None, None, None),
    ]
    assert (other.state, Letter.from_json(other.letter).to) == (MailState.QUEUED, "b@example.org")


def test_erasing_signs_out_everywhere_and_answers_with_the_receipt(client, app):
    person = somebody_full("X")
    there = signed_in(app.test_client(), person)
    signed_in(client, person)

    answer = page.submit(client, page.get(client, PATH), understood="y")

    shown = page.parsed(answer, PATH)
    assert (shown.status, shown.h1, shown.headers["Cache-Control"]) == (200, "Your account is erased", "no-store")
    assert {one.find("dt").text: one.find("dd").text for one in shown.tree.findall(".//dl/div")} == {
        "Your profile": "1",
        "Your addresses": "2",
        "Links and codes mailed to you": "1",
        "Where you are signed in": "3",
        "What proves that it is you": "3",
        "Your roles": "1",
        "Invitations to roles": "1",
        "Whose mailings you do not want": "1",
        "Mail to you": "3",
    }
    assert shown.texts("b")[:3] == [
        "Roles and invitations that you gave: 2",
        "Mailings that you wrote: 1",
        "Entries of the audit log: 4",
    ]
    assert db.session.query(SignIn).count() == 0
    assert [one.get("/en/account/").status_code for one in (client, there)] == [303, 303]


def test_receipt_by_mail_says_the_same_in_ones_language(client):
    person = make.a_person(email="amina@example.org", time_zone="Africa/Lusaka")
    signed_in(client, person)

    page.submit(client, page.get(client, PATH), understood="y")

    row = db.session.query(OutboxMail).one()
    letter = Letter.from_json(row.letter)
    assert (row.kind, row.language, letter.to) == ("accounts.erased", "en", "amina@example.org")
    assert letter.paragraphs[1] == "you had your account erased. This is the receipt."
    assert letter.paragraphs[3:] == ("Your profile: 1", "Your addresses: 1", "Where you are signed in: 1")
    assert re.fullmatch(r"Erased on \d+ \w+ \d{4}, \d\d:\d\d, Lusaka \(UTC\+2\):", letter.paragraphs[2])


@pytest.mark.parametrize(
    ("role", "sentence"),
    [
        (Role.ORGANISER, "An edition keeps at least one organiser. Give the role to somebody else first."),
        (Role.ADMINISTRATOR, "The site keeps at least one administrator. Give the role to somebody else first."),
    ],
)
def test_erasing_the_last_one_is_refused_and_nothing_is_changed(client, role, sentence):
    person = make.a_grant(role).person
    signed_in(client, person)
    before = everything_readable()

    answer = page.submit(client, page.get(client, PATH), understood="y")

    shown = page.parsed(answer, PATH)
    assert (shown.status, shown.texts("p", class_="fault")) == (422, [sentence])
    assert everything_readable() == before


def test_erasing_one_of_two_organisers_leaves_the_other_and_tells_in_the_log(client):
    person = make.a_person()
    edition = make.a_grant(Role.ORGANISER).edition
    make.a_grant(Role.ORGANISER, edition, person=person)
    uid = str(person.uid)

    page.submit(client, page.get(signed_in(client, person), PATH), understood="y")

    assert db.session.query(RoleGrant).count() == 1
    assert [(one.action, one.record, one.role) for one in db.session.query(AuditEntry).order_by(AuditEntry.id)][2:] == [
        ("roles.withdraw", uid, "self"),
        ("accounts.erase", uid, "self"),
    ]


@pytest.mark.parametrize("method", ["get", "post"])
def test_erasing_with_a_second_factor_asks_for_it_anew_and_comes_back(client, method):
    person = somebody_full("X")
    signed_in(client, person)
    form = page.held_by(page.get(client, PATH).all("form")[0])
    db.session.query(SignIn).update({"second_factor_at": utcnow() - FRESH})

    answer = client.open(PATH, method=method.upper(), data={**form, "understood": "y"} if method == "post" else None)

    assert (answer.status_code, answer.location) == (303, "/en/sign-in/second")
    with client.session_transaction() as cookie:
        assert cookie["wanted"] == {"endpoint": "erasure.page", "values": {"lang": "en"}}
    assert db.session.get(Person, person.id) is not None


def test_erasing_again_from_a_page_left_open_asks_to_sign_in(client):
    signed_in(client, make.a_person())
    form = page.held_by(page.get(client, PATH).all("form")[0])
    client.post(PATH, data={**form, "understood": "y"})

    answer = client.post(PATH, data={**form, "understood": "y"})

    assert answer.status_code == 400


def test_erasing_twice_at_once_is_done_once(client, app):
    """Two presses: the second waits for the first, and finds nobody to write another receipt to."""
    form = page.get(signed_in(client, make.a_person()), PATH)
    fields = {**page.held_by(form.all("form")[0]), "understood": "y"}
    cookie, ready, answers = client.get_cookie("jukwaa").value, threading.Barrier(2), []
    db.session.commit()

    def press() -> None:
        browser = FlaskClient(app, app.response_class)
        browser.set_cookie("jukwaa", cookie)
        ready.wait()
        answers.append(browser.post(PATH, data=fields).status_code)

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [200, 303]
    assert db.session.scalars(select(OutboxMail.kind)).all() == ["accounts.erased"]
    assert db.session.scalars(select(AuditEntry.action)).all() == ["accounts.erase"]


@pytest.mark.on_database("sqlite")  # It reads its file.
def test_database_file_never_held_a_name_or_an_address_in_clear(client):
    person = somebody_full(CANARY)
    signed_in(client, person)
    file = Path(db.engine.url.database)
    with closing(db.engine.raw_connection()) as connection:
        connection.execute("pragma wal_checkpoint(passive)")

    def clear() -> list[bytes]:
        raw = b"".join(on_disk(one) for one in file.parent.glob(f"{file.name}*"))
        return re.findall(rb"(?:Name|Alias|Key|SEED|Subject|Paragraph|first|second)" + CANARY.encode(), raw)

    during = clear()
    page.submit(client, page.get(client, PATH), understood="y")

    assert (during, clear()) == ([], [])


def test_every_area_that_holds_something_is_asked_to_forget(app):
    person = somebody_full("X")
    subject = data_views.subject_of(person)

    erase_views.erase_everywhere(person, at=utcnow())
    db.session.commit()

    left = [kind.name for kind in data_views.kinds() if kind.stays is None]
    about = {name: held for holder in data_views.HOLDERS[1:] for name, held in holder.held_about(subject).items()}
    assert {name: list(about[name]) for name in left if name in about} == {
        "roles": [],
        "invitations": [],
        "refusals": [],
        "mail": [],
    }
    assert db.session.scalar(text("select count(*) from address")) == 2
