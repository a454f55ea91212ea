"""How an area says what it holds about a person, and how it forgets it.

Each area that holds anything has a `holdings.py` with a `HOLDER`. One's own page shows them all, offers them for
download, and lets them forget.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import LazyString

Record = Mapping[str, Any]
"""One thing held: by field a text, a number, a yes or no, a moment, a list of texts, or None."""


@dataclass(frozen=True)
class Subject:
    """Whom it is about, as areas that know nothing of accounts can look for them too."""

    person_id: int
    uid: UUID
    """The random number that stands for them in the audit log."""
    digests: frozenset[bytes]
    """Of their proven addresses."""


@dataclass(frozen=True)
class Kind:
    """One kind of what is held, in words."""

    name: str
    """What it is called in the download."""
    title: LazyString
    purpose: LazyString
    kept: LazyString
    """How long it stays."""
    fields: Mapping[str, LazyString]
    """What each field of a record is called, in the order of the columns."""
    tables: tuple[str, ...]
    """Where it lies."""
    stays: LazyString | None = None
    """Why it is there still when the person is erased; None for what goes."""


@dataclass(frozen=True)
class Holder:
    """What one area holds."""

    kinds: tuple[Kind, ...]
    held_about: Callable[[Subject], Mapping[str, Sequence[Record]]]
    """The records of each kind, by its name."""
    forget: Callable[[Subject, datetime], Mapping[str, int]]
    """Removes what can go and tells how many records of each kind went. Does not commit; may raise a ForumError."""
    words: Mapping[str, LazyString] = field(default_factory=dict)
    """Coded values of its records in words."""
