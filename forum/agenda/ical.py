"""How iCalendar is written: text, moments, time zones and lines (RFC 5545).

Importing this module costs 9 MB and 80 ms for the library, so nothing imports it until somebody wants a calendar.
The library writes text, moments, zones and lines too, but some of them wrong or slowly, as each of these says.
"""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Timezone, TimezoneDaylight, TimezoneStandard, vText

from forum.agenda.transitions import Transition, transitions

_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
_LINE_OCTETS = 75


class PlainText(vText):
    """Text escaped as RFC 5545, 3.3.11 has it; the library's own turns the `\\N` of `C:\\New` into an end of line."""

    def to_ical(self) -> bytes:
        return self.translate(_ESCAPES).encode()


class LinesCalendar(Calendar):
    """A calendar that writes its lines as octets; the library folds by the character, which takes half the time."""

    def to_ical(self, sorted: bool = True) -> bytes:
        lines = []
        for name, value in self.property_items(sorted=sorted):
            parameters = getattr(value, "params", None)
            head = b";".join([name.encode(), *([parameters.to_ical(sorted=sorted)] if parameters else [])])
            lines.append(folded_line(head + b":" + _octets(value)))
        return b"\r\n".join([*lines, b""])


def _octets(value: Any) -> bytes:
    written = value if isinstance(value, bytes) else value.to_ical()
    return written if isinstance(written, bytes) else bytes(written, "utf-8")  # The library's types give either.


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


def moment_text(text: str, zone: ZoneInfo | None) -> vText:
    """An ISO moment as iCalendar writes it, with the clock of `zone` or in UTC; empty where that clock cannot tell it.

    In the hour that an autumn night has twice a clock means the first time round (RFC 5545, 3.3.5).
    Nor is UTC a zone with a clock. Written here, since the library writes Africa/Abidjan as UTC.
    """
    moment = datetime.fromisoformat(text)
    if zone is None:
        return PlainText(f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    local = moment.astimezone(zone)
    if local.fold or _is_utc(zone.key):
        return PlainText("")
    return PlainText(f"{local:%Y%m%dT%H%M%S}", params={"TZID": zone.key})


def time_zone(zone: ZoneInfo, first_year: int, last_year: int) -> Timezone | None:
    """The zone as it is in these calendar years; None for UTC, which needs no describing.

    `Timezone.from_tzinfo` dates the change to summer time by the clock after it, an hour late for those
    who go by RFC 5545, 3.6.5.
    """
    if _is_utc(zone.key):
        return None
    component = Timezone()
    component.add("tzid", PlainText(zone.key))
    first, last = datetime(first_year, 1, 1, tzinfo=zone), datetime(last_year + 1, 1, 1, tzinfo=zone)
    for turn in transitions(zone, first, last):
        component.add_component(_observance(turn))
    return component


def _observance(turn: Transition) -> TimezoneStandard | TimezoneDaylight:
    observance = TimezoneDaylight() if turn.is_daylight else TimezoneStandard()
    observance.DTSTART = turn.local_onset
    observance.TZOFFSETFROM = turn.before
    observance.TZOFFSETTO = turn.after
    observance.add("tzname", PlainText(turn.name))
    return observance


def _is_utc(zone: str) -> bool:
    return zone.removeprefix("Etc/") in ("UTC", "UCT", "Universal", "Zulu")
