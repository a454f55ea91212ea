"""The outbox itself: nothing is lost, nothing is sent twice, and what is secret is forgotten."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from forum.accounts.models import Purpose
from forum.accounts.services import mail_key
from forum.db import db
from forum.mail import delivery, rules, services, transports
from forum.mail.delivery import Desk
from forum.mail.models import MailState, OutboxMail
from forum.mail.transports import Folder, Outcome, Result, Transport
from forum.worker import DESK, Worker
from tests import make
from tests.conftest import TEST_KEY
from tests.mail.post import a_letter, a_mail
from tests.make import NOON

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def seen(row):
    """Where a message is, as the database has it now."""
    db.session.expire_all()
    return (row.state, row.attempts, row.last_reply)


def names_in(folder):
    return sorted(file.name for file in folder.iterdir())


def a_key_mail(at=NOON):
    """A sign-in mail; its row."""
    mail_key(
        email="anna@example.org",
        purpose=Purpose.SIGN_IN,
        language="en",
        write=lambda token, code: a_letter(to="anna@example.org", url=f"http://localhost/{token}", code=code),
        at=at,
    )
    db.session.commit()
    return db.session.query(OutboxMail).one()


def test_message_is_written_to_the_folder_for_its_owner_alone(app, folder, deliver):
    row = a_mail()

    deliver()

    file = folder / f"{row.uid}.eml"
    assert names_in(folder) == [file.name]
    assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
    assert seen(row) == (MailState.SENT, 1, "")


def test_folder_that_cannot_be_written_to_costs_a_minute(app, folder, deliver):
    folder.write_text("a file where the folder should be")
    row = a_mail()

    deliver()

    assert seen(row) == (MailState.QUEUED, 1, "folder not writable")


def test_message_is_tried_again_ever_more_rarely_and_then_given_up(app, folder, deliver):
    folder.write_text("")
    row, at, waits = a_mail(), NOON, []

    while deliver(at):
        db.session.expire_all()
        waits.append((row.next_try_at - at).total_seconds() / 60)
        at = row.next_try_at

    assert waits[:-1] == [1, 5, 15, 60, 180, 360, 720, 1440, 1440, 1440]
    assert seen(row) == (MailState.FAILED, 11, "folder not writable")
    assert row.letter is not None


def test_sent_secret_is_gone_from_the_row(app, folder, deliver):
    row = a_key_mail()

    deliver()

    assert (seen(row)[0], row.letter, row.letter_sealed) == (MailState.SENT, None, None)


def test_failed_secret_is_gone_from_the_row(office, deliver):
    office.at_rcpt = ["550 5.1.1 no"]
    row = a_mail(is_secret=True)

    deliver()

    assert (seen(row)[0], row.letter) == (MailState.FAILED, None)


def test_secret_that_waits_is_kept(app, folder, deliver):
    folder.write_text("")
    row = a_key_mail()

    deliver()

    assert seen(row)[0] is MailState.QUEUED
    assert row.letter is not None


def test_sign_in_mail_that_is_too_old_is_not_sent(app, folder, deliver):
    row = a_key_mail()

    deliver(NOON + 10 * MINUTE)

    assert (seen(row)[0], row.letter, folder.exists()) == (MailState.CANCELLED, None, False)


def test_sign_in_mail_is_sent_until_its_link_expires(app, folder, deliver):
    row = a_key_mail()

    deliver(NOON + 10 * MINUTE - timedelta(seconds=1))

    assert seen(row)[0] is MailState.SENT


def test_invitation_is_sent_an_hour_later_too(app, folder, deliver):
    row = a_mail(is_secret=True)

    deliver(NOON + 60 * MINUTE)

    assert seen(row)[0] is MailState.SENT


def test_other_words_are_kept_for_thirty_days(app, folder, deliver):
    row = a_mail()
    deliver()

    services.forget_past(at=NOON + 30 * DAY)
    kept = row.letter is not None
    services.forget_past(at=NOON + 30 * DAY + MINUTE)
    db.session.commit()
    db.session.expire_all()

    assert (kept, row.letter) == (True, None)


def test_words_of_what_still_waits_are_kept(app):
    row = a_mail()

    services.forget_past(at=NOON + 60 * DAY)
    db.session.commit()
    db.session.expire_all()

    assert row.letter is not None


def test_words_of_a_mailing_are_asked_for_when_it_is_sent(app, folder, deliver):
    mailing, person = make.a_mailing(make.an_edition()), make.a_person()
    row = a_part(mailing, person)
    desk = Desk(lambda mail: a_letter(to=f"{mail.person_id}@example.org"), DESK.on_refusal, DESK.on_taken)

    deliver(desk=desk)

    assert seen(row)[0] is MailState.SENT
    assert (folder / f"{row.uid}.eml").read_text().count(f"To: {person.id}@example.org\n") == 1


def test_part_of_a_mailing_that_is_not_wanted_any_more_is_cancelled(app, folder, deliver):
    row = a_part(make.a_mailing(make.an_edition()), make.a_person())

    deliver(desk=Desk(lambda mail: None, DESK.on_refusal, DESK.on_taken))

    assert (seen(row)[0], folder.exists()) == (MailState.CANCELLED, False)


def test_real_mailing_reaches_its_reader(app, folder):
    person = make.a_person(email="anna@example.org", name="Anna")
    row = a_part(make.a_mailing(make.an_edition()), person)
    db.session.commit()

    Worker(app).deliver()

    assert seen(row)[0] is MailState.SENT
    assert (folder / f"{row.uid}.eml").read_text().count("To: anna@example.org\n") == 1


def a_part(mailing, person):
    row = OutboxMail(
        edition_id=mailing.edition_id,
        mailing_id=mailing.id,
        person_id=person.id,
        kind="mailings.mailing",
        urgency=9,
        language="en",
        created_at=NOON,
        next_try_at=NOON,
    )
    db.session.add(row)
    db.session.commit()
    return row


def test_refusal_of_a_part_of_a_mailing_is_noted_at_the_address(office, deliver):
    office.at_rcpt = ["550 5.1.1 no"]
    person = make.a_person(email="anna@example.org")
    a_part(make.a_mailing(make.an_edition()), person)

    deliver(desk=Desk(lambda mail: a_letter(to="anna@example.org"), DESK.on_refusal, DESK.on_taken))

    db.session.expire_all()
    assert person.addresses[0].refusal == "550 5.1.1"


def test_letter_that_cannot_be_opened_stops_no_other(app, folder, deliver, caplog):
    broken, other = a_mail(), a_mail()
    broken.letter_sealed = broken.letter_sealed[:-1] + b"?"

    deliver()

    assert seen(broken) == (MailState.QUEUED, 1, "cannot be opened")
    assert seen(other)[0] is MailState.SENT
    assert caplog.text.count(str(broken.uid)) == 1


def test_letters_wait_for_a_key_that_is_missing(app, folder, deliver, monkeypatch):
    row = a_mail()
    with monkeypatch.context() as context:
        context.setitem(app.config, "MASTER_KEYS", [TEST_KEY[::-1]])
        deliver()

    assert seen(row) == (MailState.QUEUED, 1, "cannot be opened")
    deliver(NOON + MINUTE)
    assert seen(row)[0] is MailState.SENT


def test_letter_that_cannot_be_made_stops_no_other(app, folder, deliver, caplog):
    broken, other = a_part(make.a_mailing(make.an_edition()), make.a_person()), a_mail(urgency=9)

    def fail(mail):
        raise LookupError("canary@example.org is not there")

    deliver(desk=Desk(fail, DESK.on_refusal, DESK.on_taken))

    assert seen(broken) == (MailState.QUEUED, 1, "cannot be made")
    assert seen(other)[0] is MailState.SENT
    assert (caplog.text.count(str(broken.uid)), caplog.text.count("canary")) == (1, 0)


class Dies(BaseException):
    """The end of a worker."""


class Way(Transport):
    """A way out that a test watches."""

    def __init__(self, do):
        self.do = do

    def send(self, made):
        return self.do(made)

    def close(self):
        pass


def run(do, at=NOON, **given):
    db.session.commit()
    return delivery.deliver(transport=Way(do), desk=DESK, clock=lambda: at, **given)


def test_message_of_a_worker_that_died_is_sent_by_the_next(app, folder, deliver):
    row = a_mail()

    def die(made):
        raise Dies

    with pytest.raises(Dies):
        run(die)
    db.session.rollback()

    assert seen(row)[0] is MailState.SENDING
    assert deliver(NOON + 15 * MINUTE - timedelta(seconds=1)) == 0
    assert deliver(NOON + 15 * MINUTE) == 1
    assert seen(row)[0] is MailState.SENT
    assert names_in(folder) == [f"{row.uid}.eml"]


def test_no_transaction_is_open_while_a_message_is_under_way(app):
    a_mail()
    open_then = []

    def look(made):
        open_then.append(db.session().in_transaction())
        return Outcome(Result.SENT)

    run(look)

    assert open_then == [False]


def test_worker_that_was_taken_for_dead_does_not_undo_what_the_next_did(app, folder, deliver):
    row = a_mail()

    def be_slow(made):
        deliver(NOON + 20 * MINUTE)
        return Outcome(Result.LATER, "timed out")

    run(be_slow)

    assert seen(row) == (MailState.SENT, 2, "")


def test_outcome_waits_for_a_database_that_is_away(app, monkeypatch):
    row, settled, slept = a_mail(), delivery._settle, []

    def away(*given):
        if len(slept) < 2:
            raise OperationalError("update", {}, Exception("away"))
        settled(*given)

    monkeypatch.setattr(delivery, "_settle", away)
    monkeypatch.setattr(delivery.time, "sleep", slept.append)
    run(lambda made: Outcome(Result.SENT, "250"))

    assert slept == [1, 2]
    assert seen(row)[0] is MailState.SENT


def test_workers_at_once_send_every_message_once(app, folder):
    rows = 60
    for _ in range(rows):
        services.post(letter=a_letter(), kind="tests.notice", language="en", at=NOON)
    db.session.commit()
    sent, start = [], threading.Barrier(4)

    def work():
        with app.app_context():
            start.wait()

            def take(made):
                sent.append(made["Message-ID"])
                return Outcome(Result.SENT)

            return delivery.deliver(transport=Way(take), desk=DESK, clock=lambda: NOON)

    with ThreadPoolExecutor(4) as pool:
        tried = [one.result() for one in [pool.submit(work) for _ in range(4)]]

    assert (sum(tried), len(sent), len(set(sent))) == (rows, rows, rows)
    assert db.session.query(OutboxMail).filter_by(state=MailState.SENT, attempts=1).count() == rows


def test_folder_holds_no_half_written_message(app, folder, monkeypatch):
    row, letter = a_mail(), a_letter()
    made = delivery.rendering.message(row, letter)

    def full(*given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(transports.rendering, "as_bytes", full)

    assert Folder(folder).send(made) == Outcome(Result.LATER, "folder not writable")
    assert list(folder.glob("*.eml")) == []


def test_back_off_ends():
    assert [rules.next_wait(attempts) for attempts in (1, 10, 11)] == [MINUTE, DAY, None]
