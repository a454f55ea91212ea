"""Mailings, and who wants none."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.db import Base, Code, choice
from forum.editions.models import Edition
from forum.i18n import TranslatedText, TranslatedTextType


class MailingState(StrEnum):
    """A mailing is written, then sent whole; there is nothing between."""

    DRAFT = "draft"
    SENT = "sent"


class Mailing(Base):
    """A message to everyone whom `audience` describes at the moment it is confirmed."""

    __tablename__ = "mailing"

    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"), index=True)
    code: Mapped[str] = mapped_column(Code, unique=True)
    subject: Mapped[TranslatedText] = mapped_column(TranslatedTextType)
    body: Mapped[TranslatedText] = mapped_column(TranslatedTextType)
    """Markdown."""
    audience: Mapped[dict[str, Any]]
    """Which people: {"roles": [...], "languages": [...]}; an empty list means any."""
    state: Mapped[MailingState] = mapped_column(choice(MailingState), default=MailingState.DRAFT)
    is_service: Mapped[bool] = mapped_column(default=False)
    """Whether it tells of what the recipient takes part in (a moved session), and so also goes to who wants none."""
    written_at: Mapped[datetime]
    written_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    sent_at: Mapped[datetime | None]
    sent_to: Mapped[int] = mapped_column(default=0)
    """How many people it went to."""

    edition: Mapped[Edition] = relationship()


class MailRefusal(Base):
    """Somebody who wants no mailings of an edition."""

    __tablename__ = "mail_refusal"
    __table_args__ = (UniqueConstraint("person_id", "edition_id"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    refused_at: Mapped[datetime]
