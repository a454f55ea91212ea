"""Who is on stage: parts in a session with their roles, and the hemicycle of stakeholder groups."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forum.agenda.queries import Published
from forum.agenda.terms import ROLES
from forum.organisations.models import StakeholderGroup
from forum.programme.models import Speaker


@dataclass(frozen=True)
class Part:
    """A listed person in a session."""

    speaker: Speaker
    name: str
    role: Any


def appearances_of(published: Published, entry: Mapping[str, Any]) -> list[Part]:
    """The listed people of a session in their order, moderators first."""
    parts = [
        Part(published.speakers[code], published.name(entry["code"], code) or "", ROLES[role])
        for code, role in sorted(entry["people"], key=lambda who: who[1] != "moderator")
        if code in published.speakers
    ]
    return parts


@dataclass(frozen=True)
class Seat:
    """A seat of the hemicycle: its centre and radius in a box of 200 by 104 units, and whose it is."""

    x: float
    y: float
    r: float
    group: str


def seats(speakers: Iterable[Speaker], most: int = 120) -> list[Seat]:
    """A seat per person who names a stakeholder group; beyond `most`, each seat stands for several.

    Seats are filled from the start side in the order of the groups, arc by arc at equal angles, as
    parliaments draw themselves.
    """
    counted = Counter(one.stakeholder_group for one in speakers if one.stakeholder_group)
    total = sum(counted.values())
    shares = {group: counted[group] for group in StakeholderGroup if counted[group]}
    if total > most:
        shares = {group: max(1, round(count * most / total)) for group, count in shares.items()}
    order = [group.value for group, count in shares.items() for _ in range(count)]
    places = sorted(_places(len(order)), key=lambda place: -place[2])
    return [Seat(x, y, radius, group) for (x, y, _angle, radius), group in zip(places, order, strict=True)]


def _places(count: int) -> Sequence[tuple[float, float, float, float]]:
    """`count` places on concentric half circles: x, y, angle, radius of the seat."""
    if not count:
        return []
    rows = max(1, min(8, round(math.sqrt(count / 2.2)) if count > 9 else 1))
    outer = 92 if rows > 1 else 78
    radii = [outer - row * (56 / max(rows, 2)) for row in range(rows)]
    whole = sum(radii)
    numbers = [max(1, round(count * radius / whole)) for radius in radii]
    numbers[0] += count - sum(numbers)
    size = min(15.0 if rows == 1 else 8.0, 0.42 * min(56 / max(rows, 1.5), math.pi * radii[0] / max(numbers[0], 1)))
    return [
        (
            round(100 + radius * math.cos(angle), 1),
            round(100 - radius * math.sin(angle), 1),
            angle,
            round(size, 1),
        )
        for radius, number in zip(radii, numbers, strict=True)
        for angle in (math.pi * (place + 0.5) / number for place in range(number))
    ]
