"""Programmes as others published them: the counts equal those made independently, and nothing is lost."""

import json
from collections import Counter
from datetime import timedelta

import pytest

from forum.programme import queries
from tests.conftest import DATA
from tests.programme.files import bring
from tests.rows import all_rows

ZONES = {
    "debconf17": "America/Toronto",  # Montreal; the file writes every local time with +00:00.
    "emf-dev": "Europe/London",
    "fosdem-dev": "Europe/Brussels",
    "c3-31c3": "Europe/Berlin",
}
COUNTED = sorted(path.stem for path in (DATA / "expected").glob("*.json"))
"""Names such as fosdem-dev__2007.xml, for fosdem-dev/2007.xml."""


def content_of(data, name):
    return (data / name.replace("__", "/")).read_bytes()


def brought(data, name):
    edition, _report = bring(content_of(data, name), time_zone=ZONES.get(name.split("__")[0]))
    return edition


def name_of(thing):
    return thing.name.shown("en").text if thing is not None else ""


def counted(edition):
    """What the independent count says of a file, said of an edition."""
    sessions = queries.draft_sessions(edition)
    parts = [part for one in sessions for part in one.appearances]
    stretches = [
        tuple(_local(moment, edition) for moment in (one.slot.starts_at, one.slot.ends_at)) for one in sessions
    ]
    by_room, by_speaker = queries.clashes(sessions)
    rooms = {room.code: name_of(room) for room in queries.rooms(edition)}
    speakers = {speaker.code: speaker.source_key for speaker in queries.speakers(edition)}
    return {
        "events": len(sessions),
        "per_day": Counter(one.slot.day_on.isoformat() for one in sessions),
        "per_room": Counter(name_of(one.slot.room) for one in sessions),
        "per_track": Counter(name_of(one.track) for one in sessions),
        "per_type": Counter(name_of(one.format) for one in sessions),
        "per_language": Counter(one.language or "" for one in sessions),
        "person_ids": len(speakers),
        "person_names": len({part.credited_name or part.speaker.name for part in parts}),
        "person_mentions": len(parts),
        "events_without_person": sum(not one.appearances for one in sessions),
        "total_minutes": sum((end - start) // timedelta(minutes=1) for start, end in stretches),
        "earliest": str(min(start for start, _ in stretches)),
        "latest_end": str(max(end for _, end in stretches)),
        "cross_midnight": sum((end - timedelta.resolution).date() > start.date() for start, end in stretches),
        "room_overlap_pairs": {rooms[code]: len(pairs) for code, pairs in by_room.items()},
        "person_overlap_pairs": {speakers[code]: len(pairs) for code, pairs in by_speaker.items()},
    }


def _local(moment, edition):
    return moment.astimezone(edition.zone).replace(tzinfo=None)


@pytest.mark.parametrize("name", COUNTED)
def test_counts_equal_those_made_independently_and_again_changes_nothing(app, data, name):
    expected = json.loads((data / "expected" / f"{name}.json").read_text())
    told_by_the_file = {"unique_ids", "unique_guids", "untimed"}  # Of the raw file; an edition has no such figures.

    edition = brought(data, name)

    assert counted(edition) == {key: value for key, value in expected.items() if key not in told_by_the_file}
    before = all_rows()
    brought(data, name)
    assert all_rows() == before
