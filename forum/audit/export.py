"""The audit log as a file, piece by piece.

Both forms hold what the digests are made of, so that whoever has LOOKUP_KEY can follow the chain without the database:
`forum.audit.rules.entry_digest` says how.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from forum.audit.models import AuditEntry
from forum.tables import Cell, csv_lines

COLUMNS = ("number", "at", "actor", "role", "action", "record_type", "record", "changes", "previous", "digest")


@dataclass(frozen=True)
class Extent:
    """Which part of a chain a file holds: all of it up to an entry."""

    chain_id: int
    scope: str
    """As the digests have it."""
    length: int
    last: bytes
    """Digest of the last entry."""


def entry_facts(entry: AuditEntry) -> dict[str, Any]:
    """What an entry says, digests in hexadecimal, the moment in UTC to the microsecond."""
    return {
        "number": entry.number,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": str(entry.actor) if entry.actor else None,
        "role": entry.role,
        "action": entry.action,
        "record_type": entry.record_type,
        "record": entry.record,
        "changes": entry.changes,
        "previous": entry.previous.hex(),
        "digest": entry.digest.hex(),
    }


def csv_pieces(entries: Iterable[AuditEntry]) -> Iterator[str]:
    """The log as CSV; what changed is JSON in one cell."""
    return csv_lines(COLUMNS, (_cells(entry) for entry in entries))


def _cells(entry: AuditEntry) -> list[Cell]:
    facts = {**entry_facts(entry), "changes": json.dumps(entry.changes, ensure_ascii=False)}
    return [facts[column] for column in COLUMNS]


def json_pieces(extent: Extent, entries: Iterable[AuditEntry]) -> Iterator[str]:
    """The log as one JSON object, a line for each entry."""
    head = {"scope": extent.scope, "length": extent.length, "last": extent.last.hex()}
    yield json.dumps(head)[:-1] + ', "entries": [\n'
    for nth, entry in enumerate(entries):
        yield (",\n" if nth else "") + json.dumps(entry_facts(entry), ensure_ascii=False)
    yield "\n]}\n"
