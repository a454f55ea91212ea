"""The programme as iCalendar (RFC 5545, RFC 7986), to subscribe to or to take one session from.

Imported by the views only when somebody asks for a calendar, see `forum.agenda.ical`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from textwrap import shorten
from typing import Any

from babel.lists import format_list
from flask_babel import gettext, ngettext
from icalendar import Event, Timezone, vInt, vText, vUri

from forum.agenda.addresses import Addresses
from forum.agenda.ical import LinesCalendar, PlainText, moment_text, time_zone
from forum.agenda.plain import one_line, plain_text, writable
from forum.agenda.queries import Published
from forum.editions.models import Edition
from forum.i18n import language_name, locale_of, shown_of

PRODUCT = "-//Jukwaa//NONSGML Agenda//EN"
REFRESH = timedelta(hours=1)
"""How often we ask those who subscribe to look again."""
STATUS = {"planned": "TENTATIVE", "confirmed": "CONFIRMED", "cancelled": "CANCELLED"}
OPAQUE, TRANSPARENT = PlainText("OPAQUE"), PlainText("TRANSPARENT")
BRIEFLY = 200
"""Characters of an abstract in the calendar of many sessions, which a phone fetches every hour, on data that costs."""
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
    calendar = LinesCalendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    for name in ("name", "x-wr-calname"):
        calendar.add(name, PlainText(one_line(wanted.name)))
    if description := plain_text(writable(wanted.edition.description.shown(wanted.language).text)):
        for name in ("description", "x-wr-caldesc"):
            calendar.add(name, PlainText(description))
    calendar.add("x-wr-timezone", PlainText(wanted.edition.time_zone))
    calendar.add("last-modified", wanted.published.release.published_at)
    calendar.add("refresh-interval", REFRESH, {"VALUE": "DURATION"})
    calendar.add("x-published-ttl", PlainText("PT1H"))
    calendar.add("source", vUri(wanted.source), {"VALUE": "URI"})
    calendar.add("url", vUri(wanted.addresses.agenda))
    events = _Events(wanted)
    if zone := _time_zone(wanted):
        calendar.add_component(zone)
    for entry in wanted.entries:
        calendar.add_component(events.event(entry))
    return calendar.to_ical()


class _Events:
    """Makes events. Values come typed and those that many events share are made once: it halves the time."""

    def __init__(self, wanted: Wanted) -> None:
        timetable = wanted.published.release.timetable
        self.wanted = wanted
        self.tracks = {
            one["code"]: PlainText(one_line(shown_of(one["name"], wanted.language).text)) for one in timetable["tracks"]
        }
        self.places = {one["code"]: PlainText(_place(one, wanted)) for one in timetable["rooms"]}
        self.venue = PlainText(_venue(wanted))
        self.states = {state: PlainText(status) for state, status in STATUS.items()}
        self.moment = cache(moment_text)
        self.languages = cache(_languages)

    def event(self, entry: Mapping[str, Any]) -> Event:
        """One session."""
        is_cancelled = entry["state"] == "cancelled"
        event = Event()
        event["uid"] = PlainText(entry["guid"])
        event["sequence"] = vInt(entry["sequence"])
        event["dtstamp"] = event["last-modified"] = self.moment(entry["changed_at"], None)
        event["dtstart"], event["dtend"] = self._times(entry)
        event["summary"] = self._title(entry)
        event["location"] = self.places.get(entry["room"], self.venue)
        event["description"] = PlainText(self._description(entry))
        if entry["track"] in self.tracks:
            event["categories"] = self.tracks[entry["track"]]
        event["url"] = vUri(self.wanted.addresses.session(entry["code"]))
        event["status"] = self.states[entry["state"]]
        event["transp"] = OPAQUE if self.wanted.is_busy and not is_cancelled else TRANSPARENT
        return event

    def _times(self, entry: Mapping[str, Any]) -> Iterable[vText]:
        """Start and end on the edition's clock, or both in UTC where that clock cannot tell one of them."""
        edges, zone = (entry["starts_at"], entry["ends_at"]), self.wanted.edition.zone
        times = [self.moment(edge, zone) for edge in edges]
        return times if all(times) else [self.moment(edge, None) for edge in edges]

    def _title(self, entry: Mapping[str, Any]) -> vText:
        title = shown_of(entry["title"], self.wanted.language, entry["original"])
        is_other = title.language != self.wanted.language
        return PlainText(one_line(title.text), params={"LANGUAGE": title.language} if is_other else None)

    def _description(self, entry: Mapping[str, Any]) -> str:
        """What it is about, who is in it, in which languages, and where to read on."""
        spoken = self.languages(entry["language"], tuple(entry["interpretation"]), self.wanted.language)
        blocks = [
            gettext("This session has been cancelled.") if entry["state"] == "cancelled" else "",
            _abstract(entry, self.wanted),
            "\n".join([*_people(entry, self.wanted), *spoken]),
            self.wanted.addresses.session(entry["code"]),
        ]
        return "\n\n".join(block for block in blocks if block)


def _venue(wanted: Wanted) -> str:
    venue = wanted.edition.venue
    if venue is None:
        return ""
    name, city = (one_line(text.shown(wanted.language).text) for text in (venue.name, venue.city))
    return gettext("%(venue)s, %(city)s", venue=name, city=city) if name and city else name or city


def _place(room: Mapping[str, Any], wanted: Wanted) -> str:
    """A room with the venue it is in; an online room is in none."""
    venue = "" if room["mode"] == "online" else _venue(wanted)
    name = one_line(shown_of(room["name"], wanted.language).text)
    return gettext("%(room)s, %(venue)s", room=name, venue=venue) if venue else name


def _abstract(entry: Mapping[str, Any], wanted: Wanted) -> str:
    """What the session is about, in plain words; the description where there is no abstract. In brief among others."""
    texts = wanted.texts.get(entry["code"], {})
    longer = (texts.get(field, {}) for field in ("abstract", "description"))
    abstracts = (shown_of(text, wanted.language, entry["original"]).text for text in longer)
    words = plain_text(writable(next((text for text in abstracts if text), "")))
    return words if wanted.is_busy or len(words) <= BRIEFLY else shorten(words, BRIEFLY, placeholder=" …")


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


def _languages(spoken: str | None, interpretation: tuple[str, ...], reader: str) -> list[str]:
    lines = []
    if spoken:
        lines.append(gettext("Language: %(language)s", language=language_name(spoken, reader)))
    if interpretation:
        names = [language_name(tag, reader) for tag in interpretation]
        lines.append(gettext("Interpretation: %(languages)s", languages=_listed(names, reader)))
    return lines


def _listed(items: list[str], language: str) -> str:
    return format_list(items, locale=locale_of(language))


def _time_zone(wanted: Wanted) -> Timezone | None:
    """The edition's zone over the years of the timetable, filtered or not."""
    moments = [one[edge] for one in wanted.published.release.timetable["sessions"] for edge in ("starts_at", "ends_at")]
    years = [datetime.fromisoformat(moment).year for moment in moments] or [wanted.edition.starts_on.year]
    return time_zone(wanted.edition.zone, min(years), max(years))
