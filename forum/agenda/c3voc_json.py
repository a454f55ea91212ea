"""The programme as c3voc JSON, for schedule apps and for other sites to import; see `forum.agenda.exchange`."""

import json
import re
from typing import Any

from forum.agenda.exchange import TIMESLOT, Day, Event, Programme, duration_text
from forum.programme.parsed import OWN_GENERATOR

JSON_SCHEMA = "https://c3voc.de/schedule/schema.json"
_TIME_ZONE = re.compile(r"^([A-Z][a-z]+/[A-Z][a-z]+)|UTC$")
"""The zones that the schema lets pass; US/Eastern is not among them and stays away."""


def c3voc_json(programme: Programme) -> str:
    """The programme as JSON, valid by c3voc's schema.json."""
    edition, addresses = programme.edition, programme.addresses
    days = programme.days()
    zone = {"time_zone_name": edition.time_zone} if _TIME_ZONE.search(edition.time_zone) else {}
    conference = {
        "acronym": programme.acronym,
        "title": programme.title,
        "start": edition.starts_on.isoformat(),
        "end": edition.ends_on.isoformat(),
        "daysCount": len(days),
        "timeslot_duration": TIMESLOT,
        **zone,
        "url": addresses.agenda,
        "colors": {"primary": edition.accent},
        "tracks": [{"name": name, "color": colour} for _code, name, colour in programme.tracks],
        "rooms": [
            {"name": programme.rooms[room["code"]], "guid": room["guid"], "capacity": room["capacity"]}
            for room in programme.timetable["rooms"]
        ],
        "days": [_day(day, programme.acronym) for day in days],
    }
    document = {
        "$schema": JSON_SCHEMA,
        "generator": {"name": OWN_GENERATOR, "url": addresses.home},
        "schedule": {
            "version": str(programme.published.release.number),
            "base_url": addresses.home,
            "conference": conference,
        },
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _day(day: Day, acronym: str) -> dict[str, Any]:
    return {
        "index": day.index,
        "date": day.on.isoformat(),
        "day_start": day.starts_at.isoformat(),
        "day_end": day.ends_at.isoformat(),
        "rooms": {name: [_event(event, acronym) for event in events] for name, events in day.rooms.items()},
    }


def _event(event: Event, acronym: str) -> dict[str, Any]:
    entry = event.entry
    return {
        "guid": entry["guid"],
        "code": entry["code"],
        "id": entry["number"],
        "date": event.starts_at.isoformat(),
        "start": f"{event.starts_at:%H:%M}",
        "end": event.ends_at.isoformat(),
        "duration": duration_text(event.minutes),
        "room": event.room,
        "slug": f"{acronym}-{entry['code'].lower()}",
        "url": event.url,
        "title": event.title,
        "subtitle": event.subtitle,
        "track": event.track or None,
        "type": event.format,
        "language": entry["language"],
        "abstract": event.abstract,
        "description": event.description,
        "persons": [
            {"code": person.code, "name": person.name, "guid": person.guid, "roles": person.roles}
            for person in event.persons
        ],
        "links": event.links,
    }
