"""The outbox as organisers see it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from forum.audit.models import AuditEntry
from forum.db import db, utcnow
from forum.mail.models import MailState, OutboxMail
from forum.roles.models import Role
from tests import make
from tests.mail.post import a_letter, a_mail
from tests.make import NOON
from tests.page import get, held_by, submit
from tests.signed_in import signed_in

LATER = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def edition(app):
    return make.an_edition(slug="forum-2026")


@pytest.fixture
def organiser(client, edition):
    return signed_in(client, make.a_grant(Role.ORGANISER, edition).person)


def mail(edition, letter=None, state=MailState.SENT, **given):
    row = a_mail(letter, edition_id=edition.id, **{"kind": "roles.invitation", "language": "fr"})
    for name, value in {"state": state, "attempts": 1, **given}.items():
        setattr(row, name, value)
    db.session.commit()
    return row


def path(row):
    return f"/en/forum-2026/manage/outbox/{row.uid}"


def cells(page):
    return [[" ".join("".join(td.itertext()).split()) for td in tr.iter("td")] for tr in page.all("tr")][1:]


def test_outbox_shows_the_newest_first(organiser, edition):
    mail(edition)
    mail(edition, state=MailState.QUEUED, last_reply="450 4.2.1", next_try_at=LATER, attempts=3)

    page = get(organiser, "/en/forum-2026/manage/outbox")

    assert page.h1 == "Outbox"
    written = "1 May 2026, 14:00"
    assert cells(page) == [
        [
            "Invitation to a role",
            "WaitingThe mail server answered 450 4.2.1.",
            "French",
            "3",
            written,
            "1 January 2100, 02:00",
        ],
        ["Invitation to a role", "Sent", "French", "1", written, ""],
    ]


def test_outbox_counts_and_filters_by_state(organiser, edition):
    mail(edition)
    mail(edition, state=MailState.FAILED)
    mail(edition, state=MailState.FAILED)

    page = get(organiser, "/en/forum-2026/manage/outbox?state=failed")

    nav = next(one for one in page.all("nav") if one.get("aria-label") == "By state")
    assert ["".join(link.itertext()) for link in nav.iter("a")] == [
        "All (3)",
        "Waiting (0)",
        "Being sent (0)",
        "Sent (1)",
        "Failed (2)",
        "Not to be sent any more (0)",
    ]
    assert [row[1] for row in cells(page)] == ["Failed", "Failed"]


def test_outbox_of_another_edition_is_not_shown(organiser, edition):
    other = make.an_edition(slug="other-2026")
    foreign = mail(other, a_letter(subject="canary"), state=MailState.FAILED)

    page = get(organiser, "/en/forum-2026/manage/outbox")

    assert page.texts("p", class_="empty") == [
        "Nothing has been sent yet. Invitations, notices and mailings of this edition will be listed here."
    ]
    get(organiser, path(foreign), 404)
    get(organiser, "/en/other-2026/manage/outbox", 404)


def test_empty_state_says_so(organiser, edition):
    mail(edition)

    page = get(organiser, "/en/forum-2026/manage/outbox?state=failed")

    assert page.texts("p", class_="empty") == ["No message is in this state."]


@pytest.mark.parametrize("asked", ["state=lost", "page=2", "page=99999999999999999999"])
def test_what_the_outbox_does_not_have_is_not_found(organiser, edition, asked):
    get(organiser, f"/en/forum-2026/manage/outbox?{asked}", 404)


def test_outbox_has_fifty_on_a_page(organiser, edition):
    for _ in range(51):
        mail(edition)

    first = get(organiser, "/en/forum-2026/manage/outbox")
    second = get(organiser, "/en/forum-2026/manage/outbox?page=2")

    assert (len(cells(first)), len(cells(second))) == (50, 1)
    assert [text for text in first.texts("a") if text in ("Newer", "Older")] == ["Older"]
    assert [text for text in second.texts("a") if text in ("Newer", "Older")] == ["Newer"]


def test_only_of_failed_messages_one_sees_whom_they_are_for(organiser, edition):
    for state in (MailState.SENT, MailState.QUEUED):
        other = make.a_person(email=f"{state}@example.org")
        mail(edition, a_letter(to=f"{state}@example.org"), state=state, person_id=other.id)
    person = make.a_person(email="anna@example.org", name="Anna Mwale")
    mail(edition, a_letter(to="anna@example.org"), state=MailState.FAILED)
    mail(edition, None, state=MailState.FAILED, person_id=person.id, recipient_digest=None)
    invited = make.an_invitation(edition, email="invited@example.org")
    db.session.query(OutboxMail).filter_by(recipient_digest=invited.address_digest).one().state = MailState.FAILED
    db.session.commit()

    page = get(organiser, "/en/forum-2026/manage/outbox")

    found = [[bdi.text for bdi in tr.iter("bdi")] for tr in page.all("tr")][1:]
    assert found == [
        ["invited@example.org"],
        ["Anna Mwale", "anna@example.org"],
        ["Anna Mwale", "anna@example.org"],
        [],
        [],
    ]


@pytest.mark.parametrize("rows", [1, 3])
def test_outbox_asks_the_same_number_of_queries(organiser, edition, rows):
    for _ in range(rows):
        person = make.a_person()
        mail(edition, a_letter(to=person.addresses[0].email), state=MailState.FAILED, person_id=person.id)

    asked = []

    def note(_connection, _cursor, statement, *_):
        if statement.startswith("SELECT") and "public_state" not in statement:
            asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    get(organiser, "/en/forum-2026/manage/outbox")
    event.remove(db.engine, "before_cursor_execute", note)

    assert len(asked) == 8


def test_message_shows_what_it_says(organiser, edition):
    letter = a_letter(to="anna@example.org", subject="<b>Les</b> nouvelles", paragraphs=("Bonjour,", "ligne\nautre"))

    page = get(organiser, path(mail(edition, letter)))

    card = page.all("div", class_="card")[0]
    assert (card.get("lang"), card.get("dir")) == ("fr", "ltr")
    assert [" ".join(" ".join(p.itertext()).split()) for p in card] == [
        "<b>Les</b> nouvelles",
        "Bonjour,",
        "ligne autre",
    ]
    assert page.html.count("anna@example.org") == 0


def test_secret_is_shown_to_nobody(organiser, edition):
    row = a_mail(a_letter(url="http://localhost/canary", code="424242"), edition_id=edition.id, is_secret=True)

    page = get(organiser, path(row))

    assert (page.html.count("canary"), page.html.count("424242")) == (0, 0)
    assert page.texts("p", class_="empty")[0].startswith("This message holds a link")


def test_message_whose_words_are_forgotten_says_so(organiser, edition):
    page = get(organiser, path(mail(edition, letter=None, letter_sealed=None)))

    assert page.texts("p", class_="empty") == [
        "Its words are not kept any more, or cannot be opened. What was sent is forgotten after 30 days."
    ]


def test_failed_message_is_sent_again(organiser, edition):
    row = mail(edition, state=MailState.FAILED, attempts=11, last_reply="550 5.1.1")

    answer = submit(organiser, get(organiser, path(row)), action=f"{path(row)}/again")

    db.session.expire_all()
    assert (answer.status_code, answer.location) == (303, path(row))
    assert (row.state, row.attempts, row.last_reply) == (MailState.QUEUED, 0, "")
    assert utcnow() - row.next_try_at < timedelta(minutes=1)
    entry = db.session.query(AuditEntry).filter_by(action="mail.send_again").one()
    assert (entry.record, entry.role, entry.changes) == (str(row.uid), "organiser", {"state": ["failed", "queued"]})


@pytest.mark.parametrize(
    ("state", "given"),
    [
        (MailState.SENT, {}),
        (MailState.QUEUED, {}),
        (MailState.FAILED, {"is_secret": True}),
        (MailState.FAILED, {"letter_sealed": None}),
    ],
)
def test_what_cannot_be_sent_again_stays_as_it_is(organiser, edition, state, given):
    row, held = mail(edition, state=state, **given), mail(edition, state=MailState.FAILED)
    page = get(organiser, path(held))

    answer = organiser.post(f"{path(row)}/again", data=submitted(page))

    db.session.expire_all()
    assert (answer.status_code, row.state) == (303, state)
    assert db.session.query(AuditEntry).filter_by(action="mail.send_again").count() == 0
    assert len(get(organiser, path(row)).all("p", class_="fault")) == 1


def submitted(page):
    return held_by(page.all("form")[-1])


def test_waiting_message_is_tried_now(organiser, edition):
    row = mail(edition, state=MailState.QUEUED, next_try_at=LATER, attempts=4)

    submit(organiser, get(organiser, path(row)), action=f"{path(row)}/now")

    db.session.expire_all()
    assert (row.state, row.attempts) == (MailState.QUEUED, 4)
    assert row.next_try_at < LATER
    assert db.session.query(AuditEntry).filter_by(action="mail.try_now").count() == 1


def test_message_under_way_cannot_be_tried_now(organiser, edition):
    row = mail(edition, state=MailState.SENDING, next_try_at=LATER, claimed_at=NOON)
    held = mail(edition, state=MailState.QUEUED, next_try_at=LATER)

    organiser.post(f"{path(row)}/now", data=submitted(get(organiser, path(held))))

    db.session.expire_all()
    assert (row.state, row.next_try_at) == (MailState.SENDING, LATER)


@pytest.mark.parametrize("uid", ["x", "00000000-0000-0000-0000-000000000000", "..%2F.."])
def test_unknown_message_is_not_found(organiser, edition, uid):
    get(organiser, f"/en/forum-2026/manage/outbox/{uid}", 404)


@pytest.mark.parametrize("role", [Role.PROGRAMME, Role.FUNDER, Role.DESK, Role.ADMINISTRATOR])
def test_outbox_does_not_exist_for_others(client, edition, role):
    row = mail(edition)
    visitor = signed_in(client, make.a_grant(role, edition).person)

    get(visitor, "/en/forum-2026/manage/outbox", 404)
    get(visitor, path(row), 404)


def test_outbox_reads_right_to_left(organiser, edition):
    row = mail(edition, state=MailState.FAILED)

    get(organiser, "/ar/forum-2026/manage/outbox")
    get(organiser, path(row).replace("/en/", "/ar/"))
