"""When a message is tried again, when it is given up, and what may be done with it by hand."""

from datetime import datetime, timedelta

from forum.mail.models import MailState, OutboxMail

SCREEN, NOTICE, MAILING = 0, 5, 9
"""Urgencies: somebody waits before a screen; a notice; one of many."""
CLAIM_LASTS = timedelta(minutes=15)
"""After how long a worker that has not said how it went is taken for dead."""
SCREEN_SECRET_LASTS = timedelta(minutes=10)
"""After how long the key in a mail that somebody waits for opens nothing any more, and the mail is of no use."""
WORDS_KEPT = timedelta(days=30)
"""How long what a sent message said is kept."""
_HOUR = timedelta(hours=1)
BACK_OFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    _HOUR,
    3 * _HOUR,
    6 * _HOUR,
    12 * _HOUR,
    24 * _HOUR,
    24 * _HOUR,
    24 * _HOUR,
)
"""How long to wait after each attempt; after the last of them a message is given up."""


def next_wait(attempts: int) -> timedelta | None:
    """How long to wait after this many attempts; None where that was enough."""
    return BACK_OFF[attempts - 1] if attempts <= len(BACK_OFF) else None


def is_overdue(mail: OutboxMail, at: datetime) -> bool:
    """Whether what a message holds has expired, so that sending it would only mislead."""
    return mail.is_secret and mail.urgency <= SCREEN and at >= mail.created_at + SCREEN_SECRET_LASTS


def has_words(mail: OutboxMail) -> bool:
    """Whether there still is something to send: the letter itself, or the mailing it is made of."""
    return mail.mailing_id is not None or mail.letter_sealed is not None  # type: ignore[attr-defined]


def can_be_sent_again(mail: OutboxMail) -> bool:
    """Whether a failed message can be put back into the queue."""
    return mail.state is MailState.FAILED and not mail.is_secret and has_words(mail)


def can_be_tried_now(mail: OutboxMail, at: datetime) -> bool:
    """Whether a message waits for its next attempt."""
    return mail.state is MailState.QUEUED and mail.next_try_at > at
