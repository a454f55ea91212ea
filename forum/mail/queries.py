"""Reads of the outbox."""

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import func, select

from forum.db import db
from forum.mail.models import MailState, OutboxMail

PAGE_LENGTH = 50
"""Messages on one page of the outbox."""


def outbox_of(edition_id: int, *, state: MailState | None = None, page: int = 1) -> Sequence[OutboxMail]:
    """One page of an edition's messages, the newest first, in one state alone if it is named."""
    query = select(OutboxMail).where(OutboxMail.edition_id == edition_id).order_by(OutboxMail.id.desc())
    if state is not None:
        query = query.where(OutboxMail.state == state)
    return db.session.scalars(query.offset((page - 1) * PAGE_LENGTH).limit(PAGE_LENGTH)).all()


def outbox_counts(edition_id: int) -> Mapping[MailState, int]:
    """How many messages of an edition are in each state, those without any too."""
    query = select(OutboxMail.state, func.count()).where(OutboxMail.edition_id == edition_id)
    found = {state: count for state, count in db.session.execute(query.group_by(OutboxMail.state))}  # noqa: C416
    return {state: found.get(state, 0) for state in MailState}


def mail_by_uid(edition_id: int, uid: str) -> OutboxMail | None:
    """A message of this edition by its public id."""
    try:
        wanted = uuid.UUID(uid)
    except ValueError:
        return None
    query = select(OutboxMail).where(OutboxMail.edition_id == edition_id, OutboxMail.uid == wanted)
    return db.session.scalars(query).one_or_none()
