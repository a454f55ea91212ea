"""What the outbox holds about a person."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, case, or_, select, update

from forum.db import db
from forum.holdings import Holder, Kind, Record, Subject
from forum.i18n import _l, _lp
from forum.mail.letter import Letter
from forum.mail.models import MailState, OutboxMail

MAIL = Kind(
    name="mail",
    title=_l("Mail to you"),
    purpose=_l("So that mail arrives, and it can be seen whether it did."),
    kept=_l("The text until it is not needed any more; that a message was sent, for the record of the forum."),
    fields={
        "written_at": _l("Written"),
        "kind": _l("What for"),
        "state": _l("State"),
        "sent_at": _l("Sent"),
        "to": _l("Address"),
        "subject": _l("Subject"),
        "text": _l("Text"),
    },
    tables=("outbox_mail",),
)


def _to(subject: Subject) -> ColumnElement[bool]:
    return or_(OutboxMail.person_id == subject.person_id, OutboxMail.recipient_digest.in_(subject.digests))


def held_about(subject: Subject) -> Mapping[str, Sequence[Record]]:
    """Every message to the person, the newest first; of one that holds a key, only that there is one."""
    query = select(OutboxMail).where(_to(subject)).order_by(OutboxMail.id.desc())
    return {"mail": [_as_record(one) for one in db.session.scalars(query)]}


def _as_record(row: OutboxMail) -> Record:
    letter = Letter.from_json(row.letter) if row.letter and not row.is_secret else None
    return {
        "written_at": row.created_at,
        "kind": row.kind,
        "state": row.state.value,
        "sent_at": row.sent_at,
        "to": letter.to if letter else "",
        "subject": letter.subject if letter else "",
        "text": [*letter.paragraphs, *letter.notes] if letter else [],
    }


def forget(subject: Subject, at: datetime) -> Mapping[str, int]:
    """Cancel what is not sent yet and wipe the words and the recipient of all of it; that there was mail stays."""
    on_its_way = OutboxMail.state.in_((MailState.QUEUED, MailState.SENDING))
    wiped = (
        update(OutboxMail)
        .where(_to(subject))
        .values(
            state=case((on_its_way, MailState.CANCELLED), else_=OutboxMail.state),
            letter_sealed=None,
            recipient_digest=None,
            person_id=None,
        )
    )
    return {"mail": int(db.session.execute(wiped).rowcount)}  # type: ignore[attr-defined]


HOLDER = Holder(
    kinds=(MAIL,),
    held_about=held_about,
    forget=forget,
    words={
        MailState.QUEUED.value: _lp("mail", "waits"),
        MailState.SENDING.value: _lp("mail", "is being sent"),
        MailState.SENT.value: _lp("mail", "sent"),
        MailState.FAILED.value: _lp("mail", "came back"),
        MailState.CANCELLED.value: _lp("mail", "cancelled"),
        "mail.send_again": _l("a message was sent again"),
        "mail.try_now": _l("a message was tried again at once"),
    },
)
