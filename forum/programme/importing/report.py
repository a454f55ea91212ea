"""What an import did, and what it found in the programme that the organisers should know."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from forum.editions.models import Edition
from forum.programme import queries
from forum.programme.models import Release, SessionState


@dataclass
class Report:
    """What an import did: counts of what was made and changed, what was left out and why, and the clashes found."""

    made: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Events that could not be read: their id, and the field at fault."""
    notes: Counter[str] = field(default_factory=Counter)
    sessions: int = 0
    speakers: int = 0
    room_clashes: list[tuple[str, str, str]] = field(default_factory=list)
    """Room, and the titles of two sessions that hold it at once."""
    person_clashes: list[tuple[str, str, str]] = field(default_factory=list)
    release: Release | None = None


def look_over(edition: Edition, report: Report) -> None:
    """Write into `report` how large the programme now is and where it clashes with itself."""
    sessions = queries.draft_sessions(edition)
    titles = {one.code: one.title.shown(edition.main_language).text for one in sessions}
    rooms = {room.code: room.name.shown(edition.main_language).text for room in queries.rooms(edition)}
    people = {speaker.code: speaker.name for speaker in queries.speakers(edition)}
    by_room, by_person = queries.clashes(sessions)
    report.room_clashes = _in_words(by_room, rooms, titles)
    report.person_clashes = _in_words(by_person, people, titles)
    report.sessions = sum(one.state is not SessionState.CANCELLED for one in sessions)
    report.speakers = len(people)


def _in_words(
    clashes: queries.Clashes, names: Mapping[str, str], titles: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    """The clashes by name and title, of two sessions the one that stands first in `titles` first."""
    order = {code: n for n, code in enumerate(titles)}
    pairs = [(code, *sorted(pair, key=order.__getitem__)) for code, held in clashes.items() for pair in held]
    return [(names[code], titles[one], titles[other]) for code, one, other in pairs]
