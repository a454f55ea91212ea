"""Writing to the outbox, sending again by hand, and forgetting."""

from datetime import datetime

from sqlalchemy import func, update

from forum.audit.services import Actor, record
from forum.db import db, hold
from forum.errors import ForumError
from forum.i18n import _l
from forum.keys import address_digest
from forum.mail import rules
from forum.mail.letter import Letter
from forum.mail.models import MailState, OutboxMail
from forum.mail.rules import MAILING, NOTICE, SCREEN

__all__ = ["MAILING", "NOTICE", "SCREEN", "forget_past", "post", "send_again", "try_now"]

POSTED = "mail posted"
"""The mark in a database session whose commit gives the worker something to do."""


class CannotBeSentAgain(ForumError):
    sentence = _l("This message cannot be sent again: it has not failed, or what it said is not kept.")


class DoesNotWait(ForumError):
    sentence = _l("This message is not waiting for another attempt. Load the page again to see where it is.")


def post(
    *,
    letter: Letter,
    kind: str,
    language: str,
    at: datetime,
    urgency: int = NOTICE,
    edition_id: int | None = None,
    person_id: int | None = None,
    is_secret: bool = False,
) -> OutboxMail:
    """Put a letter into the outbox, in the transaction of what it tells of; the worker sends it after the commit."""
    row = OutboxMail(
        edition_id=edition_id,
        person_id=person_id,
        kind=kind,
        urgency=urgency,
        language=language,
        recipient_digest=address_digest(letter.to),
        letter=letter.as_json(),
        is_secret=is_secret,
        created_at=at,
        next_try_at=at,
    )
    db.session.add(row)
    db.session.flush()
    return row


def send_again(*, mail: OutboxMail, by: Actor, at: datetime) -> None:
    """Queue a failed message anew, with all its attempts. Raises CannotBeSentAgain."""
    hold(mail)  # Two presses at once: the second finds it queued.
    if not rules.can_be_sent_again(mail):
        raise CannotBeSentAgain
    mail.state, mail.attempts, mail.next_try_at, mail.last_reply = MailState.QUEUED, 0, at, ""
    _call_worker(mail, "mail.send_again", MailState.FAILED, by, at)


def try_now(*, mail: OutboxMail, by: Actor, at: datetime) -> None:
    """Do not wait for the next attempt any longer. Raises DoesNotWait."""
    hold(mail)
    if not rules.can_be_tried_now(mail, at):
        raise DoesNotWait
    mail.next_try_at = at
    _call_worker(mail, "mail.try_now", MailState.QUEUED, by, at)


def _call_worker(mail: OutboxMail, action: str, before: MailState, by: Actor, at: datetime) -> None:
    db.session.flush()
    db.session().info[POSTED] = True
    record(
        by=by,
        action=action,
        record_type="outbox_mail",
        record=mail.uid,
        edition_id=mail.edition_id,
        changes={"state": [before.value, mail.state.value]},
        at=at,
    )


def forget_past(*, at: datetime) -> int:
    """Forget what messages said that were sent 30 days ago, or never will be; how many."""
    over = (MailState.SENT, MailState.CANCELLED, MailState.FAILED)
    ended_at = func.coalesce(OutboxMail.sent_at, OutboxMail.created_at)
    forgotten = db.session.execute(
        update(OutboxMail)
        .where(OutboxMail.letter_sealed.is_not(None), OutboxMail.state.in_(over))  # type: ignore[attr-defined]
        .where(ended_at < at - rules.WORDS_KEPT)
        .values(letter_sealed=None)
    )
    return int(forgotten.rowcount)  # type: ignore[attr-defined]
