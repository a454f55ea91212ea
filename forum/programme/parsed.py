"""What an importer read from a file, before anything is decided about it."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from forum.errors import ForumError
from forum.i18n import _l

MAX_BYTES = 32_000_000
MAX_EVENTS = 20_000
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
    sentence = _l(
        "This file declares XML entities, which can be used to attack a reader; nothing was taken from it."
    )


class NothingInIt(ForumError):
    sentence = _l(
        "This file holds no session with a title, a day, a start and a length; nothing was taken from it."
    )


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
    """One session as the file has it. `starts_at` is aware, or naive local time where the file gives no offset."""

    key: str
    title: str
    day_on: date
    starts_at: datetime
    local_start: time
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

    def add(self, event: ParsedEvent) -> None:
        """Take an event; a second one of the same key gets a key of its own."""
        if len(self.events) >= MAX_EVENTS:
            raise too_large()
        self.events.append(event)

    def checked(self) -> "ParsedSchedule":
        """The schedule with unique keys. Raises NothingInIt."""
        if not self.events:
            raise NothingInIt
        seen: Counter[str] = Counter()
        for event in self.events:
            seen[event.key] += 1
            if seen[event.key] > 1:
                event.key = f"{event.key}#{seen[event.key]}"
        return self


class Unreadable(ValueError):
    """A field of an event that cannot be read; its name is the message."""


def minutes_of(text: str) -> int:
    """Minutes in "1:30", "01:30:00", "PT1H30M" or "90". Raises Unreadable."""
    parts = text.strip().split(":")
    try:
        numbers = [int(part) for part in parts]
    except ValueError:
        raise Unreadable("duration") from None
    total = numbers[0] if len(numbers) == 1 else numbers[0] * 60 + numbers[1]
    if not 0 < total <= 7 * 24 * 60 or any(number < 0 for number in numbers):
        raise Unreadable("duration")
    return total


def clock_of(text: str) -> time:
    """A time of day such as "9:05" or "09:05:00". Raises Unreadable."""
    try:
        hours, minutes, *_ = (int(part) for part in text.strip().split(":"))
        return time(hours, minutes)
    except ValueError:
        raise Unreadable("start") from None


def moment_of(text: str) -> datetime | None:
    """An ISO 8601 moment with its offset; None where the text is empty or has none. Raises Unreadable."""
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Unreadable("date") from None
    return moment if moment.tzinfo else None


def day_of(text: str) -> date:
    """An ISO 8601 day, also from a moment. Raises Unreadable."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise Unreadable("day") from None


def start_of(day_on: date, clock: time, day_change: time) -> datetime:
    """The naive local start of something on the programme's `day_on`: before `day_change` it is already tomorrow."""
    on = day_on + timedelta(days=1) if clock < day_change else day_on
    return datetime.combine(on, clock)  # noqa: DTZ - the zone is the edition's, known only to the import.


def number_of(text: object) -> int:
    """A positive integer that fits a column, else 0."""
    try:
        number = int(str(text))
    except ValueError:
        return 0
    return number if 0 < number < 2**31 else 0


def link_of(url: str, title: str) -> dict[str, str] | None:
    """A link to the web, or None for anything else."""
    url = url.strip()
    if not url.startswith(("https://", "http://")) or any(c.isspace() for c in url):
        return None
    return {"url": url, "title": " ".join(title.split())}
