"""What an edition may be called."""

import re

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
RESERVED = frozenset({"sign-in", "static"})
"""Words that stand in the same place of an address for something else."""


def can_be_slug(text: str) -> bool:
    """Whether `text` can stand in an address: small letters, digits, single hyphens, at most 60, not reserved."""
    return text not in RESERVED and len(text) <= 60 and _SLUG.fullmatch(text) is not None
