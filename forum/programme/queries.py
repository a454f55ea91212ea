"""Reads of the programme: the draft as organisers have it, and its releases."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import defer, joinedload, selectinload

from forum.db import db
from forum.editions.models import Edition, Room
from forum.programme.models import Appearance, Format, ForumSession, Release, ReleasedSession, Speaker, Track
from forum.programme.rules import Occupied, overlaps

Clashes = Mapping[str, Sequence[tuple[str, str]]]


def draft_sessions(edition: Edition) -> Sequence[ForumSession]:
    """Every session with its slot, track, format and people, in the order of their numbers."""
    query = (
        select(ForumSession)
        .where(ForumSession.edition_id == edition.id)
        .options(
            joinedload(ForumSession.slot),
            joinedload(ForumSession.track),
            joinedload(ForumSession.format),
            selectinload(ForumSession.appearances).joinedload(Appearance.speaker),
        )
        .order_by(ForumSession.number)
    )
    return db.session.scalars(query).unique().all()


def rooms(edition: Edition) -> Sequence[Room]:
    """The edition's rooms in their order."""
    return db.session.scalars(select(Room).where(Room.edition_id == edition.id).order_by(Room.position)).all()


def tracks(edition: Edition) -> Sequence[Track]:
    """The edition's tracks in their order."""
    return db.session.scalars(select(Track).where(Track.edition_id == edition.id).order_by(Track.position)).all()


def formats(edition: Edition) -> Sequence[Format]:
    """The edition's formats in their order."""
    return db.session.scalars(select(Format).where(Format.edition_id == edition.id).order_by(Format.position)).all()


def speakers(edition: Edition) -> Sequence[Speaker]:
    """Everyone on the edition's programme, listed or not. For organisers and importers alone."""
    return db.session.scalars(select(Speaker).where(Speaker.edition_id == edition.id).order_by(Speaker.id)).all()


def latest_release(edition: Edition) -> Release | None:
    """What the public sees; None before the first release."""
    query = select(Release).where(Release.edition_id == edition.id).order_by(Release.number.desc()).limit(1)
    return db.session.scalars(query).one_or_none()


def releases(edition: Edition) -> Sequence[Release]:
    """Every release, the newest first, without their timetables."""
    query = (
        select(Release)
        .where(Release.edition_id == edition.id)
        .options(defer(Release.timetable, raiseload=True))
        .order_by(Release.number.desc())
    )
    return db.session.scalars(query).all()


def released_texts(release: Release) -> Mapping[str, Mapping[str, object]]:
    """The texts of every session of a release, by code."""
    query = select(ReleasedSession.code, ReleasedSession.texts).where(ReleasedSession.release_id == release.id)
    return {row.code: row.texts for row in db.session.execute(query)}


def clashes(sessions: Sequence[ForumSession]) -> tuple[Clashes, Clashes]:
    """The pairs of session codes that overlap, by room code and by speaker code. Cancelled ones hold nothing."""
    by_room: dict[str, list[Occupied]] = defaultdict(list)
    by_speaker: dict[str, list[Occupied]] = defaultdict(list)
    for one in sessions:
        if one.slot is None or one.state == "cancelled":
            continue
        held = Occupied(one.code, one.slot.starts_at, one.slot.ends_at)
        if one.slot.room is not None:
            by_room[one.slot.room.code].append(held)
        for code in {appearance.speaker.code for appearance in one.appearances}:
            by_speaker[code].append(held)
    return overlaps(by_room), overlaps(by_speaker)


def highest_number(edition: Edition) -> int:
    """The highest session number given out so far; 0 before the first."""
    query = select(func.max(ForumSession.number)).where(ForumSession.edition_id == edition.id)
    return db.session.scalar(query) or 0


def guids_outside(edition: Edition, wanted: set[uuid.UUID]) -> set[uuid.UUID]:
    """Those of `wanted` that sessions of other editions carry."""
    query = select(ForumSession.guid).where(ForumSession.edition_id != edition.id)
    return wanted & set(db.session.scalars(query)) if wanted else set()


def taken_speaker_guids(wanted: set[uuid.UUID]) -> set[uuid.UUID]:
    """Those of `wanted` that somebody on any programme carries."""
    return wanted & set(db.session.scalars(select(Speaker.guid))) if wanted else set()
