"""Delivers the outbox: one row at a time is claimed, sent, and what came of it written down."""

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from flask import current_app
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from forum.db import begin_writing, db
from forum.keys import KeyMissing, SealBroken, address_digest
from forum.mail import rendering, rules
from forum.mail.letter import Letter
from forum.mail.models import MailState, OutboxMail
from forum.mail.rendering import NoAddress
from forum.mail.transports import Outcome, Result, Transport

DATABASE_WAITS_SECONDS = (1, 2, 4, 8, 16)
"""How long to wait for a database that is away just when an outcome is to be written."""

Write = Callable[[OutboxMail], Letter | None]
"""Gives the words of a part of a mailing; None where it is not to be sent any more."""
Note = Callable[[bytes, str, datetime], None]
"""Is told, in the same transaction, of an address (by its digest) what a server said to it."""


@dataclass(frozen=True)
class Desk:
    """What delivery needs of others: areas above mail, which it must not know."""

    write_letter: Write
    on_refusal: Note
    on_taken: Note


@dataclass(frozen=True)
class _Claim:
    """A row that is ours until the outcome is written."""

    mail_id: int
    at: datetime


def deliver(
    *,
    transport: Transport,
    desk: Desk,
    clock: Callable[[], datetime],
    may_go_on: Callable[[], bool] = lambda: True,
) -> int:
    """Try every message that is due, the most urgent first, until none is left; how many were tried.

    Each is committed by itself. `may_go_on` is asked before each.
    """
    free_abandoned(at=clock())
    tried = 0
    while may_go_on():
        claim = _claim(at=clock())
        if claim is None:
            break
        _deliver_one(claim, transport, desk, clock)
        tried += 1
    return tried


def free_abandoned(*, at: datetime) -> int:
    """Give back what workers claimed that have died since; how many. Commits."""
    begin_writing()
    given_back = db.session.execute(
        update(OutboxMail)
        .where(OutboxMail.state == MailState.SENDING, OutboxMail.claimed_at <= at - rules.CLAIM_LASTS)
        .values(state=MailState.QUEUED, claimed_at=None, next_try_at=at)
    )
    db.session.commit()
    return int(given_back.rowcount)  # type: ignore[attr-defined]


def _claim(*, at: datetime) -> _Claim | None:
    """Take the most urgent message that is due, so that no other worker does; None where there is none."""
    begin_writing()
    due = (
        select(OutboxMail.id)
        .where(OutboxMail.state == MailState.QUEUED, OutboxMail.next_try_at <= at)
        .order_by(OutboxMail.urgency, OutboxMail.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    claimed = (
        update(OutboxMail)
        .where(OutboxMail.id == due.scalar_subquery(), OutboxMail.state == MailState.QUEUED)
        .values(state=MailState.SENDING, claimed_at=at, attempts=OutboxMail.attempts + 1)
        .returning(OutboxMail.id)
        .execution_options(synchronize_session=False)
    )
    mail_id = db.session.scalar(claimed)
    db.session.commit()
    return None if mail_id is None else _Claim(mail_id, at)


def _deliver_one(claim: _Claim, transport: Transport, desk: Desk, clock: Callable[[], datetime]) -> None:
    """From a claim to what came of it. While the message is under way no transaction is open."""
    mail = db.session.get(OutboxMail, claim.mail_id, populate_existing=True)
    if mail is None:
        db.session.commit()
        return
    uid, digest = mail.uid, mail.recipient_digest
    outcome: Outcome | None
    try:
        made, digest = _made(mail, desk.write_letter, claim.at)
        db.session.commit()
        outcome = transport.send(made) if made else None
    except (KeyMissing, SealBroken) as error:
        current_app.logger.error("the letter of message %s cannot be opened: %s", uid, type(error).__name__)
        outcome = Outcome(Result.LATER, "cannot be opened")
    except NoAddress:
        outcome = Outcome(Result.REFUSED, "no address")
    except OperationalError:
        raise  # The database is away: nothing is wrong with this message.
    except Exception as error:  # One message that cannot be made must not stop all the others.
        place = traceback.extract_tb(error.__traceback__)[-1]
        current_app.logger.error(  # Not what the error says: it may say it of somebody.
            "message %s cannot be made: %s at %s:%s", uid, type(error).__name__, place.filename, place.lineno
        )
        outcome = Outcome(Result.LATER, "cannot be made")
    db.session.rollback()
    _write_down(claim, outcome, digest, desk, clock)


def _made(mail: OutboxMail, write: Write, at: datetime) -> tuple[EmailMessage | None, bytes | None]:
    """The message and the digest of whom it is for; no message where it is not to be sent any more."""
    if rules.is_overdue(mail, at):
        return None, None
    letter = write(mail) if mail.mailing_id is not None else _kept(mail)
    if letter is None:
        return None, None
    return rendering.message(mail, letter), mail.recipient_digest or address_digest(letter.to)


def _kept(mail: OutboxMail) -> Letter | None:
    text = mail.letter
    return None if text is None else Letter.from_json(text)


def _write_down(
    claim: _Claim, outcome: Outcome | None, digest: bytes | None, desk: Desk, clock: Callable[[], datetime]
) -> None:
    """Write what came of it, waiting for the database if it is away: else the message would go out twice."""
    for seconds in (*DATABASE_WAITS_SECONDS, None):
        try:
            _settle(claim, outcome, digest, desk, clock())
        except OperationalError:
            db.session.rollback()
            if seconds is None:
                raise
            time.sleep(seconds)
        else:
            return


def _settle(claim: _Claim, outcome: Outcome | None, digest: bytes | None, desk: Desk, at: datetime) -> None:
    begin_writing()
    mail = db.session.get(OutboxMail, claim.mail_id, populate_existing=True, with_for_update=True)
    if mail is not None and (_is_ours(mail, claim) or (outcome is not None and outcome.result is Result.SENT)):
        _note_outcome(mail, outcome, at)
        if digest is not None and outcome is not None and outcome.result is Result.SENT:
            desk.on_taken(digest, outcome.reply, at)
        if digest is not None and outcome is not None and outcome.result is Result.REFUSED:
            desk.on_refusal(digest, outcome.reply, at)
    db.session.commit()


def _is_ours(mail: OutboxMail, claim: _Claim) -> bool:
    """Whether nobody has taken it for abandoned meanwhile."""
    return mail.state is MailState.SENDING and mail.claimed_at == claim.at


def _note_outcome(mail: OutboxMail, outcome: Outcome | None, at: datetime) -> None:
    mail.claimed_at = None
    mail.last_reply = outcome.reply if outcome else ""
    if outcome is None:
        mail.state = MailState.CANCELLED
    elif outcome.result is Result.SENT:
        mail.state, mail.sent_at = MailState.SENT, at
    elif outcome.result is Result.REFUSED:
        mail.state = MailState.FAILED
    else:
        _wait(mail, at)
    if mail.is_secret and mail.state is not MailState.QUEUED:
        mail.letter = None


def _wait(mail: OutboxMail, at: datetime) -> None:
    """Put it back until the next attempt; give it up where there were enough."""
    wait = rules.next_wait(mail.attempts)
    mail.state = MailState.FAILED if wait is None else MailState.QUEUED
    if wait is not None:
        mail.next_try_at = at + wait
