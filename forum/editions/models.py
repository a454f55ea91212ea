"""Forums, editions, venues and rooms."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.db import Base, Code, choice
from forum.i18n import TranslatedText, TranslatedTextType


class Mode(StrEnum):
    """How a room can be attended."""

    IN_PERSON = "in_person"
    ONLINE = "online"
    HYBRID = "hybrid"


class Forum(Base):
    """The series, such as the Digital Rights and Inclusion Forum."""

    __tablename__ = "forum"
    shown_in_public = True

    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[TranslatedText] = mapped_column(TranslatedTextType)
    description: Mapped[TranslatedText] = mapped_column(TranslatedTextType)

    editions: Mapped[list[Edition]] = relationship(back_populates="forum", order_by="Edition.starts_on.desc()")


class Edition(Base):
    """One convening: its days, time zone, content languages, venue and look."""

    __tablename__ = "edition"
    __table_args__ = (CheckConstraint("ends_on >= starts_on", name="days_in_order"),)
    shown_in_public = True

    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id"), index=True)
    guid: Mapped[uuid.UUID] = mapped_column(Uuid, unique=True, default=uuid.uuid4)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[TranslatedText] = mapped_column(TranslatedTextType)
    description: Mapped[TranslatedText] = mapped_column(TranslatedTextType)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    time_zone: Mapped[str] = mapped_column(String(64))
    """An IANA name; a day of the edition is a day in this zone."""
    languages: Mapped[list[str]]
    """Content languages, BCP 47, the main one first."""
    accent: Mapped[str] = mapped_column(String(7), default="#0b6e4f")
    """The edition's colour as #rrggbb; every other tint is derived from it."""
    is_demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]

    forum: Mapped[Forum] = relationship(back_populates="editions")
    venue: Mapped[Venue | None] = relationship(back_populates="edition", uselist=False)
    rooms: Mapped[list[Room]] = relationship(back_populates="edition", order_by="Room.position")

    @property
    def zone(self) -> ZoneInfo:
        """The edition's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def main_language(self) -> str:
        """The content language that texts are in where nothing else is said."""
        return self.languages[0]


class Venue(Base):
    """Where an edition meets in person."""

    __tablename__ = "venue"
    shown_in_public = True

    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"), unique=True)
    name: Mapped[TranslatedText] = mapped_column(TranslatedTextType)
    city: Mapped[TranslatedText] = mapped_column(TranslatedTextType)
    address: Mapped[str] = mapped_column(default="")
    country: Mapped[str | None] = mapped_column(String(2))
    """ISO 3166-1 alpha-2."""

    edition: Mapped[Edition] = relationship(back_populates="venue")


class Room(Base):
    """A room of an edition, of walls or of wires."""

    __tablename__ = "room"
    __table_args__ = (
        UniqueConstraint("edition_id", "code"),
        CheckConstraint("capacity > 0", name="capacity"),
    )

    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    code: Mapped[str] = mapped_column(Code)
    guid: Mapped[uuid.UUID] = mapped_column(Uuid, unique=True, default=uuid.uuid4)
    position: Mapped[int]
    name: Mapped[TranslatedText] = mapped_column(TranslatedTextType)
    capacity: Mapped[int | None]
    """People, at most; None where nobody has counted."""
    mode: Mapped[Mode] = mapped_column(choice(Mode), default=Mode.IN_PERSON)
    online_url: Mapped[str] = mapped_column(default="")
    """Where those online join. For participants, never on a public page."""
    interpretation_languages: Mapped[list[str]] = mapped_column(default=list)
    """Languages its booths can serve, BCP 47."""

    edition: Mapped[Edition] = relationship(back_populates="rooms")
