"""The outbox."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum.db import Base, choice
from forum.keys import Encrypted, Sealed


class MailState(StrEnum):
    """Where a message is on its way."""

    QUEUED = "queued"
    """To be sent at `next_try_at` or later."""
    SENDING = "sending"
    """A worker has it since `claimed_at`."""
    SENT = "sent"
    FAILED = "failed"
    """For good: refused by the recipient's server, or tried for too long."""
    CANCELLED = "cancelled"
    """Not to be sent any more: whom it is for was erased, or it has been overtaken."""


class OutboxMail(Sealed, Base):
    """A message to one recipient."""

    __tablename__ = "outbox_mail"
    __table_args__ = (
        UniqueConstraint("mailing_id", "person_id"),
        Index("ix_outbox_mail_due", "state", "urgency", "next_try_at"),
    )

    edition_id: Mapped[int | None] = mapped_column(ForeignKey("edition.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    mailing_id: Mapped[int | None] = mapped_column(ForeignKey("mailing.id"))
    """The mailing it is part of; its words are then made of the mailing's when it is sent."""
    kind: Mapped[str] = mapped_column(String(40))
    """What it is for, as `accounts.sign_in`."""
    urgency: Mapped[int] = mapped_column(default=5)
    """0 somebody waits before a screen, 5 a notice, 9 a mailing: the lower goes first."""
    language: Mapped[str] = mapped_column(String(12))
    recipient_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Keyed digest of the address, by which a refusal is noted there; none for a part of a mailing."""
    letter = Encrypted[str | None](optional=True)
    """JSON of address, subject, text and HTML. None for a part of a mailing, and once nobody needs it any more."""
    is_secret: Mapped[bool] = mapped_column(default=False)
    """Whether it holds a key such as a sign-in link: shown to nobody, forgotten once sent, and not sent again."""
    state: Mapped[MailState] = mapped_column(choice(MailState), default=MailState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    last_reply: Mapped[str] = mapped_column(String(80), default="")
    """What the server said, as its codes alone (`550 5.1.1`), or why we could not ask it."""
