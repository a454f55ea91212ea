"""The timetable as a release keeps it: plain data, made from the draft, without anybody's name."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from forum.editions.models import Room
from forum.programme.models import Format, ForumSession, Track
from forum.programme.words import folded

Timetable = dict[str, Any]


def timetable_of(
    sessions: Iterable[ForumSession],
    rooms: Sequence[Room],
    tracks: Sequence[Track],
    formats: Sequence[Format],
) -> Timetable:
    """The sessions that have a time, by day, start and room; the rooms, and the tracks and formats in use."""
    positions = {room.id: room.position for room in rooms}
    timed = [one for one in sessions if one.slot is not None]
    timed.sort(key=lambda one: _order(one, positions))
    shown_tracks, shown_formats = {one.track_id for one in timed}, {one.format_id for one in timed}
    return {
        "rooms": [_room(room) for room in rooms],
        "tracks": [
            {"code": t.code, "name": t.name.plain(), "colour": t.colour} for t in tracks if t.id in shown_tracks
        ],
        "formats": [{"code": f.code, "name": f.name.plain()} for f in formats if f.id in shown_formats],
        "sessions": [_session(one) for one in timed],
    }


def texts_of(one: ForumSession) -> dict[str, Any]:
    """What a session's own page shows beyond the timetable."""
    return {
        "title": one.title.plain(),
        "subtitle": one.subtitle.plain(),
        "abstract": one.abstract.plain(),
        "description": one.description.plain(),
        "links": one.links,
    }


def folded_words(one: ForumSession) -> str:
    """Every word of a session in all its languages, with those of its track and format; no names of people."""
    named = [thing.name for thing in (one.track, one.format) if thing is not None]
    texts = [one.title, one.subtitle, one.abstract, one.description, *named]
    return folded(" ".join(word for text in texts for word in text.plain().values()))


def with_history(
    timetable: Timetable, before: Timetable | None, changes: Iterable[Mapping[str, Any]], at: datetime
) -> Timetable:
    """The timetable with, for each session, how often it changed, when last, and what is new now.

    `sequence` and `changed_at` become SEQUENCE and LAST-MODIFIED of calendars (RFC 5545, 3.8.7).
    """
    old = {session["code"]: session for session in before["sessions"]} if before else {}
    kinds = {change["code"]: change["kinds"] for change in changes}
    for session in timetable["sessions"]:
        was, marks = old.get(session["code"]), kinds.get(session["code"], [])
        changed = was is None or bool(marks)
        session["sequence"] = (was["sequence"] + 1 if changed else was["sequence"]) if was else 0
        session["changed_at"] = at.isoformat() if changed or was is None else was["changed_at"]
        session["marks"] = marks
    return timetable


def checksum(timetable: Timetable, texts: Mapping[str, Any]) -> str:
    """SHA-256 of both as canonical JSON, as 64 hexadecimal digits."""
    canonical = json.dumps([timetable, texts], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _order(one: ForumSession, positions: Mapping[int, int]) -> tuple[Any, ...]:
    slot = one.slot
    assert slot is not None
    return (slot.day_on, slot.starts_at, positions.get(slot.room_id or 0, 0), one.number)


def _room(room: Room) -> dict[str, Any]:
    return {
        "code": room.code,
        "guid": str(room.guid),
        "name": room.name.plain(),
        "mode": room.mode.value,
        "capacity": room.capacity,
    }


def _session(one: ForumSession) -> dict[str, Any]:
    slot = one.slot
    assert slot is not None
    return {
        "code": one.code,
        "guid": str(one.guid),
        "number": one.number,
        "title": one.title.plain(),
        "original": one.title.original_language,
        "state": one.state.value,
        "language": one.language,
        "interpretation": one.interpretation_languages,
        "track": one.track.code if one.track else None,
        "format": one.format.code if one.format else None,
        "room": slot.room.code if slot.room else None,
        "day": slot.day_on.isoformat(),
        "starts_at": slot.starts_at.isoformat(),
        "ends_at": slot.ends_at.isoformat(),
        "people": [[part.speaker.code, part.role.value] for part in one.appearances],
    }
