"""The programme as frab XML, for schedule apps and for other sites to import; see `forum.agenda.exchange`."""

import re
from collections.abc import Mapping
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from forum.agenda.exchange import TIMESLOT, Day, Event, Programme, duration_text
from forum.programme.parsed import OWN_GENERATOR

_TRACK_SLUG = re.compile(r"[a-z][a-z0-9-]+")
_LONGEST_MINUTES = 99 * 60 + 59
"""The XML Schema has two digits for the hours of a session."""


def frab_xml(programme: Programme) -> bytes:
    """The programme as XML, valid by c3voc's schedule.xml.xsd."""
    edition, addresses = programme.edition, programme.addresses
    root = Element("schedule")
    SubElement(root, "generator", name=OWN_GENERATOR)
    _add(root, "url", addresses.feed("schedule.xml"))
    _add(root, "version", str(programme.published.release.number))
    days = programme.days()
    conference = SubElement(root, "conference")
    for name, text in (
        ("title", programme.title),
        ("acronym", programme.acronym),
        ("start", edition.starts_on.isoformat()),
        ("end", edition.ends_on.isoformat()),
        ("days", str(len(days))),
        ("timeslot_duration", TIMESLOT),
        ("base_url", addresses.home),
        ("url", addresses.agenda),
        ("time_zone_name", edition.time_zone),
    ):
        _add(conference, name, text)
    SubElement(conference, "color", primary=edition.accent)
    for code, name, colour in programme.tracks:
        slug = {"slug": code} if _TRACK_SLUG.fullmatch(code) else {}
        SubElement(conference, "track", name=name, color=colour, **slug)
    for day in days:
        _day(root, day, programme.room_guids)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _day(root: Element, day: Day, guids: Mapping[str, str]) -> None:
    start, end = day.starts_at.isoformat(), day.ends_at.isoformat()
    element = SubElement(root, "day", index=str(day.index), date=day.on.isoformat(), start=start, end=end)
    for name, events in day.rooms.items():
        room = SubElement(element, "room", {"name": name, **({"guid": guids[name]} if name in guids else {})})
        for event in events:
            _event(room, event)


def _event(room: Element, event: Event) -> None:
    entry = event.entry
    element = SubElement(room, "event", guid=entry["guid"], id=str(entry["number"]), code=entry["code"])
    for name, text in (
        ("date", event.starts_at.isoformat()),
        ("start", f"{event.starts_at:%H:%M}"),
        ("duration", duration_text(min(event.minutes, _LONGEST_MINUTES))),
        ("room", event.room),
        ("url", event.url),
        ("title", event.title),
        ("subtitle", event.subtitle),
        ("track", event.track),
        ("type", event.format),
        ("language", entry["language"] or ""),
        ("abstract", event.abstract),
        ("description", event.description),
    ):
        _add(element, name, text)
    persons = SubElement(element, "persons")
    for person in event.persons:
        SubElement(persons, "person", guid=person.guid).text = person.name
    links = SubElement(element, "links")
    for link in event.links:
        SubElement(links, "link", href=link["url"]).text = link["title"]


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text
