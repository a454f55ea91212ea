"""What an edition may be called, and when it takes place."""

import re
from datetime import UTC, datetime, time, timedelta

from forum.editions.models import Edition

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
RESERVED = frozenset({"account", "admin", "invitations", "sign-in", "sign-out", "static", "unsubscribe"})
"""Words that stand in the same place of an address for something else."""


def can_be_slug(text: str) -> bool:
    """Whether `text` can stand in an address: small letters, digits, single hyphens, at most 60, not reserved."""
    return text not in RESERVED and len(text) <= 60 and _SLUG.fullmatch(text) is not None


def takes_place(edition: Edition, at: datetime) -> bool:
    """Whether `at` falls on one of its days, by the clock of its own zone."""
    return edition.starts_on <= at.astimezone(edition.zone).date() <= edition.ends_on


def next_midnight(edition: Edition, at: datetime) -> datetime:
    """When the next day begins in the edition's zone, in UTC."""
    tomorrow = at.astimezone(edition.zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(0), edition.zone).astimezone(UTC)
