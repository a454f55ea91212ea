"""Sessions, speakers, tracks, formats, the draft timetable and its releases."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, Uuid, event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.db import Base, Code, ImmutableTable, choice
from forum.editions.models import Edition, Room
from forum.i18n import TranslatedText, TranslatedTextType
from forum.organisations.models import StakeholderGroup


class SessionState(StrEnum):
    """Where a session stands. Cancelled ones stay visible, marked."""

    PLANNED = "planned"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class SpeakerRole(StrEnum):
    """What a person does in a session."""

    SPEAKER = "speaker"
    MODERATOR = "moderator"
    RAPPORTEUR = "rapporteur"
    INTERPRETER = "interpreter"
    ORGANISER = "organiser"


class ListingSource(StrEnum):
    """Why a speaker's name may be shown."""

    OWN_CONFIRMATION = "own_confirmation"
    PUBLISHED_PROGRAMME = "published_programme"
    """The programme they come from was public already."""


class Track(Base):
    """A theme of the programme."""

    __tablename__ = "track"
    __table_args__ = (UniqueConstraint("edition_id", "code"),)
    shown_in_public = True

    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    code: Mapped[str] = mapped_column(Code)
    position: Mapped[int]
    name: Mapped[TranslatedText] = mapped_column(TranslatedTextType)
    colour: Mapped[str] = mapped_column(String(7))
    """#rrggbb as the organisers chose it; pages correct it to the contrast they need."""


class Format(Base):
    """What kind of session: panel, workshop, keynote, break."""

    __tablename__ = "format"
    __table_args__ = (UniqueConstraint("edition_id", "code"),)

    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    code: Mapped[str] = mapped_column(Code)
    position: Mapped[int]
    name: Mapped[TranslatedText] = mapped_column(TranslatedTextType)


class ForumSession(Base):
    """A unit of the programme, as the organisers work on it. The public sees releases."""

    __tablename__ = "forum_session"
    __table_args__ = (
        UniqueConstraint("edition_id", "code"),
        UniqueConstraint("edition_id", "number"),
        UniqueConstraint("edition_id", "source_key"),
    )

    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    code: Mapped[str] = mapped_column(Code)
    guid: Mapped[uuid.UUID] = mapped_column(Uuid, unique=True, default=uuid.uuid4)
    """Its identity for ever, also in calendars (RFC 7986, 5.3: a UID is best a UUID)."""
    number: Mapped[int]
    """A positive integer, for formats that know no other id."""
    source_key: Mapped[str | None]
    """What an imported file calls it; None for one made here."""
    title: Mapped[TranslatedText] = mapped_column(TranslatedTextType)
    subtitle: Mapped[TranslatedText] = mapped_column(TranslatedTextType, default=TranslatedText)
    abstract: Mapped[TranslatedText] = mapped_column(TranslatedTextType, default=TranslatedText)
    """Markdown without HTML, like `description`."""
    description: Mapped[TranslatedText] = mapped_column(TranslatedTextType, default=TranslatedText)
    state: Mapped[SessionState] = mapped_column(choice(SessionState), default=SessionState.PLANNED)
    language: Mapped[str | None] = mapped_column(String(35))
    """The language spoken, BCP 47; None where nobody said."""
    interpretation_languages: Mapped[list[str]] = mapped_column(default=list)
    """Languages it is interpreted into."""
    links: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """[{"url": "https://…", "title": "Slides"}]."""
    track_id: Mapped[int | None] = mapped_column(ForeignKey("track.id"))
    format_id: Mapped[int | None] = mapped_column(ForeignKey("format.id"))

    edition: Mapped[Edition] = relationship()
    track: Mapped[Track | None] = relationship()
    format: Mapped[Format | None] = relationship()
    slot: Mapped[Slot | None] = relationship(
        back_populates="forum_session", uselist=False, cascade="all, delete-orphan"
    )
    appearances: Mapped[list[Appearance]] = relationship(
        back_populates="forum_session", order_by="Appearance.position", cascade="all, delete-orphan"
    )


class Slot(Base):
    """Room, start and end of a session in the draft timetable."""

    __tablename__ = "slot"
    __table_args__ = (CheckConstraint("ends_at >= starts_at", name="in_order"),)

    session_id: Mapped[int] = mapped_column(ForeignKey("forum_session.id"), unique=True)
    room_id: Mapped[int | None] = mapped_column(ForeignKey("room.id"))
    day_on: Mapped[date]
    """The day the organiser put it on, in the edition's zone: 00:30 may belong to the evening before."""
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]

    forum_session: Mapped[ForumSession] = relationship(back_populates="slot")
    room: Mapped[Room | None] = relationship()


class Speaker(Base):
    """A person on an edition's programme. Shown nowhere while `listed_at` is None."""

    __tablename__ = "speaker"
    __table_args__ = (UniqueConstraint("edition_id", "code"), UniqueConstraint("edition_id", "source_key"))
    shown_in_public = True

    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    code: Mapped[str] = mapped_column(Code)
    guid: Mapped[uuid.UUID] = mapped_column(Uuid, unique=True, default=uuid.uuid4)
    source_key: Mapped[str | None]
    name: Mapped[str]
    folded_name: Mapped[str]
    """The name without accents and case, for the search."""
    affiliation: Mapped[str] = mapped_column(default="")
    bio: Mapped[TranslatedText] = mapped_column(TranslatedTextType, default=TranslatedText)
    stakeholder_group: Mapped[StakeholderGroup | None] = mapped_column(choice(StakeholderGroup))
    country: Mapped[str | None] = mapped_column(String(2))
    """ISO 3166-1 alpha-2."""
    languages: Mapped[list[str]] = mapped_column(default=list)
    listed_at: Mapped[datetime | None]
    listing_source: Mapped[ListingSource | None] = mapped_column(choice(ListingSource))


class Appearance(Base):
    """A person's part in a session."""

    __tablename__ = "appearance"
    __table_args__ = (UniqueConstraint("session_id", "speaker_id", "role"),)
    shown_in_public = True

    session_id: Mapped[int] = mapped_column(ForeignKey("forum_session.id"))
    speaker_id: Mapped[int] = mapped_column(ForeignKey("speaker.id"), index=True)
    role: Mapped[SpeakerRole] = mapped_column(choice(SpeakerRole), default=SpeakerRole.SPEAKER)
    position: Mapped[int]
    credited_name: Mapped[str] = mapped_column(default="")
    """The name on this session alone, where the programme gives another than the speaker's."""

    forum_session: Mapped[ForumSession] = relationship(back_populates="appearances")
    speaker: Mapped[Speaker] = relationship()


class Release(Base):
    """A published, numbered version of the timetable. The database refuses to change it."""

    __tablename__ = "release"
    __table_args__ = (UniqueConstraint("edition_id", "number"),)
    shown_in_public = True

    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    number: Mapped[int]
    published_at: Mapped[datetime]
    note: Mapped[TranslatedText] = mapped_column(TranslatedTextType, default=TranslatedText)
    timetable: Mapped[dict[str, Any]]
    """Rooms, tracks, formats, sessions as they were; people by code alone, so that a name withdrawn is gone here."""
    changes: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """What differs from the release before: [{"code": "AB12CD", "kinds": ["moved"], ...}]."""
    checksum: Mapped[str] = mapped_column(String(64))
    """SHA-256 of `timetable` and the sessions' texts as canonical JSON."""

    edition: Mapped[Edition] = relationship()
    sessions: Mapped[list[ReleasedSession]] = relationship(back_populates="release")


class ReleasedSession(Base):
    """The texts of one session in one release, apart from the timetable, which is read far more often."""

    __tablename__ = "released_session"
    __table_args__ = (UniqueConstraint("release_id", "code"),)

    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"))
    code: Mapped[str] = mapped_column(Code)
    texts: Mapped[dict[str, Any]]
    """{"title": {language: text}, "subtitle": …, "abstract": …, "description": …, "links": […]}."""
    folded: Mapped[str]
    """Every word of it in every language, without accents and case, for the search."""

    release: Mapped[Release] = relationship(back_populates="sessions")


for _table in (Release.__table__, ReleasedSession.__table__):
    event.listen(_table, "after_create", ImmutableTable(_table.name))  # type: ignore[attr-defined]
