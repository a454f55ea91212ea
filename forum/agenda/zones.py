"""Time zones by the names people know: an IANA name, or the city in it."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from forum.programme.words import folded

OFFERED = (
    "UTC", "Africa/Abidjan", "Africa/Accra", "Africa/Addis_Ababa", "Africa/Algiers", "Africa/Cairo", "Africa/Casablanca",
    "Africa/Dakar", "Africa/Dar_es_Salaam", "Africa/Harare", "Africa/Johannesburg", "Africa/Kampala", "Africa/Khartoum",
    "Africa/Kinshasa", "Africa/Lagos", "Africa/Luanda", "Africa/Lusaka", "Africa/Maputo", "Africa/Nairobi", "Africa/Tunis",
    "America/New_York", "America/Sao_Paulo", "Asia/Dubai", "Asia/Kolkata", "Europe/Berlin", "Europe/Lisbon",
    "Europe/London", "Europe/Paris",
)  # fmt: skip
"""Suggested in the field; any other can be typed."""


@cache
def _by_name() -> dict[str, str]:
    names = sorted(zone for zone in available_timezones() if not zone.startswith(("posix/", "right/")))
    cities = {_plain(zone.rpartition("/")[2]): zone for zone in reversed(names)}
    return {**cities, **{_plain(zone): zone for zone in names}}


def zone_like(text: str) -> ZoneInfo | None:
    """The zone that `text` names, as Africa/Lusaka or as Lusaka in any case; None where there is none."""
    key = _by_name().get(_plain(text))
    return ZoneInfo(key) if key else None


def _plain(text: str) -> str:
    return folded(text[:64]).replace("_", " ")
