"""Rooms, tracks and formats of an edition, by what a file calls them."""

import re
from collections.abc import Mapping
from typing import TypeVar

from forum.db import db
from forum.editions import services as edition_services
from forum.editions.models import Edition, Room
from forum.i18n import TranslatedText
from forum.programme import queries, services
from forum.programme.importing.names import line, slug_for
from forum.programme.importing.report import Report
from forum.programme.models import Format, Track
from forum.programme.parsed import ParsedSchedule

PALETTE = (
    "#b5471b",
    "#2f5d9b",
    "#2e8060",
    "#6b58a8",
    "#a33b6b",
    "#2c7f94",
    "#857018",
    "#b04a4a",
    "#0b6e4f",
    "#77736b",
)
_COLOUR = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
Named = TypeVar("Named", Room, Track, Format)


class Frame:
    """The edition's rooms, tracks and formats, with those that the file adds."""

    def __init__(self, edition: Edition, schedule: ParsedSchedule, report: Report) -> None:
        self.edition, self.report = edition, report
        self.rooms = {name: room for room in queries.rooms(edition) for name in _names(room)}
        self.tracks = {name: track for track in queries.tracks(edition) for name in _names(track)}
        self.formats = {name: kind for kind in queries.formats(edition) for name in _names(kind)}
        with db.session.no_autoflush:
            self._add(schedule)
        db.session.flush()

    def room(self, name: str, before: Room | None) -> Room | None:
        """What the file calls `name`: what was there `before` if it can be called so, since two may share a name."""
        return _called(name, before, self.rooms)

    def track(self, name: str, before: Track | None) -> Track | None:
        """Likewise, of a theme."""
        return _called(name, before, self.tracks)

    def format(self, name: str, before: Format | None) -> Format | None:
        """Likewise, of a kind of session."""
        return _called(name, before, self.formats)

    def _add(self, schedule: ParsedSchedule) -> None:
        used = {event.room for event in schedule.events}
        if unused := len(schedule.rooms.keys() - used):
            self.report.left["room"] += unused
        for name, capacity in schedule.rooms.items():
            if name in used and name not in self.rooms:
                self.rooms[name] = self._new_room(name, capacity)
        for name, colour in schedule.tracks.items():
            if name not in self.tracks:
                self.tracks[name] = self._new_track(name, colour)
        for name in dict.fromkeys(event.format for event in schedule.events if event.format):
            if name not in self.formats:
                self.formats[name] = self._new_format(name)

    def _new_room(self, name: str, capacity: int | None) -> Room:
        self.report.made["room"] += 1
        code = slug_for(name, {room.code for room in self.rooms.values()})
        return edition_services.add_room(edition=self.edition, code=code, name=self._text(name), capacity=capacity)

    def _new_track(self, name: str, colour: str) -> Track:
        self.report.made["track"] += 1
        position = len(self.tracks) + 1
        chosen = colour.lower() if _COLOUR.fullmatch(colour) else PALETTE[(position - 1) % len(PALETTE)]
        code = slug_for(name, {track.code for track in self.tracks.values()})
        return services.add_track(
            edition=self.edition, code=code, name=self._text(name), colour=chosen, position=position
        )

    def _new_format(self, name: str) -> Format:
        self.report.made["format"] += 1
        code = slug_for(name, {kind.code for kind in self.formats.values()})
        return services.add_format(
            edition=self.edition, code=code, name=self._text(name), position=len(self.formats) + 1
        )

    def _text(self, words: str) -> TranslatedText:
        return TranslatedText.from_plain({self.edition.main_language: words}, self.edition.main_language)


def _names(thing: Room | Track | Format) -> list[str]:
    return [line(name) for name in thing.name.plain().values()]


def _called(name: str, before: Named | None, known: Mapping[str, Named]) -> Named | None:
    return before if before is not None and name in _names(before) else known.get(name)
