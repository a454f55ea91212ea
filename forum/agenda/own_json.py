"""The programme as JSON of our own: everything public in all its languages. Described in docs/agenda-json.md."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from forum.agenda.addresses import Addresses
from forum.agenda.queries import Published
from forum.editions.models import Edition
from forum.programme.models import Speaker
from forum.programme.parsed import link_of

FORMAT = "jukwaa-agenda"
FORMAT_VERSION = 1
"""Raised when a property goes or changes its meaning; new ones may come without."""


def agenda_json(
    *,
    edition: Edition,
    published: Published,
    entries: Sequence[Mapping[str, Any]],
    texts: Mapping[str, Mapping[str, Any]],
    addresses: Addresses,
) -> str:
    """The `entries` of the timetable with all that belongs to them, in the timetable's order."""
    timetable = published.release.timetable
    seen = {code: None for one in entries for code, _role in one["people"] if code in published.speakers}
    document = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "edition": _edition(edition, addresses),
        "release": _release(published),
        "rooms": [_only(one, "code", "guid", "name", "mode", "capacity") for one in timetable["rooms"]],
        "tracks": [_only(one, "code", "name", "colour") for one in timetable["tracks"]],
        "formats": [_only(one, "code", "name") for one in timetable["formats"]],
        "sessions": [_session(one, texts.get(one["code"], {}), published, edition, addresses) for one in entries],
        "speakers": [_speaker(published.speakers[code], addresses) for code in seen],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace").decode()


def _only(thing: Mapping[str, Any], *fields: str) -> dict[str, Any]:
    """These fields alone: what a release may keep one day is not public by itself."""
    return {field: thing[field] for field in fields}


def _edition(edition: Edition, addresses: Addresses) -> dict[str, Any]:
    venue = edition.venue
    return {
        "slug": edition.slug,
        "guid": str(edition.guid),
        "name": edition.name.plain(),
        "description": edition.description.plain(),
        "forum": {"slug": edition.forum.slug, "name": edition.forum.name.plain()},
        "starts_on": edition.starts_on.isoformat(),
        "ends_on": edition.ends_on.isoformat(),
        "time_zone": edition.time_zone,
        "languages": edition.languages,
        "venue": venue
        and {
            "name": venue.name.plain(),
            "city": venue.city.plain(),
            "address": venue.address,
            "country": venue.country,
        },
        "url": addresses.home,
    }


def _release(published: Published) -> dict[str, Any]:
    release = published.release
    return {
        "number": release.number,
        "published_at": _utc(release.published_at),
        "note": release.note.plain(),
        "checksum": release.checksum,
    }


def _session(
    entry: Mapping[str, Any], texts: Mapping[str, Any], published: Published, edition: Edition, addresses: Addresses
) -> dict[str, Any]:
    starts_at, ends_at = (datetime.fromisoformat(entry[edge]) for edge in ("starts_at", "ends_at"))
    people = [(code, role, published.name(entry["code"], code)) for code, role in entry["people"]]
    return {
        "code": entry["code"],
        "guid": entry["guid"],
        "number": entry["number"],
        "original_language": entry["original"],
        "title": entry["title"],
        "subtitle": texts.get("subtitle", {}),
        "abstract": texts.get("abstract", {}),
        "description": texts.get("description", {}),
        "state": entry["state"],
        "language": entry["language"],
        "interpretation": entry["interpretation"],
        "track": entry["track"],
        "format": entry["format"],
        "room": entry["room"],
        "day": entry["day"],
        "starts_at": _utc(starts_at),
        "ends_at": _utc(ends_at),
        "local_starts_at": starts_at.astimezone(edition.zone).isoformat(),
        "local_ends_at": ends_at.astimezone(edition.zone).isoformat(),
        "people": [{"speaker": code, "name": name, "role": role} for code, role, name in people if name],
        "links": [link for one in texts.get("links", []) if (link := link_of(one["url"], one.get("title", "")))],
        "sequence": entry["sequence"],
        "changed_at": _utc(datetime.fromisoformat(entry["changed_at"])),
        "changes": entry["marks"],
        "url": addresses.session(entry["code"]),
    }


def _speaker(speaker: Speaker, addresses: Addresses) -> dict[str, Any]:
    return {
        "code": speaker.code,
        "guid": str(speaker.guid),
        "name": speaker.name,
        "affiliation": speaker.affiliation,
        "stakeholder_group": speaker.stakeholder_group,
        "country": speaker.country,
        "bio": speaker.bio.plain(),
        "url": addresses.speaker(speaker.code),
    }


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
