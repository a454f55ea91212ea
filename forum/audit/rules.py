"""How entries are chained, and what breaks a chain."""

import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum

from forum.audit.models import AuditChain, AuditEntry
from forum.keys import digest

BEGINNING = bytes(32)
"""What the first entry of a chain follows."""


class Fault(StrEnum):
    """What a check of a chain can find."""

    CHANGED = "changed"
    """The entry is not as it was written, or was written at another place."""
    REMOVED = "removed"
    """The entries from this number on, up to `last`, are missing."""
    INSERTED = "inserted"
    """An entry that the chain never had."""
    DETACHED = "detached"
    """A genuine entry that does not follow the one before it: one of the two is of another history of the site."""
    END_CHANGED = "end_changed"
    """What is noted of the chain's end is not as it was written, so nobody can say which entry was the last."""
    NOT_AS_NOTED = "not_as_noted"
    """The entry of this number is not the one that was noted elsewhere."""


@dataclass(frozen=True)
class Finding:
    """One fault and the number of the entry it was found at."""

    number: int
    fault: Fault
    last: int | None = None
    """Number of the last entry concerned, where there are several."""


@dataclass(frozen=True)
class Noted:
    """The end of a chain as somebody noted it elsewhere, so that even a chain put back as a whole is found."""

    length: int
    digest: bytes


def entry_digest(entry: AuditEntry, scope: str) -> bytes:
    """The keyed digest over everything an entry says and the entry before it."""
    said = {
        "scope": scope,
        "number": entry.number,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": str(entry.actor) if entry.actor else None,
        "role": entry.role,
        "action": entry.action,
        "record_type": entry.record_type,
        "record": entry.record,
        "changes": entry.changes,
        "previous": entry.previous.hex(),
    }
    return digest("audit entry", json.dumps(said, sort_keys=True))


def chain_seal(chain: AuditChain) -> bytes:
    """The keyed digest over where a chain ends."""
    return digest("audit chain", f"{chain.scope}|{chain.length}|{chain.last.hex()}")


def check_chain(chain: AuditChain, entries: Iterable[AuditEntry], noted: Noted | None = None) -> Iterator[Finding]:
    """What is wrong with `entries`, which are all those of `chain` by number; nothing where it is whole.

    Each entry is looked at once and none is kept. A chain that was put back whole to an earlier state, with the seal
    it had then, is found by what was `noted` since, and by nothing else.
    """
    end_holds = hmac.compare_digest(chain.seal, chain_seal(chain))
    number, previous = 0, BEGINNING
    follows = True
    """Whether what the next entry says of the one before can be compared: not after a fault."""
    for entry in entries:
        if entry.number < 1 or (end_holds and entry.number > chain.length):
            yield Finding(entry.number, Fault.INSERTED)
            continue
        if entry.number > number + 1:
            yield Finding(number + 1, Fault.REMOVED, entry.number - 1)
            follows = False
        is_genuine = hmac.compare_digest(entry.digest, entry_digest(entry, chain.scope))
        if not is_genuine:
            yield Finding(entry.number, Fault.CHANGED)
        elif follows and entry.previous != previous:
            yield Finding(entry.number, Fault.DETACHED)
        if noted and noted.length == entry.number and noted.digest != entry.digest:
            yield Finding(entry.number, Fault.NOT_AS_NOTED)
        number, previous, follows = entry.number, entry.digest, is_genuine
    yield from _check_end(chain, number, previous, end_holds=end_holds, follows=follows)
    if noted and noted.length > number:
        yield Finding(noted.length, Fault.NOT_AS_NOTED)


def _check_end(chain: AuditChain, number: int, last: bytes, *, end_holds: bool, follows: bool) -> Iterator[Finding]:
    """Whether the chain ends where its seal says: after entry `number`, whose digest is `last`."""
    if not end_holds:
        yield Finding(chain.length, Fault.END_CHANGED)
    elif number < chain.length:
        yield Finding(number + 1, Fault.REMOVED, chain.length)
    elif follows and last != chain.last:
        yield Finding(number, Fault.DETACHED)
