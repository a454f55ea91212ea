"""The programme as iCalendar (RFC 5545, RFC 7986), to subscribe to or to take one session from.

Importing this module costs 9 MB and 80 ms for the library, so the views import it only when asked for a calendar.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from babel.lists import format_list
from flask_babel import gettext, ngettext
from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vDatetime, vInt, vText, vUri
from icalendar.parser import Contentline, Parameters

from forum.agenda.addresses import Addresses
from forum.agenda.plain import plain_text
from forum.agenda.queries import Published
from forum.agenda.transitions import Transition, transitions
from forum.editions.models import Edition
from forum.i18n import Shown, language_name, locale_of, shown_of
from forum.programme.markup import one_line, printable

PRODUCT = "-//Jukwaa//NONSGML Agenda//EN"
REFRESH = timedelta(hours=1)
"""How often we ask those who subscribe to look again."""
STATUS = {"planned": "TENTATIVE", "confirmed": "CONFIRMED", "cancelled": "CANCELLED"}
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
_LINE_OCTETS = 75
Texts = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Wanted:
    """A calendar to be made: whose, called what, kept where, in which language, and of which sessions."""

    edition: Edition
    published: Published
    entries: Sequence[Mapping[str, Any]]
    texts: Texts
    """The longer texts by session code."""
    language: str
    name: str
    source: str
    """The full address of this very calendar."""
    addresses: Addresses
    is_busy: bool = False
    """Whether the sessions take up the reader's time. A whole programme does not: nobody is in six rooms at once."""


def calendar_of(wanted: Wanted) -> bytes:
    """The calendar as UTF-8, in the order of the timetable. The same release gives the same bytes."""
    calendar = _Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    for name in ("name", "x-wr-calname"):
        calendar.add(name, _Text(one_line(wanted.name)))
    if description := plain_text(_shown(wanted.edition.description.plain(), wanted).text):
        for name in ("description", "x-wr-caldesc"):
            calendar.add(name, _Text(printable(description)))
    calendar.add("x-wr-timezone", _Text(wanted.edition.time_zone))
    calendar.add("last-modified", wanted.published.release.published_at)
    calendar.add("refresh-interval", REFRESH, {"VALUE": "DURATION"})
    calendar.add("x-published-ttl", _Text("PT1H"))
    calendar.add("source", vUri(wanted.source), {"VALUE": "URI"})
    calendar.add("url", vUri(wanted.addresses.agenda))
    events = _Events(wanted)
    if zone := _time_zone(wanted):
        calendar.add_component(zone)
    for entry in wanted.entries:
        calendar.add_component(events.event(entry))
    return bytes(calendar.to_ical())


class _Events:
    """Makes events; what is the same for many of them is written once."""

    def __init__(self, wanted: Wanted) -> None:
        timetable = wanted.published.release.timetable
        self.wanted = wanted
        self.zone = wanted.edition.zone
        self.tracks = {one["code"]: one_line(_shown(one["name"], wanted).text) for one in timetable["tracks"]}
        self.places = {one["code"]: _place(one, wanted) for one in timetable["rooms"]}
        self.venue = _venue(wanted)
        self.moments: dict[str, datetime] = {}

    def event(self, entry: Mapping[str, Any]) -> Event:
        """One session. Values come typed, since guessing types takes half the time of a thousand events."""
        title = shown_of(entry["title"], self.wanted.language, entry["original"])
        is_cancelled = entry["state"] == "cancelled"
        changed = vDatetime(self._moment(entry["changed_at"]))
        start, end = self._times(entry)
        event = Event()
        event["uid"] = _Text(entry["guid"])
        event["sequence"] = vInt(entry["sequence"])
        event["dtstamp"] = event["last-modified"] = changed
        event["dtstart"], event["dtend"] = start, end
        event["summary"] = _Text(one_line(title.text), params=self._language(title))
        event["location"] = _Text(self.places.get(entry["room"], self.venue))
        event["description"] = _Text(printable(_description(entry, self.wanted)))
        if entry["track"] in self.tracks:
            event["categories"] = _Text(self.tracks[entry["track"]])
        event["url"] = vUri(self.wanted.addresses.session(entry["code"]))
        event["status"] = _Text(STATUS[entry["state"]])
        event["transp"] = _Text("OPAQUE" if self.wanted.is_busy and not is_cancelled else "TRANSPARENT")
        return event

    def _moment(self, text: str) -> datetime:
        known = self.moments.get(text)
        if known is None:
            known = self.moments[text] = datetime.fromisoformat(text).astimezone(UTC)
        return known

    def _times(self, entry: Mapping[str, Any]) -> tuple[vDatetime, vDatetime]:
        """Start and end on the edition's clock.

        In the hour that an autumn night has twice a clock means its first pass (RFC 5545, 3.3.5); the
        second is written in UTC, and so is everything where the edition's zone is UTC.
        """
        start, end = self._moment(entry["starts_at"]), self._moment(entry["ends_at"])
        local_start, local_end = start.astimezone(self.zone), end.astimezone(self.zone)
        if _is_utc(self.zone.key) or local_start.fold or local_end.fold:
            return vDatetime(start), vDatetime(end)
        tzid = {"TZID": self.zone.key}
        return (
            vDatetime(local_start.replace(tzinfo=None), params=tzid),
            vDatetime(local_end.replace(tzinfo=None), params=tzid),
        )

    def _language(self, title: Shown) -> dict[str, str] | None:
        return None if title.language == self.wanted.language else {"LANGUAGE": title.language}


def _shown(texts: Mapping[str, str], wanted: Wanted) -> Shown:
    return shown_of(texts, wanted.language, wanted.edition.main_language)


def _venue(wanted: Wanted) -> str:
    venue = wanted.edition.venue
    if venue is None:
        return ""
    parts = [_shown(venue.name.plain(), wanted).text, _shown(venue.city.plain(), wanted).text]
    return _listed([part for part in parts if part], wanted.language, "unit-short")


def _place(room: Mapping[str, Any], wanted: Wanted) -> str:
    """A room with the venue it is in; an online room is in none."""
    venue = "" if room["mode"] == "online" else _venue(wanted)
    name = one_line(_shown(room["name"], wanted).text)
    return gettext("%(room)s, %(venue)s", room=name, venue=venue) if venue else name


def _description(entry: Mapping[str, Any], wanted: Wanted) -> str:
    """What the session is about, who is in it, in which languages, and where to read on; a line of its own each."""
    texts = wanted.texts.get(entry["code"], {})
    abstracts = (shown_of(texts.get(field, {}), wanted.language, entry["original"]).text for field in ("abstract", "description"))
    blocks = [
        gettext("This session has been cancelled.") if entry["state"] == "cancelled" else "",
        plain_text(next((text for text in abstracts if text), "")),
        "\n".join([*_people(entry, wanted), *_languages(entry, wanted.language)]),
        wanted.addresses.session(entry["code"]),
    ]
    return "\n\n".join(block for block in blocks if block)


def _people(entry: Mapping[str, Any], wanted: Wanted) -> Iterable[str]:
    """A line for each role, with those who are listed."""
    by_role: dict[str, list[str]] = {}
    for code, role in entry["people"]:
        if name := wanted.published.name(entry["code"], code):
            by_role.setdefault(role, []).append(one_line(name))
    return [_role_line(role, len(names), _listed(names, wanted.language)) for role, names in by_role.items()]


def _role_line(role: str, count: int, names: str) -> str:
    match role:
        case "moderator":
            return str(ngettext("Moderator: %(names)s", "Moderators: %(names)s", count, names=names))
        case "rapporteur":
            return str(ngettext("Rapporteur: %(names)s", "Rapporteurs: %(names)s", count, names=names))
        case "interpreter":
            return str(ngettext("Interpreter: %(names)s", "Interpreters: %(names)s", count, names=names))
        case "organiser":
            return str(ngettext("Organiser: %(names)s", "Organisers: %(names)s", count, names=names))
        case _:
            return str(ngettext("Speaker: %(names)s", "Speakers: %(names)s", count, names=names))


def _languages(entry: Mapping[str, Any], reader: str) -> Iterable[str]:
    if entry["language"]:
        yield gettext("Language: %(language)s", language=language_name(entry["language"], reader))
    if entry["interpretation"]:
        names = [language_name(tag, reader) for tag in entry["interpretation"]]
        yield gettext("Interpretation: %(languages)s", languages=_listed(names, reader))


def _listed(items: list[str], language: str, style: Any = "standard") -> str:
    return format_list(items, style=style, locale=locale_of(language))


def _is_utc(zone: str) -> bool:
    return zone.removeprefix("Etc/") in ("UTC", "UCT", "Universal", "Zulu")


def _time_zone(wanted: Wanted) -> Timezone | None:
    """The edition's zone over the calendar years of the timetable; None where times are in UTC.

    Made here, since `Timezone.from_tzinfo` dates the change to summer time by the clock after it, an
    hour late for those who go by RFC 5545, 3.6.5.
    """
    zone = wanted.edition.zone
    if _is_utc(zone.key):
        return None
    moments = [one[edge] for one in wanted.published.release.timetable["sessions"] for edge in ("starts_at", "ends_at")]
    years = [datetime.fromisoformat(moment).year for moment in moments] or [wanted.edition.starts_on.year]
    component = Timezone()
    component.add("tzid", _Text(zone.key))
    for turn in transitions(zone, datetime(min(years), 1, 1, tzinfo=zone), datetime(max(years) + 1, 1, 1, tzinfo=zone)):
        component.add_component(_observance(turn))
    return component


def _observance(turn: Transition) -> TimezoneStandard | TimezoneDaylight:
    observance = TimezoneDaylight() if turn.is_daylight else TimezoneStandard()
    observance.DTSTART = turn.local_onset
    observance.TZOFFSETFROM = turn.before
    observance.TZOFFSETTO = turn.after
    observance.add("tzname", _Text(turn.name))
    return observance


class _Text(vText):
    """Text escaped as RFC 5545, 3.3.11 has it; the library's own turns the `\\N` of `C:\\New` into an end of line."""

    def to_ical(self) -> bytes:
        return self.translate(_ESCAPES).encode()


class _Calendar(Calendar):
    """A calendar whose lines are folded in octets; the library does it by the character, half the time of it all."""

    def content_line(self, name: str, value: Any, sorted: bool = True) -> Contentline:  # noqa: A002
        return _Line.from_parts(name, getattr(value, "params", None) or Parameters(), value, sorted=sorted)


class _Line(Contentline):
    def to_ical(self) -> bytes:
        return folded_line(self.encode())


def folded_line(line: bytes) -> bytes:
    """A content line in pieces of at most 75 octets (RFC 5545, 3.1), cut neither in a character nor in an escape."""
    pieces, start, room = [], 0, _LINE_OCTETS
    while len(line) - start > room:
        end = start + room
        while line[end] & 0xC0 == 0x80:
            end -= 1
        piece = line[start:end]
        end -= (len(piece) - len(piece.rstrip(b"\\"))) % 2
        pieces.append(line[start:end])
        start, room = end, _LINE_OCTETS - 1
    return b"\r\n ".join([*pieces, line[start:]])
