"""Which slots clash, and how one version of a timetable differs from another. Pure."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar

Thing = TypeVar("Thing", bound=Hashable)


@dataclass(frozen=True)
class Occupied:
    """A stretch of time in which a session holds rooms or people."""

    code: str
    starts_at: datetime
    ends_at: datetime


MOST_PAIRS = 500
"""As many overlaps of one room or person are told; a hall of posters would have a hundred thousand."""


def overlaps(held: Mapping[Thing, Iterable[Occupied]]) -> dict[Thing, list[tuple[str, str]]]:
    """For each room or person the pairs of sessions that hold it at once, at most MOST_PAIRS. Touching is not it."""
    found: dict[Thing, list[tuple[str, str]]] = defaultdict(list)
    for thing, stretches in held.items():
        running: list[Occupied] = []
        for one in sorted(stretches, key=lambda o: (o.starts_at, o.ends_at, o.code)):
            running = [earlier for earlier in running if earlier.ends_at > one.starts_at]
            if one.ends_at > one.starts_at:
                found[thing].extend((earlier.code, one.code) for earlier in running)
                running.append(one)
            if len(found[thing]) >= MOST_PAIRS:
                del found[thing][MOST_PAIRS:]
                break
    return {thing: pairs for thing, pairs in found.items() if pairs}


Kind = Literal["new", "moved", "retimed", "cancelled", "restored", "retitled", "removed", "edited"]


def changes_of(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a reader of the timetable `before` finds different in `after`, session by session.

    Each is {"code", "kinds", "title", "was"}: `title` by language, `was` what the earlier version
    said of room, day, start, end and title where that changed. Without `before`, nothing has changed.
    """
    if before is None:
        return []
    old = {session["code"]: session for session in before["sessions"]}
    new = {session["code"]: session for session in after["sessions"]}
    found = [_change(old.get(code), session) for code, session in new.items()]
    gone = [_entry(old[code], ["removed"], {}) for code in old if code not in new]
    return [change for change in [*found, *gone] if change["kinds"]]


def _change(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> dict[str, Any]:
    if old is None:
        return _entry(new, ["new"], {})
    kinds: list[Kind] = []
    was: dict[str, Any] = {}
    for kind, fields in (
        ("moved", ("room",)),
        ("retimed", ("day", "starts_at", "ends_at")),
        ("retitled", ("title",)),
    ):
        if any(old[field] != new[field] for field in fields):
            kinds.append(kind)  # type: ignore[arg-type]  # Each is one of Kind.
            was.update({field: old[field] for field in fields})
    if old["state"] != new["state"] and "cancelled" in (old["state"], new["state"]):
        kinds.append("cancelled" if new["state"] == "cancelled" else "restored")
    if not kinds and _content(old) != _content(new):
        kinds.append("edited")
    return _entry(new, kinds, was)


def _content(session: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in session.items() if key not in ("sequence", "changed_at", "marks")}


def _entry(session: Mapping[str, Any], kinds: Sequence[Kind], was: Mapping[str, Any]) -> dict[str, Any]:
    return {"code": session["code"], "kinds": list(kinds), "title": session["title"], "was": dict(was)}
