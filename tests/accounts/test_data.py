"""What is held about oneself: nothing is left out, nothing of others is in it."""

import json
import re
from datetime import timedelta

from sqlalchemy import Uuid

from forum import limits
from forum.accounts import own, services
from forum.accounts.models import Authenticator, Passkey, Person, RecoveryCode
from forum.accounts.views import data as data_views
from forum.audit.models import AuditEntry
from forum.audit.services import Actor
from forum.db import Base, db, utcnow
from forum.mail.letter import Letter
from forum.mail.services import post
from forum.mailings.models import Mailing, MailRefusal
from forum.roles import services as roles
from forum.roles.models import Role
from tests import make, page
from tests.signed_in import signed_in

PATH = "/en/account/data"


def refers_to_people(table) -> bool:
    """Whether a table points at people: by their row, by their random number, or by a digest of their address."""
    return table.name == "person" or any(
        any(key.column.table.name == "person" for key in column.foreign_keys)
        or (isinstance(column.type, Uuid) and column.name not in ("uid", "guid"))
        or column.name in ("address_digest", "recipient_digest")
        for column in table.columns
    )


def test_every_table_about_people_is_named_by_a_holder():
    about = {table.name for table in Base.metadata.sorted_tables if refers_to_people(table)}

    assert about == {table for kind in data_views.kinds() for table in kind.tables}


def test_every_record_has_the_fields_that_its_kind_names(app):
    held = data_views.held_about(data_views.subject_of(somebody_full("X")))

    assert {kind.name for kind in data_views.kinds()} == set(held)
    for kind in data_views.kinds():
        assert held[kind.name], f"the test makes nothing of {kind.name}"
        assert {tuple(one) for one in held[kind.name]} == {tuple(kind.fields)}


def somebody_full(mark: str) -> Person:
    """Somebody of whom every kind of thing is held, each text of it with `mark`."""
    person = make.a_person(name=f"Name{mark}", email=f"first{mark}@example.org", time_zone="Africa/Lusaka")
    own.set_profile(
        person=person,
        name=person.name,
        alias=f"Alias{mark}",
        language="en",
        languages=["en", "sw"],
        time_zone="Africa/Lusaka",
        at=make.NOON,
    )
    services.add_address(person=person, email=f"second{mark}@example.org", at=make.NOON)
    edition = make.an_edition(slug=f"edition-{mark.lower()}")
    make.a_grant(Role.ORGANISER, edition, person=make.a_person())
    make.a_grant(Role.FUNDER, edition, person=person)
    actor = Actor(person.uid, "organiser")
    roles.grant(person=make.a_person(), role=Role.DESK, edition=edition, by=actor, at=make.NOON)
    an_invitation(edition, f"second{mark}@example.org", by=Actor(None, "command"))
    an_invitation(edition, f"guest{mark}@example.com", by=actor)
    some_mail(person, mark)
    db.session.add_all(
        [
            Passkey(
                person_id=person.id, credential_id=mark.encode(), public_key=b"", sign_count=0, name=f"Key{mark}",
                created_at=make.NOON,
            ),
            Authenticator(person_id=person.id, seed=f"SEED{mark}", confirmed_at=make.NOON),
            RecoveryCode(person_id=person.id, digest=mark.encode(), created_at=make.NOON),
            MailRefusal(person_id=person.id, edition_id=edition.id, refused_at=make.NOON),
            Mailing(
                edition_id=edition.id, code=f"mailing-{mark}", subject=make.words("S"), body=make.words("B"),
                audience={}, written_at=make.NOON, written_by=person.uid,
            ),
        ]
    )  # fmt: skip
    services.sign_in(person=person, proof=services.Proof.LINK, at=utcnow())
    db.session.flush()
    return person


def an_invitation(edition, email, *, by) -> None:
    roles.invite(
        edition=edition,
        email=email,
        role=Role.REVIEWER,
        mail_language="en",
        write=lambda token, expires_at: Letter(to=email, subject=f"Role {email}", paragraphs=(email,)),
        by=by,
        at=utcnow(),
    )


def some_mail(person: Person, mark: str) -> None:
    """A notice and a sign-in key on their way."""
    email = person.addresses[0].email
    letter = Letter(to=email, subject=f"Subject{mark}", paragraphs=("Hello,", f"Paragraph{mark}"))
    post(letter=letter, kind="roles.news", language="en", person_id=person.id, at=make.NOON)
    services.mail_key(
        email=email,
        purpose=services.Purpose.SIGN_IN,
        language="en",
        write=lambda token, code: Letter(to=email, subject=f"Secret{mark}", paragraphs=(token, code)),
        at=utcnow(),
    )


def test_page_shows_everything_in_words_and_ones_own_zone(client):
    person = somebody_full("X")

    shown = page.get(signed_in(client, person), PATH)

    tables = {
        one.get("aria-labelledby"): [
            [" ".join(" ".join(cell.itertext()).split()) for cell in row] for row in one.findall(".//tbody/tr")
        ]
        for one in shown.all("div", class_="scroll")
    }
    assert list(tables) == [kind.name for kind in data_views.kinds()]
    since = "1 May 2026, 14:00"
    assert tables["account"] == [
        ["NameX", "AliasX", "English", "English and Swahili", "Africa/Lusaka", since, str(person.uid)]
    ]
    assert tables["addresses"] == [
        ["firstX@example.org", "yes", since, "–", "–"],
        ["secondX@example.org", "no", since, "–", "–"],
    ]
    assert tables["proofs"] == [
        ["a passkey", "KeyX", since, "–"],
        ["an authenticator app", "–", since, "–"],
        ["a recovery code", "–", since, "–"],
    ]
    assert tables["roles"] == [["Funder", "edition-x", "–", "no", since]]
    assert [row[:2] for row in tables["invitations"]] == [["Reviewer", "edition-x"]]
    assert [row[:2] for row in tables["given"]] == [["Registration desk", "edition-x"], ["Reviewer", "edition-x"]]
    assert tables["refusals"] == [["edition-x", since]]
    assert tables["written"] == [["edition-x", since, "draft", "–"]]
    assert [row[1:3] + row[4:] for row in tables["mail"]] == [
        ["A link to sign in", "waits", "–", "–", "–"],
        ["roles.news", "waits", "firstX@example.org", "SubjectX", "Read Hello, ParagraphX"],
        ["An invitation to a role", "waits", "–", "–", "–"],
    ]
    assert [row[1:] for row in tables["audit"]] == [
        ["somebody was invited to a role", "yes", "Organiser"],
        ["a role was given", "yes", "Organiser"],
        ["a role was given", "no", "a command on the server"],
        ["the profile was changed", "yes", "for yourself"],
    ]


def test_page_of_somebody_new_says_that_nothing_is_held(client):
    shown = page.get(signed_in(client, make.a_person()), PATH)

    assert len(shown.texts("p", class_="empty")) == len(data_views.kinds()) - 3  # Profile, address, this sign-in.


def test_page_shows_the_latest_fifty_and_says_how_many_there_are(client):
    person = make.a_person()
    for number in range(52):
        own.set_profile(
            person=person, name=f"N{number}", alias="", language="en", languages=[], time_zone="UTC", at=make.NOON
        )

    shown = page.get(signed_in(client, person), PATH)

    table = shown.tree.find(".//div[@aria-labelledby='audit']")
    assert len(table.findall(".//tbody/tr")) == 50
    assert shown.texts("p", class_="soft") == [
        "There are 52 in all; the download has them.",
        "Jukwaa shows no advertising, sets no cookie to read a page, and asks no other site for anything.",
    ]


def downloaded(client) -> tuple[dict, str]:
    answer = page.submit(client, page.get(client, PATH))
    assert answer.status_code == 200
    return answer.headers, answer.get_data(as_text=True)


def test_download_holds_the_same_as_a_file_that_nobody_keeps(client):
    person = somebody_full("X")
    signed_in(client, person)

    headers, text = downloaded(client)

    said = json.loads(text)
    assert headers["Content-Type"] == "application/json"
    assert headers["Cache-Control"] == "no-store"
    assert re.fullmatch(r'attachment; filename="jukwaa-\d{4}-\d\d-\d\d\.json"', headers["Content-Disposition"])
    assert list(said["held"]) == [kind.name for kind in data_views.kinds()]
    assert said["held"]["account"]["records"] == [
        {
            "name": "NameX",
            "alias": "AliasX",
            "language": "en",
            "languages": ["en", "sw"],
            "time_zone": "Africa/Lusaka",
            "since": "2026-05-01T12:00:00+00:00",
            "number": str(person.uid),
        }
    ]
    assert said["held"]["mail"]["records"][1]["text"] == ["Hello,", "ParagraphX"]
    assert db.session.query(AuditEntry).filter_by(action="accounts.download").one().actor == person.uid


def test_download_and_page_hold_no_secret_and_nothing_of_others(client):
    mine, _ = somebody_full("X"), somebody_full("Y")
    signed_in(client, mine)

    _, text = downloaded(client)
    shown = page.get(client, PATH).html

    for found in (text, shown):
        assert re.findall(r"\w*(?:SEED|Secret|guest)\w*", found) == []
        assert re.findall(r"(?:Name|Alias|Key|Subject|Paragraph)Y|\w+Y@|edition-y", found) == []
        assert re.findall(r"NameX", found) == ["NameX"]


def test_download_by_get_is_not_there(client):
    assert signed_in(client, make.a_person()).get(f"{PATH}.json").status_code == 405


def test_download_with_a_second_factor_asks_for_it_anew_and_comes_back(client):
    person = somebody_full("X")
    signed_in(client, person, second_factor=False)

    answer = page.submit(client, page.get(client, PATH))

    assert (answer.status_code, answer.location) == (303, "/en/sign-in/second")
    with client.session_transaction() as cookie:
        assert cookie["wanted"] == {"endpoint": "held.page", "values": {"lang": "en"}}


def test_download_too_often_is_refused_in_words(client, monkeypatch):
    monkeypatch.setitem(limits.LIMITS, limits.Counted.EXPORTS_BY_PERSON, limits.Limit(1, timedelta(hours=1)))
    signed_in(client, make.a_person())
    downloaded(client)

    answer = page.submit(client, page.get(client, PATH))

    assert (answer.status_code, answer.location) == (303, PATH)
    assert len(page.get(client, PATH).texts("p", class_="fault")) == 1


def test_every_coded_value_has_words(app):
    held = data_views.held_about(data_views.subject_of(somebody_full("X")))
    coded = {
        str(one[field])
        for records in held.values()
        for one in records
        for field in ("kind", "state", "role", "action", "how", "purpose")
        if field in one
    } - {"roles.news"}

    assert coded <= {value for holder in data_views.HOLDERS for value in holder.words}
