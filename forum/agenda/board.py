"""The agenda as a reader sees it: cards by day, by time and by room, in one language and one time zone. Pure."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from forum.agenda.queries import Published
from forum.i18n import Shown, shown_of


@dataclass(slots=True)
class Card:
    """One session on the agenda."""

    code: str
    title: Shown
    day_on: date
    """The day of the programme it belongs to."""
    starts_at: datetime
    """In UTC, like `ends_at`: in the hour that a clock shows twice, moments of one zone compare wrongly."""
    ends_at: datetime
    date_on: date
    """The date of its start in the zone shown: after midnight no longer `day_on`."""
    clock: str
    """Start and end in the zone shown: 09:00–10:00."""
    room: Shown | None
    column: int
    track: str
    track_name: Shown | None
    format_name: Shown | None
    language: str
    interpretation: Sequence[str]
    people: Sequence[str]
    cancelled: bool
    marks: Sequence[str]
    is_now: bool
    alone: bool = False
    """Nothing else takes place meanwhile, so the grid gives it the whole width."""


@dataclass(slots=True)
class Row:
    """The cards that start at one moment."""

    starts_at: datetime
    clock: str
    other_date: date | None
    """The date of the start in the zone shown, where that is not the programme's day."""
    edition_clock: str
    """The same moment in the edition's zone; empty where that is the zone shown."""
    cards: list[Card] = field(default_factory=list)
    is_now: bool = False


@dataclass(slots=True)
class Day:
    """A day of the edition with its rooms in use and its rows."""

    on: date
    rooms: list[Shown]
    rows: list[Row]
    count: int


@dataclass(frozen=True)
class Filters:
    """What the reader wants to see; empty means all."""

    day: date | None = None
    track: str = ""
    room: str = ""
    format: str = ""
    languages: frozenset[str] = frozenset()
    """Sessions spoken in one of these or interpreted into one."""
    codes: Container[str] | None = None
    """Codes that the search found; None where nothing was searched."""

    def let_pass(self, session: Mapping[str, Any]) -> bool:
        """Whether `session` of a timetable is wanted."""
        return (
            (self.day is None or session["day"] == self.day.isoformat())
            and (not self.track or session["track"] == self.track)
            and (not self.room or session["room"] == self.room)
            and (not self.format or session["format"] == self.format)
            and (not self.languages or not self.languages.isdisjoint((session["language"], *session["interpretation"])))
            and (self.codes is None or session["code"] in self.codes)
        )


class Clock:
    """Writes moments in one zone, each distinct moment once: an agenda has a thousand cards and fifty moments."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._written: dict[str, tuple[datetime, date, str]] = {}

    def read(self, moment: str) -> tuple[datetime, date, str]:
        """An ISO moment in UTC, with its date and its hours and minutes in the zone."""
        known = self._written.get(moment)
        if known is None:
            at = datetime.fromisoformat(moment).astimezone(UTC)
            local = at.astimezone(self.zone)
            known = self._written[moment] = (at, local.date(), f"{local:%H:%M}")
        return known


def cards(
    published: Published, *, language: str, zone: ZoneInfo, at: datetime, filters: Filters | None = None
) -> list[Card]:
    """The sessions that pass the filters, in the order of the timetable."""
    timetable = published.release.timetable
    wanted = filters or Filters()
    clock = Clock(zone)
    names = _Names(timetable, language)
    return [
        _card(session, published, names, clock, language, at)
        for session in timetable["sessions"]
        if wanted.let_pass(session)
    ]


def card_of(published: Published, entry: Mapping[str, Any], *, language: str, zone: ZoneInfo, at: datetime) -> Card:
    """One session of the release as a card."""
    return _card(entry, published, _Names(published.release.timetable, language), Clock(zone), language, at)


class _Names:
    """Names of rooms, tracks and formats for one reader, by code."""

    def __init__(self, timetable: Mapping[str, Any], language: str) -> None:
        self.rooms = {one["code"]: shown_of(one["name"], language) for one in timetable["rooms"]}
        self.tracks = {one["code"]: shown_of(one["name"], language) for one in timetable["tracks"]}
        self.formats = {one["code"]: shown_of(one["name"], language) for one in timetable["formats"]}
        self.order = {code: position for position, code in enumerate(self.rooms)}


def _card(
    session: Mapping[str, Any], published: Published, names: _Names, clock: Clock, language: str, at: datetime
) -> Card:
    starts_at, date_on, start = clock.read(session["starts_at"])
    ends_at, _ends_on, end = clock.read(session["ends_at"])
    cancelled = session["state"] == "cancelled"
    credited = (published.name(session["code"], code) for code, _role in session["people"])
    return Card(
        code=session["code"],
        title=shown_of(session["title"], language, session["original"]),
        day_on=date.fromisoformat(session["day"]),
        starts_at=starts_at,
        ends_at=ends_at,
        date_on=date_on,
        clock=f"{start}–{end}",
        room=names.rooms.get(session["room"]),
        column=names.order.get(session["room"], -1),
        track=session["track"] or "",
        track_name=names.tracks.get(session["track"]),
        format_name=names.formats.get(session["format"]),
        language=session["language"] or "",
        interpretation=session["interpretation"],
        people=list(dict.fromkeys(name for name in credited if name)),
        cancelled=cancelled,
        marks=[mark for mark in session["marks"] if mark in ("new", "moved", "retimed")] if not cancelled else [],
        is_now=starts_at <= at < ends_at and not cancelled,
    )


def days(found: Iterable[Card], *, zone: ZoneInfo, edition_zone: ZoneInfo) -> list[Day]:
    """The cards by day and start. `column` of each becomes its room's place among the rooms of that day, from 1."""
    by_day: dict[date, list[Card]] = {}
    for card in found:
        by_day.setdefault(card.day_on, []).append(card)
    same_zone = zone.key == edition_zone.key
    return [_day(on, by_day[on], None if same_zone else edition_zone) for on in sorted(by_day)]


def _day(on: date, found: list[Card], other_zone: ZoneInfo | None) -> Day:
    used = {card.column: card.room for card in found if card.room is not None}
    place = {column: number for number, column in enumerate(sorted(used), start=1)}
    rows: dict[datetime, Row] = {}
    for card in sorted(found, key=lambda one: (one.starts_at, one.column)):
        card.column = place.get(card.column, 0)
        row = rows.get(card.starts_at)
        if row is None:
            row = rows[card.starts_at] = _row(card, on, other_zone)
        row.cards.append(card)
        row.is_now = row.is_now or card.is_now
    _mark_alone([card for row in rows.values() for card in row.cards])
    count = sum(not card.cancelled for card in found)
    return Day(
        on=on,
        rooms=[used[column] for column in sorted(used) if used[column]],
        rows=list(rows.values()),
        count=count,
    )


def _row(card: Card, on: date, other_zone: ZoneInfo | None) -> Row:
    return Row(
        starts_at=card.starts_at,
        clock=card.clock.partition("–")[0],
        other_date=card.date_on if card.date_on != on else None,
        edition_clock=f"{card.starts_at.astimezone(other_zone):%H:%M}" if other_zone else "",
    )


def _mark_alone(in_order: Sequence[Card]) -> None:
    """Mark the cards of a day, given by start, that overlap no other."""
    latest_end: datetime | None = None
    for place, card in enumerate(in_order):
        following = in_order[place + 1] if place + 1 < len(in_order) else None
        free_before = latest_end is None or latest_end <= card.starts_at
        card.alone = free_before and (following is None or following.starts_at >= card.ends_at)
        latest_end = card.ends_at if latest_end is None else max(latest_end, card.ends_at)


@dataclass(frozen=True)
class Present:
    """What runs now and what starts next."""

    now: Sequence[Card]
    next: Sequence[Card]


def now_and_next(found: Sequence[Card], at: datetime) -> Present:
    """The cards that run at `at`, and those of the next start after it."""
    held = [card for card in found if not card.cancelled]
    soon = min((card.starts_at for card in held if card.starts_at > at), default=None)
    return Present(now=[card for card in held if card.is_now], next=[card for card in held if card.starts_at == soon])


def next_boundary(timetable: Mapping[str, Any], at: datetime) -> datetime | None:
    """The first start or end after `at`: until then a page that says "now" stays true. None after the last."""
    edges = {datetime.fromisoformat(one[edge]) for one in timetable["sessions"] for edge in ("starts_at", "ends_at")}
    return min((edge for edge in edges if edge > at), default=None)
