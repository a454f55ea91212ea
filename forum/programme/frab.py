"""Reads frab and Pentabarf XML as found in the wild: with or without namespace, guid, rooms around events, offsets.

The format: https://c3voc.de/wiki/schedule and its XSD.
"""

from datetime import date, time
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import Element, ParseError, tostring
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from forum.programme.markup import printable
from forum.programme.parsed import (
    MAX_LINE,
    Broken,
    Dangerous,
    NotASchedule,
    ParsedEvent,
    ParsedPerson,
    ParsedSchedule,
    Unreadable,
    clock_of,
    day_of,
    key_of,
    link_of,
    minutes_of,
    moment_of,
    number_of,
    start_of,
    too_large,
)

MAX_ELEMENTS = 600_000
MAX_DEPTH = 100
_NOT_TAKEN = ("recording", "logo", "video_download_url", "feedback_url", "origin_url", "video", "answers")


def read_xml(content: bytes) -> ParsedSchedule:
    """The programme in `content`. Raises NotASchedule, Broken, Dangerous, TooLarge, NothingInIt."""
    reader = _Reader()
    try:
        for count, (what, element) in enumerate(iterparse(BytesIO(content), events=("start", "end"))):
            if count > 2 * MAX_ELEMENTS:
                raise too_large()
            reader.take(what, _bare(element.tag), element)
    except DefusedXmlException as attack:
        raise Dangerous from attack
    except ParseError as error:
        if reader.depth == 0 and not reader.is_schedule:
            raise NotASchedule from error
        raise Broken(line=error.position[0]) from error
    except (ValueError, LookupError) as error:  # An encoding that Python does not know.
        raise NotASchedule from error
    return reader.schedule.checked()


class _Reader:
    """Follows the elements as they come, so that a large file is never held as a whole tree."""

    def __init__(self) -> None:
        self.schedule = ParsedSchedule()
        self.day_on: date | None = None
        self.room = ""
        self.day_change = time(0)
        self.depth = 0
        self.in_event = False
        self.is_schedule = False

    def take(self, what: str, name: str, element: Element) -> None:
        if what == "start":
            self._open(name, element)
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise too_large()
        else:
            self.depth -= 1
            self._close(name, element)

    def _open(self, name: str, element: Element) -> None:
        if self.depth == 0:
            if name != "schedule":
                raise NotASchedule
            self.is_schedule = True
        elif self.in_event:
            return
        elif name == "day":
            try:
                self.day_on = day_of(element.get("date", ""))
            except Unreadable:
                self.day_on = None
        elif name == "room" and self.day_on:
            self.room = _flat(element.get("name", ""))
            if self.room:
                self.schedule.rooms.setdefault(self.room, None)
        elif name == "event":
            self.in_event = True

    def _close(self, name: str, element: Element) -> None:
        if name == "event":
            self.in_event = False
            self._event(element)
            element.clear()
        elif self.in_event:
            return
        elif name == "generator":
            self.schedule.generator = element.get("name", "")
        elif name == "conference":
            self._conference(element)
            element.clear()
        elif name == "room":
            self.room = ""
            element.clear()
        elif name == "day":
            element.clear()

    def _conference(self, element: Element) -> None:
        fields = _fields(element)
        self.schedule.title = _flat(_text(fields, "title"))[:MAX_LINE]
        self.schedule.time_zone = _flat(_text(fields, "time_zone_name"))
        self.schedule.venue = _flat(_text(fields, "venue"))[:MAX_LINE]
        self.schedule.city = _flat(_text(fields, "city"))[:MAX_LINE]
        for track in (child for child in element if _bare(child.tag) == "track"):
            name = _flat(track.get("name", "") or track.text or "")
            if name and len(name) <= MAX_LINE:
                self.schedule.tracks.setdefault(name, track.get("color", ""))
        if change := _text(fields, "day_change").strip():
            try:
                self.day_change = clock_of(change) or time(0)
            except Unreadable:
                self.schedule.left["day_change"] += 1

    def _event(self, element: Element) -> None:
        fields = _fields(element)
        key = key_of(*(_flat(element.get(name, "")) for name in ("guid", "id")))
        try:
            self.schedule.add(self._read(element, fields, key))
        except Unreadable as fault:
            self.schedule.refused.append((key or "?", str(fault)))
        for name in _NOT_TAKEN:
            child = fields.get(name)
            if child is not None and "".join(child.itertext()).strip():
                self.schedule.left[name] += 1

    def _read(self, element: Element, fields: dict[str, Element], key: str) -> ParsedEvent:
        title = _flat(_text(fields, "title"))
        if not title or not key:
            raise Unreadable("title" if key else "id")
        moment = moment_of(_text(fields, "date"))
        if self.day_on is None:
            raise Unreadable("day")
        clock = clock_of(_text(fields, "start"))
        return ParsedEvent(
            key=key,
            code=element.get("code", ""),
            number=number_of(element.get("id")),
            title=title,
            subtitle=_flat(_text(fields, "subtitle")),
            abstract=_markup(fields, "abstract"),
            description=_markup(fields, "description"),
            language=_flat(_text(fields, "language")),
            track=_flat(_text(fields, "track")),
            format=_flat(_text(fields, "type")),
            room=_flat(_text(fields, "room")) or self.room,
            day_on=self.day_on,
            starts_at=start_of(moment, self.day_on, clock, self.day_change),
            local_start=clock,
            minutes=minutes_of(_text(fields, "duration")),
            persons=_persons(fields.get("persons")),
            links=self._links(fields),
        )

    def _links(self, fields: dict[str, Element]) -> list[dict[str, str]]:
        found = []
        for name in ("links", "attachments"):
            for child in fields.get(name, ()):
                link = link_of(child.get("href", ""), child.text or "")
                if link is None:
                    self.schedule.left["link"] += 1
                elif link not in found:
                    found.append(link)
        return found


def _persons(element: Element | None) -> list[ParsedPerson]:
    named = [(child, _flat("".join(child.itertext()))) for child in (element if element is not None else ())]
    return [
        ParsedPerson(
            key=key_of(*(_flat(child.get(id, "")) for id in ("id", "code", "guid")), f"name:{name}"),
            name=name,
            code=child.get("code", ""),
            guid=child.get("guid", ""),
        )
        for child, name in named
        if name
    ]


def _fields(element: Element) -> dict[str, Element]:
    """The children by name; of two with the same name the one that says something, else the first."""
    found: dict[str, Element] = {}
    for child in element:
        name = _bare(child.tag)
        if name not in found or (not (found[name].text or "").strip() and (child.text or "").strip()):
            found[name] = child
    return found


def _text(fields: dict[str, Element], name: str) -> str:
    element = fields.get(name)
    return "" if element is None else "".join(element.itertext())


def _markup(fields: dict[str, Element], name: str) -> str:
    """The text; where it is marked up by elements of its own, as HTML."""
    element = fields.get(name)
    if element is None or len(element) == 0:
        return _text(fields, name)
    for child in element.iter():
        child.tag = _bare(child.tag)
    return escape(element.text or "") + "".join(tostring(child, encoding="unicode") for child in element)


def _flat(text: str) -> str:
    return " ".join(printable(text).split())


def _bare(tag: Any) -> str:
    """The name without its namespace; comments and instructions have none."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
