"""Writing and sending mailings, and wanting none."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete as delete_rows
from sqlalchemy import insert

from forum.accounts.models import Person
from forum.audit.services import CHANGED, Actor, record
from forum.db import db, hold, insert_into
from forum.editions.models import Edition
from forum.errors import ForumError
from forum.i18n import TranslatedText, _l
from forum.mail.models import OutboxMail
from forum.mail.services import MAILING
from forum.mailings import queries, rules
from forum.mailings.models import Mailing, MailingState, MailRefusal
from forum.mailings.rules import Audience

KIND = "mailings.mailing"


class MailingSent(ForumError):
    sentence = _l("This mailing was sent and stays as it is. Use it as a template for another.")


class DraftChanged(ForumError):
    sentence = _l(
        "Somebody else has saved this draft while you wrote. Your words are below and not saved yet: save again, and "
        "they take the place of the others."
    )


class Unfinished(ForumError):
    sentence = _l(
        "Something is missing: a mailing needs a subject and a text in the main language of the edition, and in any "
        "other language both or neither. Nothing was sent."
    )


class NobodyReached(ForumError):
    sentence = _l("There is nobody to send this to. Choose other people. Nothing was sent.")


class CountChanged(ForumError):
    sentence = _l(
        "Nothing was sent yet: the number of people has changed meanwhile. It is %(people)s now. Look again, then send."
    )


class TextChanged(ForumError):
    sentence = _l("Nothing was sent yet: this mailing was changed meanwhile. Read it again, then send.")


def write(
    *,
    edition: Edition,
    subject: TranslatedText,
    body: TranslatedText,
    audience: Audience,
    is_service: bool,
    by: Actor,
    at: datetime,
) -> Mailing:
    """A new draft."""
    mailing = Mailing(
        edition=edition,
        code=secrets.token_urlsafe(9),
        subject=subject,
        body=body,
        audience=audience.as_kept(),
        is_service=is_service,
        written_at=at,
        written_by=by.uid,
        sent_to=0,
    )
    db.session.add(mailing)
    db.session.flush()
    _note(mailing, "write", {"audience": [None, mailing.audience], "is_service": [None, is_service]}, by=by, at=at)
    return mailing


def rewrite(
    *,
    mailing: Mailing,
    subject: TranslatedText,
    body: TranslatedText,
    audience: Audience,
    is_service: bool,
    written_at: datetime | None,
    by: Actor,
    at: datetime,
) -> None:
    """Change a draft, of which the writer has seen what was written at `written_at`. Where nothing is new, nothing
    happens. Raises MailingSent, DraftChanged.
    """
    hold(mailing)  # Somebody may be sending it.
    if not rules.can_change(mailing):
        raise MailingSent
    wanted = {"subject": subject, "body": body, "audience": audience.as_kept(), "is_service": is_service}
    new = {field: value for field, value in wanted.items() if getattr(mailing, field) != value}
    if not new:
        return
    if mailing.written_at != written_at:
        raise DraftChanged
    changes = {
        field: CHANGED if isinstance(value, TranslatedText) else [getattr(mailing, field), value]
        for field, value in new.items()
    }
    for field, value in new.items():
        setattr(mailing, field, value)
    mailing.written_at, mailing.written_by = at, by.uid
    _note(mailing, "write", changes, by=by, at=at)


def copy(*, mailing: Mailing, by: Actor, at: datetime) -> Mailing:
    """A new draft with the words and the audience of another mailing."""
    return write(
        edition=mailing.edition,
        subject=mailing.subject,
        body=mailing.body,
        audience=rules.audience_of(mailing),
        is_service=mailing.is_service,
        by=by,
        at=at,
    )


def delete(*, mailing: Mailing, by: Actor, at: datetime) -> None:
    """Remove a draft. Raises MailingSent."""
    draft = delete_rows(Mailing).where(Mailing.id == mailing.id, Mailing.state == MailingState.DRAFT)
    if not db.session.execute(draft).rowcount:  # type: ignore[attr-defined]
        raise MailingSent
    _note(mailing, "delete", {"audience": [mailing.audience, None]}, by=by, at=at)


def send(*, mailing: Mailing, people: int, written_at: datetime | None, by: Actor, at: datetime) -> int:
    """Put a message to everybody whom a draft is for into the outbox; how many these are.

    `people` and `written_at` are what whoever confirmed it has seen. Doing it twice sends once.
    Raises Unfinished, TextChanged, CountChanged, NobodyReached.
    """
    hold(mailing)  # Two who press at once: the second finds it sent.
    if not rules.can_change(mailing):
        return mailing.sent_to
    if mailing.written_at != written_at:
        raise TextChanged
    if not rules.is_complete(mailing):
        raise Unfinished
    recipients = queries.recipients(mailing)
    if not recipients:
        raise NobodyReached
    if len(recipients) != people:
        raise CountChanged(people=len(recipients))
    _queue(mailing, recipients, at)
    mailing.state, mailing.sent_at, mailing.sent_to = MailingState.SENT, at, people
    _note(mailing, "send", {"audience": [None, mailing.audience], "people": [0, people]}, by=by, at=at)
    return people


def _queue(mailing: Mailing, recipients: Sequence[tuple[int, str]], at: datetime) -> None:
    """One row of the outbox each, without words: these are made of the mailing's when the message leaves."""
    rows = [
        {
            "edition_id": mailing.edition_id,
            "mailing_id": mailing.id,
            "person_id": person_id,
            "language": language,
            "kind": KIND,
            "urgency": MAILING,
            "created_at": at,
            "next_try_at": at,
        }
        for person_id, language in recipients
    ]
    db.session.execute(insert(OutboxMail), rows)


def _note(mailing: Mailing, verb: str, changes: dict[str, Any], *, by: Actor, at: datetime) -> None:
    record(
        by=by,
        action=f"mailings.{verb}",
        record_type="mailing",
        record=mailing.code,
        edition_id=mailing.edition_id,
        changes=changes,
        at=at,
    )


def refuse(*, person: Person, edition: Edition, at: datetime) -> None:
    """Send a person no more mailings of an edition; doing it twice changes nothing."""
    refusal = insert_into(MailRefusal).values(person_id=person.id, edition_id=edition.id, refused_at=at)
    db.session.execute(refusal.on_conflict_do_nothing())


def accept(*, person: Person, edition: Edition) -> None:
    """Send a person mailings of an edition again; doing it twice changes nothing."""
    db.session.execute(
        delete_rows(MailRefusal).where(MailRefusal.person_id == person.id, MailRefusal.edition_id == edition.id)
    )
