"""What the exchange formats say of a programme: a release in one language, day by day and room by room.

frab XML and c3voc JSON, which both follow https://c3voc.de/wiki/schedule, know one language, no cancelled
session and no interpretation; the JSON of our own has all that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from forum.agenda.addresses import Addresses
from forum.agenda.plain import one_line, writable
from forum.agenda.queries import Published
from forum.editions.models import Edition
from forum.i18n import shown_of
from forum.programme.parsed import link_of

TIMESLOT = "00:05"
"""The formats want a grid; five minutes fit every programme."""


@dataclass(frozen=True)
class Person:
    """A listed person in a session, once, with all they do there."""

    code: str
    guid: str
    name: str
    roles: Sequence[str]


@dataclass(frozen=True)
class Event:
    """A session in the words of one language."""

    entry: Mapping[str, Any]
    title: str
    subtitle: str
    abstract: str
    description: str
    room: str
    track: str
    format: str
    starts_at: datetime
    ends_at: datetime
    persons: Sequence[Person]
    links: Sequence[Mapping[str, str]]
    url: str

    @property
    def minutes(self) -> int:
        return (_instant(self.ends_at) - _instant(self.starts_at)) // timedelta(minutes=1)


@dataclass(frozen=True)
class Day:
    """A day of the edition with its events by the name of the room, rooms in their order."""

    index: int
    on: date
    starts_at: datetime
    ends_at: datetime
    rooms: Mapping[str, Sequence[Event]]


_MOST_EMPTY_DAYS = 60


class Programme:
    """A release in one language, as both formats want it."""

    def __init__(
        self, edition: Edition, published: Published, texts: Mapping[str, Any], language: str, addresses: Addresses
    ) -> None:
        self.edition, self.published, self.texts = edition, published, texts
        self.language, self.addresses = language, addresses
        self.timetable: Mapping[str, Any] = published.release.timetable
        self.title = one_line(edition.name.shown(language).text)
        self.rooms = {room["code"]: self._line(room["name"]) for room in self.timetable["rooms"]}
        self.room_guids = {self.rooms[room["code"]]: room["guid"] for room in self.timetable["rooms"]}
        self.tracks = [(one["code"], self._line(one["name"]), one["colour"]) for one in self.timetable["tracks"]]
        self.track_names = {code: name for code, name, _colour in self.tracks}
        self.formats = {one["code"]: self._line(one["name"]) for one in self.timetable["formats"]}

    def _line(self, texts: Mapping[str, str]) -> str:
        return one_line(shown_of(texts, self.language).text)

    @property
    def acronym(self) -> str:
        """The edition's slug as both schemas want it: four characters or more, no hyphen."""
        return self.edition.slug.replace("-", "_").ljust(4, "_")

    def days(self) -> list[Day]:
        """The edition's days and whatever other day has a session, in order, numbered from 1.

        An edition that claims to last for years has those days alone that something happens on.
        """
        length = (self.edition.ends_on - self.edition.starts_on).days + 1
        length = length if length <= _MOST_EMPTY_DAYS else 0
        by_day: dict[date, list[Event]] = {self.edition.starts_on + timedelta(days=n): [] for n in range(length)}
        for entry in self.timetable["sessions"]:
            if entry["state"] != "cancelled":
                by_day.setdefault(date.fromisoformat(entry["day"]), []).append(self._event(entry))
        return [self._day(index, on, by_day[on]) for index, on in enumerate(sorted(by_day), start=1)]

    def _day(self, index: int, on: date, events: Sequence[Event]) -> Day:
        """From the first start to the last end; a day without sessions is the whole day."""
        midnights = (datetime.combine(on + timedelta(days=n), time(0), self.edition.zone) for n in (0, 1))
        first, last = midnights
        return Day(
            index=index,
            on=on,
            starts_at=min((event.starts_at for event in events), key=_instant, default=first),
            ends_at=max((event.ends_at for event in events), key=_instant, default=last),
            rooms={
                name: found
                for name in dict.fromkeys([*self.rooms.values(), ""])
                if (found := [event for event in events if event.room == name])
            },
        )

    def _event(self, entry: Mapping[str, Any]) -> Event:
        texts = self.texts.get(entry["code"], {})
        zone = self.edition.zone
        return Event(
            entry=entry,
            title=one_line(self._text(entry["title"], entry)),
            subtitle=one_line(self._text(texts.get("subtitle", {}), entry)),
            abstract=writable(self._text(texts.get("abstract", {}), entry)),
            description=writable(self._text(texts.get("description", {}), entry)),
            room=self.rooms.get(entry["room"], ""),
            track=self.track_names.get(entry["track"], ""),
            format=self.formats.get(entry["format"], ""),
            starts_at=datetime.fromisoformat(entry["starts_at"]).astimezone(zone),
            ends_at=datetime.fromisoformat(entry["ends_at"]).astimezone(zone),
            persons=self._persons(entry),
            links=[link for one in texts.get("links", []) if (link := _link(one))],
            url=self.addresses.session(entry["code"]),
        )

    def _text(self, texts: Mapping[str, str], entry: Mapping[str, Any]) -> str:
        return shown_of(texts, self.language, entry["original"]).text

    def _persons(self, entry: Mapping[str, Any]) -> list[Person]:
        roles: dict[str, list[str]] = {}
        for code, role in entry["people"]:
            roles.setdefault(code, []).append(role)
        return [
            Person(code, str(self.published.speakers[code].guid), one_line(name), parts)
            for code, parts in roles.items()
            if (name := self.published.name(entry["code"], code))
        ]


def _link(link: Mapping[str, str]) -> Mapping[str, str] | None:
    return link_of(writable(link["url"]), one_line(link.get("title", "")))


def _instant(moment: datetime) -> datetime:
    """For comparing: Python reckons two moments of one zone by the clock, which an autumn night sets back."""
    return moment.astimezone(UTC)


def duration_text(minutes: int) -> str:
    """Minutes as hours and minutes: 01:30."""
    return f"{minutes // 60:02}:{minutes % 60:02}"
