"""Turns the c3voc hub's newer schedule JSON into the older form, which `c3voc` reads.

The format: https://c3voc.de/schema/schedule2 — one list of events with start and end, rooms and tracks
by reference, texts that may stand in several languages.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

Json = dict[str, Any]
Span = tuple[datetime, datetime, Any]
_HAPPENS = ("ACCEPTED", "CONFIRMED", "DELAYED")
_MOST_DAYS = 100


def older_form(schedule: Json) -> tuple[Json, int]:
    """The conference in the older form, and how many events were left since they are off or not settled."""
    conference = _dict(schedule.get("conference"))
    events = _dicts(schedule.get("events"))
    happening = [event for event in events if event.get("state", "CONFIRMED") in _HAPPENS]
    tracks = [
        {**track, "color": _dict(track.get("colors")).get("light") or track.get("color")}
        for track in _dicts(conference.get("tracks"))
    ]
    names = {str(track.get("slug")): track.get("name") for track in tracks}
    spans = [
        (start, end, day.get("date"))
        for day in _dicts(conference.get("days"))[:_MOST_DAYS]
        if (start := _moment(day.get("start"))) and (end := _moment(day.get("end")))
    ]
    days = [{"date": _day(event, spans), "rooms": {"": [_event(event, names)]}} for event in happening]
    return {**conference, "tracks": tracks, "days": days}, len(events) - len(happening)


def _event(event: Json, track_names: Json) -> Json:
    start, end = _moment(event.get("start")), _moment(event.get("end"))
    track = _dict(event.get("track"))
    participants = _dicts(event.get("participants"))
    return {
        **event,
        "date": event.get("start"),
        "start": "",
        "duration": (end - start) // timedelta(minutes=1) if start and end else event.get("duration"),
        "room": _dict(event.get("room")).get("name"),
        "track": track.get("name") or track_names.get(str(track.get("slug"))),
        "persons": [{**one, "role": str(one.get("role") or "").lower()} for one in participants],
        **{name: _said(event, name) for name in ("title", "subtitle", "abstract", "description")},
    }


def _said(event: Json, name: str) -> Any:
    """The text in the language that is spoken, else in the first one given."""
    texts = event.get(name)
    return texts.get(str(event.get("language"))) or next(iter(texts.values()), "") if isinstance(texts, dict) else texts


def _day(event: Json, spans: Sequence[Span]) -> Any:
    """The date of the day within which it starts: one that ends at six the next morning takes in the night."""
    at = _moment(event.get("start"))
    own = at.date().isoformat() if at else None
    return next((date for start, end, date in spans if at and start <= at < end), own)


def _moment(text: Any) -> datetime | None:
    """An aware moment; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def _dict(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
