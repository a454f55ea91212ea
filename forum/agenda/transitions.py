"""When a time zone changes its offset from UTC. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Transition:
    """A moment from which a zone counts otherwise."""

    at: datetime
    before: timedelta
    after: timedelta
    name: str
    """What the zone calls its time from then on: CEST, CAT."""
    is_daylight: bool

    @property
    def local_onset(self) -> datetime:
        """The clock on the wall at the change, as it stood before it: the DTSTART of RFC 5545, 3.6.5."""
        return (self.at + self.before).replace(tzinfo=None)


def transitions(zone: ZoneInfo, first: datetime, last: datetime) -> Iterator[Transition]:
    """What holds at `first`, with `before` equal to `after`, then every change until `last`, to the second."""
    at = first.astimezone(UTC)
    offset = _offset(zone, at)
    yield _transition(zone, at, offset)
    while at < last:
        tomorrow = at + timedelta(days=1)
        if _offset(zone, tomorrow) != offset:
            change = _turn(zone, at, tomorrow)
            yield _transition(zone, change, offset)
            offset = _offset(zone, change)
        at = tomorrow


def _turn(zone: ZoneInfo, early: datetime, late: datetime) -> datetime:
    """The first second between the two at which the offset is no longer that of `early`."""
    old = _offset(zone, early)
    while late - early > timedelta(seconds=1):
        middle = early + timedelta(seconds=(late - early) // timedelta(seconds=2))
        early, late = (middle, late) if _offset(zone, middle) == old else (early, middle)
    return late


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _transition(zone: ZoneInfo, at: datetime, before: timedelta) -> Transition:
    local = at.astimezone(zone)
    return Transition(at, before, local.utcoffset() or timedelta(), local.tzname() or "", bool(local.dst()))
