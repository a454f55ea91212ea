"""Writing, sending and deleting."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from forum.accounts.models import Address, Person
from forum.audit.services import COMMAND
from forum.db import begin_writing, db
from forum.editions.models import Edition
from forum.mail.models import MailState, OutboxMail
from forum.mailings import queries, services
from forum.mailings.models import Mailing, MailingState
from forum.mailings.rules import Audience
from forum.roles.models import Role, RoleGrant
from tests import make
from tests.mailings.mailed import a_mailing, a_reader, entries, outbox, sent, words

LATER = make.NOON + timedelta(hours=1)


def send(mailing: Mailing, people: int, **given: object) -> int:
    wanted = {"written_at": mailing.written_at, "by": COMMAND, "at": LATER, **given}
    return services.send(mailing=mailing, people=people, **wanted)


def test_send_puts_a_row_for_each_person_into_the_outbox(app):
    edition = make.an_edition()
    people = [a_reader(edition, language=language) for language in ("en", "ar")]
    mailing = a_mailing(edition)

    assert send(mailing, 2) == 2

    assert [
        (row.person_id, row.language, row.mailing_id, row.edition_id, row.kind, row.urgency, row.letter)
        for row in outbox()
    ] == [(one.id, one.language, mailing.id, edition.id, "mailings.mailing", 9, None) for one in people]
    assert {(row.state, row.created_at, row.next_try_at) for row in outbox()} == {(MailState.QUEUED, LATER, LATER)}
    assert len({row.uid for row in outbox()}) == 2
    assert (mailing.state, mailing.sent_at, mailing.sent_to) == (MailingState.SENT, LATER, 2)


def test_send_twice_sends_once(app):
    edition = make.an_edition()
    a_reader(edition)
    mailing = a_mailing(edition)
    send(mailing, 1)
    a_reader(edition)

    assert send(mailing, 2) == 1
    assert len(outbox()) == 1
    assert len(entries("mailings.send")) == 1


def test_send_from_two_threads_sends_once(app):
    edition = make.an_edition()
    for _ in range(3):
        a_reader(edition)
    mailing = a_mailing(edition)
    code, edition_id, written_at = mailing.code, edition.id, mailing.written_at
    db.session.commit()
    ready, answers = threading.Barrier(2), []

    def press() -> None:
        with app.app_context():
            ready.wait()
            begin_writing()
            found = queries.mailing_by_code(db.session.get(Edition, edition_id), code)
            answers.append(services.send(mailing=found, people=3, written_at=written_at, by=COMMAND, at=LATER))
            db.session.commit()
            db.session.remove()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [3, 3]
    assert len(outbox()) == 3
    assert len(entries("mailings.send")) == 1


def test_send_to_another_number_of_people_than_seen_sends_nothing(app):
    edition = make.an_edition()
    a_reader(edition)
    mailing = a_mailing(edition)
    a_reader(edition)

    with pytest.raises(services.CountChanged) as refusal:
        send(mailing, 1)

    assert refusal.value.values == {"people": 2}
    assert (mailing.state, outbox()) == (MailingState.DRAFT, [])


def test_send_of_other_words_than_seen_sends_nothing(app):
    edition = make.an_edition()
    a_reader(edition)
    mailing = a_mailing(edition)

    with pytest.raises(services.TextChanged):
        send(mailing, 1, written_at=mailing.written_at - timedelta(microseconds=1))

    assert outbox() == []


@pytest.mark.parametrize(
    ("subject", "body"), [("", "Text"), ("Subject", ""), ({"en": "Subject", "fr": "Objet"}, {"en": "Text"})]
)
def test_send_of_an_unfinished_mailing_sends_nothing(app, subject, body):
    edition = make.an_edition()
    a_reader(edition)
    mailing = a_mailing(edition, subject=subject, body=body)

    with pytest.raises(services.Unfinished):
        send(mailing, 1)

    assert outbox() == []


def test_send_to_nobody_sends_nothing(app):
    mailing = a_mailing(make.an_edition())

    with pytest.raises(services.NobodyReached):
        send(mailing, 0)

    assert mailing.state is MailingState.DRAFT


def test_send_reaches_five_thousand_people_at_once(app):
    edition = make.an_edition()
    for person in (make.a_person(language="sw") for _ in range(50)):
        make.a_grant(Role.FUNDER, edition, person=person)
    mailing = a_mailing(edition)
    many(edition, 4_950)

    assert send(mailing, 5_000) == 5_000

    rows = db.session.execute(select(OutboxMail.language, func.count()).group_by(OutboxMail.language)).all()
    assert sorted(map(tuple, rows)) == [("en", 4_950), ("sw", 50)]
    assert db.session.scalar(select(func.count(func.distinct(OutboxMail.uid)))) == 5_000


def many(edition: Edition, people: int) -> None:
    """People with an address and a role, made quickly: their sealed columns hold nothing to be read."""
    start = (db.session.scalar(select(func.max(Person.id))) or 0) + 1
    ids = range(start, start + people)
    sealed = {"name_sealed": b"-", "alias_sealed": b"-"}
    db.session.execute(insert(Person), [{"id": n, "language": "en", "created_at": make.NOON, **sealed} for n in ids])
    db.session.execute(
        insert(Address),
        [
            {
                "person_id": n,
                "email_sealed": b"-",
                "digest": n.to_bytes(8, "big"),
                "is_primary": True,
                "verified_at": make.NOON,
            }
            for n in ids
        ],
    )
    db.session.execute(
        insert(RoleGrant),
        [
            {
                "code": f"many-{n}",
                "person_id": n,
                "edition_id": edition.id,
                "role": Role.FUNDER,
                "granted_at": make.NOON,
            }
            for n in ids
        ],
    )


def test_write_send_delete_are_logged_without_names(app):
    edition = make.an_edition()
    a_reader(edition, name="Amina Kanari")
    mailing = a_mailing(edition, audience=Audience(languages=("en",)))
    kept = {"sources": [], "roles": [], "languages": ["en"]}

    services.rewrite(
        mailing=mailing,
        subject=words("Doors open at eight"),
        body=mailing.body,
        audience=Audience(),
        is_service=False,
        written_at=mailing.written_at,
        by=COMMAND,
        at=LATER,
    )
    sent(mailing)
    draft = services.copy(mailing=mailing, by=COMMAND, at=LATER)
    services.delete(mailing=draft, by=COMMAND, at=LATER)

    everybody = {**kept, "languages": []}
    assert [(one.record, one.changes) for one in entries("mailings.write")] == [
        (mailing.code, {"audience": [None, kept], "is_service": [None, False]}),
        (mailing.code, {"subject": "changed", "audience": [kept, everybody]}),
        (draft.code, {"audience": [None, everybody], "is_service": [None, False]}),
    ]
    assert [(one.record, one.changes) for one in entries("mailings.send")] == [
        (mailing.code, {"audience": [None, everybody], "people": [0, 1]})
    ]
    assert [(one.record, one.changes) for one in entries("mailings.delete")] == [
        (draft.code, {"audience": [everybody, None]})
    ]


def test_rewrite_without_a_change_changes_nothing(app):
    mailing = a_mailing(make.an_edition())

    services.rewrite(
        mailing=mailing,
        subject=mailing.subject,
        body=mailing.body,
        audience=Audience(),
        is_service=False,
        written_at=None,
        by=COMMAND,
        at=LATER,
    )

    assert mailing.written_at == make.NOON
    assert len(entries("mailings.write")) == 1


def test_sent_mailing_stays_as_it_is(app):
    edition = make.an_edition()
    a_reader(edition)
    mailing = sent(a_mailing(edition, subject="As it was"))

    with pytest.raises(services.MailingSent):
        services.rewrite(
            mailing=mailing,
            subject=words("Other"),
            body=words("Other"),
            audience=Audience(),
            is_service=True,
            written_at=mailing.written_at,
            by=COMMAND,
            at=LATER,
        )
    with pytest.raises(services.MailingSent):
        services.delete(mailing=mailing, by=COMMAND, at=LATER)

    db.session.expire_all()
    assert mailing.subject.plain() == {"en": "As it was"}
    assert entries("mailings.delete") == []


def test_refusing_and_accepting_again_are_the_same_done_twice(app):
    person, edition = make.a_person(), make.an_edition()

    for _ in range(2):
        services.refuse(person=person, edition=edition, at=make.NOON)
    assert queries.has_refused(person, edition)

    for _ in range(2):
        services.accept(person=person, edition=edition)
    assert not queries.has_refused(person, edition)
