"""Roles that people hold, and invitations to hold one."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Person
from forum.db import Base, Code, choice
from forum.editions.models import Edition
from forum.keys import Encrypted, Sealed


class Role(StrEnum):
    """What somebody is in an edition, or over the whole site."""

    ORGANISER = "organiser"
    PROGRAMME = "programme"
    REVIEWER = "reviewer"
    DESK = "desk"
    TRANSLATOR = "translator"
    RAPPORTEUR = "rapporteur"
    ENGAGEMENT = "engagement"
    ASSESSOR = "assessor"
    FUNDER = "funder"
    ADMINISTRATOR = "administrator"
    """Over all editions; the one role without an edition."""


class RoleGrant(Base):
    """A role that somebody holds."""

    __tablename__ = "role_grant"
    __table_args__ = (Index("uq_role_grant_in_edition", "edition_id", "person_id", "role", "language", unique=True),)

    code: Mapped[str] = mapped_column(Code, unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    edition_id: Mapped[int | None] = mapped_column(ForeignKey("edition.id"))
    """None for an administrator."""
    role: Mapped[Role] = mapped_column(choice(Role))
    language: Mapped[str] = mapped_column(String(12), default="")
    """The one language of a translator; else empty."""
    sees_internal_statistics: Mapped[bool] = mapped_column(default=False)
    """Of a funder: whether figures that are not published are shown too."""
    granted_at: Mapped[datetime]
    granted_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    """The uid of who gave it; None for a command on the server."""

    person: Mapped[Person] = relationship()
    edition: Mapped[Edition | None] = relationship()


class Invitation(Sealed, Base):
    """An offer of a role, mailed to an address; whoever proves to read it may take the role until it expires."""

    __tablename__ = "invitation"

    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"), index=True)
    code: Mapped[str] = mapped_column(Code, unique=True)
    """Public id, for organisers."""
    link_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    role: Mapped[Role] = mapped_column(choice(Role))
    language: Mapped[str] = mapped_column(String(12), default="")
    sees_internal_statistics: Mapped[bool] = mapped_column(default=False)
    email = Encrypted[str]()
    address_digest: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    mail_language: Mapped[str] = mapped_column(String(12))
    invited_at: Mapped[datetime]
    invited_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    edition: Mapped[Edition] = relationship()
