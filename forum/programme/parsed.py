"""What an importer read from a file, before anything is decided about it."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from forum.errors import ForumError
from forum.i18n import _l

MAX_BYTES = 32_000_000
MAX_EVENTS = 20_000
MAX_APPEARANCES = 100_000
MAX_NAMES = 1_000
"""Rooms, tracks or formats of one programme."""
MAX_LINE = 1_000
"""Characters in a title or a name; an event with a longer one is left out."""
MAX_TEXT = 200_000
"""Characters in an abstract or a description, likewise."""
YEARS = range(1900, 2200)
"""Outside of these no offset can be added without falling off the calendar."""
OWN_GENERATOR = "Jukwaa"
"""What our own files call their maker. They never name people who are not listed, so silence there says nothing."""


class NotASchedule(ForumError):
    sentence = _l("This file is neither frab XML nor c3voc JSON, so nothing was taken from it.")


class TooLarge(ForumError):
    sentence = _l(
        "This file is larger than %(megabytes)s MB or holds too much to be a programme; nothing was taken from it."
    )


class Broken(ForumError):
    sentence = _l("This file is damaged near line %(line)s, so nothing was taken from it.")


class Dangerous(ForumError):
    sentence = _l("This file declares XML entities, which can be used to attack a reader; nothing was taken from it.")


class NothingInIt(ForumError):
    sentence = _l("This file holds no session with a title, a day, a start and a length; nothing was taken from it.")


def too_large() -> TooLarge:
    """The refusal, with the limit in it."""
    return TooLarge(megabytes=MAX_BYTES // 1_000_000)


@dataclass(frozen=True)
class ParsedPerson:
    """Somebody named in a session: `key` is what the file knows them by; `role` is empty where it does not say."""

    key: str
    name: str
    code: str = ""
    guid: str = ""
    role: str = ""


@dataclass
class ParsedEvent:
    """One session as the file has it. `starts_at` is aware, or naive local time where the file gives no offset.

    `local_start` is what the file says of the clock on the wall beside that, None where it says nothing.
    """

    key: str
    title: str
    day_on: date
    starts_at: datetime
    local_start: time | None
    minutes: int
    room: str = ""
    code: str = ""
    number: int = 0
    subtitle: str = ""
    abstract: str = ""
    description: str = ""
    language: str = ""
    track: str = ""
    format: str = ""
    persons: list[ParsedPerson] = field(default_factory=list)
    links: list[dict[str, str]] = field(default_factory=list)


@dataclass
class ParsedSchedule:
    """A whole programme. `left` counts what the file says that nothing was made of, by reason."""

    title: str = ""
    generator: str = ""
    """The program that made the file, as it calls itself."""
    time_zone: str = ""
    venue: str = ""
    city: str = ""
    rooms: dict[str, int | None] = field(default_factory=dict)
    """Capacity by name, in the file's order."""
    tracks: dict[str, str] = field(default_factory=dict)
    """Colour by name, empty where none is given."""
    events: list[ParsedEvent] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Events that could not be read: their id, and the field at fault."""

    appearances: int = 0

    def add(self, event: ParsedEvent) -> None:
        """Take an event with its room and track. Raises Unreadable where a text is too long, TooLarge."""
        lines = ("title", "subtitle", "room", "track", "format")
        limits = {**dict.fromkeys(lines, MAX_LINE), "abstract": MAX_TEXT, "description": MAX_TEXT}
        for name, limit in limits.items():
            if len(getattr(event, name)) > limit:
                raise Unreadable(name)
        if any(len(person.name) > MAX_LINE for person in event.persons):
            raise Unreadable("person")
        self.appearances += len(event.persons)
        if len(self.events) >= MAX_EVENTS or self.appearances > MAX_APPEARANCES:
            raise too_large()
        if event.room:
            self.rooms.setdefault(event.room, None)
        if event.track:
            self.tracks.setdefault(event.track, "")
        self.events.append(event)

    def checked(self) -> "ParsedSchedule":
        """The schedule with unique keys: a second event of the same key gets one of its own.

        Raises NothingInIt, TooLarge.
        """
        if not self.events:
            raise NothingInIt
        formats = {event.format for event in self.events}
        if max(len(self.rooms), len(self.tracks), len(formats)) > MAX_NAMES:
            raise too_large()
        taken: set[str] = set()
        again: Counter[str] = Counter()
        for event in self.events:
            key = event.key
            while event.key in taken:
                again[key] += 1
                event.key = f"{key}#{again[key] + 1}"
            taken.add(event.key)
        return self


class Unreadable(ValueError):
    """A field of an event that cannot be read; its name is the message."""


def minutes_of(text: str) -> int:
    """Minutes in "1:30", "01:30:00" or "90". Raises Unreadable."""
    parts = text.strip().split(":")
    try:
        numbers = [int(part) for part in parts]
    except ValueError:
        raise Unreadable("duration") from None
    total = numbers[0] if len(numbers) == 1 else numbers[0] * 60 + numbers[1]
    if not 0 < total <= 7 * 24 * 60 or any(number < 0 for number in numbers):
        raise Unreadable("duration")
    return total


def clock_of(text: str) -> time | None:
    """A time of day such as "9:05" or "09:05:00"; None where nothing is said. Raises Unreadable."""
    if not text.strip():
        return None
    try:
        hours, minutes, *_ = (int(part) for part in text.strip().split(":"))
        return time(hours, minutes)
    except (ValueError, OverflowError):
        raise Unreadable("start") from None


def moment_of(text: str) -> datetime | None:
    """An ISO 8601 moment, naive where it has no offset; None where `text` is empty or a mere day. Raises Unreadable."""
    text = text.strip()
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable("date") from None
    if moment.year not in YEARS:
        raise Unreadable("date")
    return moment if ":" in text or "T" in text.upper() else None


def day_of(text: str) -> date:
    """An ISO 8601 day, also from a moment. Raises Unreadable."""
    try:
        day = date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise Unreadable("day") from None
    if day.year not in YEARS:
        raise Unreadable("day")
    return day


def start_of(moment: datetime | None, day_on: date, clock: time | None, day_change: time) -> datetime:
    """When something on the programme's `day_on` starts: `moment` where it has an offset, else naive local time.

    Without a moment whatever starts before `day_change` is already tomorrow. Raises Unreadable.
    """
    if moment is not None and (moment.tzinfo is not None or clock is None):
        return moment
    if clock is None:
        raise Unreadable("start")
    tomorrow = day_on + timedelta(days=1)
    on = moment.date() if moment else tomorrow if clock < day_change else day_on
    return datetime.combine(on, clock)  # The zone is the edition’s, known only to the import.


def key_of(*candidates: str) -> str:
    """The first of `candidates` that says something; a digest of it where it is too long for an index."""
    key = next(filter(None, (candidate.strip() for candidate in candidates)), "")
    return key if len(key) <= 200 else "sha256:" + hashlib.sha256(key.encode()).hexdigest()


def number_of(text: object) -> int:
    """A positive integer that, with others counted on from it, fits a column; else 0."""
    try:
        number = int(str(text))
    except ValueError:
        return 0
    return number if 0 < number < 2**30 else 0


def link_of(url: str, title: str) -> dict[str, str] | None:
    """A link to the web, or None for anything else."""
    url = url.strip()
    if not url.startswith(("https://", "http://")) or any(c.isspace() for c in url) or len(url) > 2_000:
        return None
    return {"url": url, "title": " ".join(title.split())[:MAX_LINE]}
