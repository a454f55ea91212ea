"""Reads the c3voc schedule JSON, as frab, pretalx and, in a newer form, the hub write it.

The format: https://c3voc.de/schedule/schema.json. Fields of the wrong kind make an event unreadable, never a crash.
"""

import json
from collections import Counter
from datetime import time
from typing import Any

from forum.programme.hub import older_form
from forum.programme.markup import printable
from forum.programme.parsed import (
    MAX_LINE,
    Broken,
    NotASchedule,
    ParsedEvent,
    ParsedPerson,
    ParsedSchedule,
    Unreadable,
    clock_of,
    day_of,
    key_of,
    link_of,
    minutes_of,
    moment_of,
    number_of,
    start_of,
    too_large,
)

MAX_CONTAINERS = 1_500_000
"""Objects and lists, each of which costs far more memory than its two bytes in the file."""
_NOT_TAKEN = (
    "logo",
    "recording_license",
    "do_not_record",
    "do_not_stream",
    "feedback_url",
    "origin_url",
    "answers",
)


def read_json(content: bytes) -> ParsedSchedule:
    """The programme in `content`. Raises NotASchedule, Broken, TooLarge, NothingInIt."""
    if content.count(b"{") + content.count(b"[") > MAX_CONTAINERS:
        raise too_large()
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise Broken(line=error.lineno) from error
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise NotASchedule from error
    held = _dict(_dict(document).get("schedule"))
    conference, off = older_form(held) if "events" in held else (_dict(held.get("conference")), 0)
    if not conference:
        raise NotASchedule
    schedule = ParsedSchedule(
        left=Counter(event=off) if off else Counter(),
        title=_line(conference.get("title"))[:MAX_LINE],
        generator=_line(_dict(_dict(document).get("generator")).get("name")),
        time_zone=_line(conference.get("time_zone_name")),
    )
    for room in _list(conference.get("rooms")):
        if name := _line(_dict(room).get("name")):
            schedule.rooms[name] = number_of(_dict(room).get("capacity")) or None
    for track in _list(conference.get("tracks")):
        name = _line(_dict(track).get("name"))
        if name and len(name) <= MAX_LINE:
            schedule.tracks[name] = _line(_dict(track).get("color"))
    for day in _list(conference.get("days")):
        _day(schedule, _dict(day))
    return schedule.checked()


def _day(schedule: ParsedSchedule, day: dict[str, Any]) -> None:
    for room, events in _dict(day.get("rooms")).items():
        for event in map(_dict, _list(events)):
            key = key_of(_line(event.get("guid")), _line(event.get("id")))
            try:
                schedule.add(_event(schedule, day, _line(room), event, key))
            except Unreadable as fault:
                schedule.refused.append((key or "?", str(fault)))
            schedule.left.update(name for name in _NOT_TAKEN if event.get(name))


def _event(schedule: ParsedSchedule, day: dict[str, Any], room: str, event: dict[str, Any], key: str) -> ParsedEvent:
    title = _line(event.get("title"))
    if not title or not key:
        raise Unreadable("title" if key else "id")
    day_on = day_of(_text(day.get("date")))
    moment = moment_of(_text(event.get("date")))
    clock = clock_of(_line(event.get("start")))
    return ParsedEvent(
        key=key,
        code=_line(event.get("code")),
        number=number_of(event.get("id")),
        title=title,
        subtitle=_line(event.get("subtitle")),
        abstract=_text(event.get("abstract")),
        description=_text(event.get("description")),
        language=_line(event.get("language")),
        track=_line(event.get("track")),
        format=_line(event.get("type")),
        room=_line(event.get("room")) or room,
        day_on=day_on,
        starts_at=start_of(moment, day_on, clock, time(0)),
        local_start=clock,
        minutes=minutes_of(_line(event.get("duration"))),
        persons=[part for one in _list(event.get("persons")) for part in _parts(_dict(one))],
        links=_links(schedule, [*_list(event.get("links")), *_list(event.get("attachments"))]),
    )


def _parts(person: dict[str, Any]) -> list[ParsedPerson]:
    """The person once for each role. The schema knows no roles; our own files give them in `roles`."""
    name = _line(person.get("public_name")) or _line(person.get("name")) or _line(person.get("full_public_name"))
    if not name:
        return []
    key = key_of(*(_line(person.get(field)) for field in ("id", "code", "guid")), f"name:{name}")
    code, guid = _line(person.get("code")), _line(person.get("guid"))
    roles = [_line(role) for role in _list(person.get("roles"))] or [_line(person.get("role"))]
    return [ParsedPerson(key=key, name=name, code=code, guid=guid, role=role) for role in roles]


def _links(schedule: ParsedSchedule, given: list[Any]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for one in map(_dict, given):
        link = link_of(_line(one.get("url")), _line(one.get("title")))
        if link is None:
            schedule.left["link"] += 1
        elif link not in found:
            found.append(link)
    return found


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _line(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    return " ".join(printable(value).split()) if isinstance(value, str) else ""
