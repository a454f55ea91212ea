"""Small programmes as files, in both formats, and their import. Name only what matters to the test."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from forum.db import db
from forum.editions.models import Edition
from forum.programme import queries
from forum.programme.importing import Report, edition_for, import_schedule, read_schedule
from forum.programme.models import ForumSession

AT = datetime(2026, 4, 1, 8, tzinfo=UTC)
"""When files are imported unless a test says otherwise."""
LATER = AT + timedelta(days=1)
ADA = '<person id="5">Ada</person>'
BO = '<person id="6">Bo</person>'
_EVENT = {
    "room": "Hall",
    "title": "Water",
    "date": "2026-05-12T09:00:00+02:00",
    "start": "09:00",
    "duration": "01:00",
}


def xml_event(
    *, attributes: dict[str, str] | None = None, persons: str = "", inside: str = "", **fields: str | None
) -> str:
    """An <event> with id 1, "Water", an hour from 09:00 in the hall; a field given as None is left out."""
    named = {"id": "1", **(attributes or {})}
    given = {**_EVENT, **fields}
    return (
        "<event "
        + " ".join(f"{name}={quoteattr(value)}" for name, value in named.items())
        + ">"
        + "".join(f"<{name}>{escape(value)}</{name}>" for name, value in given.items() if value is not None)
        + f"<persons>{persons}</persons>{inside}</event>"
    )


def numbered(number: int, **fields: str) -> str:
    """An <event> of this id, as many hours past eight, so that no two clash."""
    hour = 8 + number
    return xml_event(
        **{
            "attributes": {"id": str(number)},
            "title": f"Session {number}",
            "date": f"2026-05-12T{hour:02}:00:00+02:00",
            "start": f"{hour:02}:00",
            **fields,
        }
    )


def frab(
    *events: str, conference: str = "", zone: str | None = "Africa/Lusaka", day: str = "2026-05-12", room: str = "Hall"
) -> bytes:
    """A file of one day with `events` in a <room>; without a room, straight under the day."""
    held = "".join(events)
    held = f"<room name={quoteattr(room)}>{held}</room>" if room else held
    zone_named = f"<time_zone_name>{escape(zone)}</time_zone_name>" if zone is not None else ""
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<schedule><conference><title>Umoja 2026</title>{zone_named}'
        f'{conference}</conference>\n<day index="1" date="{day}">{held}</day></schedule>'
    ).encode()


def json_event(**fields: Any) -> dict[str, Any]:
    """An event with id 1, "Water", an hour from 09:00 in the hall."""
    return {"id": 1, **_EVENT, "persons": [], **fields}


def c3voc(*events: Any, **conference: Any) -> bytes:
    """A file of one day with `events` in the hall."""
    days = [{"index": 1, "date": "2026-05-12", "rooms": {"Hall": list(events)}}]
    named = {"title": "Umoja 2026", "time_zone_name": "Africa/Lusaka", "days": days, **conference}
    return json.dumps({"schedule": {"version": "1", "conference": named}}).encode()


def bring(content: bytes, *, slug: str = "umoja-2026", at: datetime = AT, **options: Any) -> tuple[Edition, Report]:
    """Import `content` as the command does, making the edition where there is none."""
    schedule = read_schedule(content)
    named = {"time_zone": options.pop("time_zone", None), "language": options.pop("language", None)}
    edition = edition_for(schedule=schedule, slug=slug, create=True, at=at, **named)
    report = import_schedule(schedule=schedule, edition=edition, at=at, **options)
    db.session.commit()
    return edition, report


def sessions_of(edition: Edition) -> dict[str, ForumSession]:
    """The draft's sessions by what the file calls them; those made here by their code."""
    return {one.source_key or one.code: one for one in queries.draft_sessions(edition)}
