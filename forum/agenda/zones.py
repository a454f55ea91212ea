"""Time zones by the names people know: an IANA name, or the city in it, also as the reader's language writes it."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from forum.i18n import locale_of
from forum.programme.words import folded

OFFERED = (
    *("UTC", "Africa/Abidjan", "Africa/Accra", "Africa/Addis_Ababa", "Africa/Algiers", "Africa/Cairo"),
    *("Africa/Casablanca", "Africa/Dakar", "Africa/Dar_es_Salaam", "Africa/Harare", "Africa/Johannesburg"),
    *("Africa/Kampala", "Africa/Khartoum", "Africa/Kinshasa", "Africa/Lagos", "Africa/Luanda", "Africa/Lusaka"),
    *("Africa/Maputo", "Africa/Nairobi", "Africa/Tunis", "America/New_York", "America/Sao_Paulo", "Asia/Dubai"),
    *("Asia/Kolkata", "Europe/Berlin", "Europe/Lisbon", "Europe/London", "Europe/Paris"),
)
"""Suggested in the field; any other can be typed."""


@cache
def _by_name() -> dict[str, str]:
    geographic = (zone for zone in available_timezones() if "/" in zone or zone == "UTC")
    names = sorted(zone for zone in geographic if not zone.startswith(("posix/", "right/", "Etc/", "SystemV/")))
    cities = {_plain(zone.rpartition("/")[2]): zone for zone in reversed(names)}
    return {**cities, **{_plain(zone): zone for zone in names}}


@cache
def _by_own_name(language: str) -> dict[str, str]:
    cities = locale_of(language).time_zones
    return {_plain(names["city"]): zone for zone, names in cities.items() if "city" in names}


def zone_like(text: str, language: str) -> ZoneInfo | None:
    """The zone that `text` names to a reader of `language`: Africa/Lusaka, lusaka, لوساكا. None where there is none."""
    key = _by_name().get(_plain(text)) or _by_own_name(language).get(_plain(text))
    return ZoneInfo(key) if key else None


def _plain(text: str) -> str:
    return folded(text[:64]).replace("_", " ")
