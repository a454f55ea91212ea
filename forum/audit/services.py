"""Writing to the audit log."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forum.audit import queries
from forum.audit.models import AuditChain, AuditEntry
from forum.audit.rules import BEGINNING, chain_seal, entry_digest
from forum.db import db, hold, insert_into
from forum.keys import scope_of


@dataclass(frozen=True)
class Actor:
    """Who does something: a person's uid, and the role that lets them."""

    uid: uuid.UUID | None
    role: str


COMMAND = Actor(None, "command")
"""Whoever types a command on the server."""
SYSTEM = Actor(None, "system")
"""What happens by itself, such as a retention that ends."""
CHANGED = "changed"
"""What `changes` says of a personal field instead of its values."""


def record(
    *,
    by: Actor,
    action: str,
    record_type: str,
    record: object,
    at: datetime,
    edition_id: int | None = None,
    changes: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Append an entry to the chain of the edition, or of the site, in the transaction of what it tells of.

    `changes` holds no personal value: write CHANGED for such a field.
    """
    chain = held_chain(edition_id)
    entry = AuditEntry(
        chain_id=chain.id,
        number=chain.length + 1,
        at=at,
        actor=by.uid,
        role=by.role,
        action=action,
        record_type=record_type,
        record=str(record),
        changes=dict(changes or {}),
        previous=chain.last,
    )
    entry.digest = entry_digest(entry, chain.scope)
    db.session.add(entry)
    chain.length, chain.last = entry.number, entry.digest
    chain.seal = chain_seal(chain)
    db.session.flush()
    return entry


def held_chain(edition_id: int | None) -> AuditChain:
    """The chain of the edition, or of the site, kept to this transaction; begun if there is none."""
    scope = scope_of(edition_id)
    chain = queries.chain_of(scope)
    if chain is None:
        begun = AuditChain(scope=scope, length=0, last=BEGINNING)
        values = {"scope": scope, "length": 0, "last": BEGINNING, "seal": chain_seal(begun)}
        db.session.execute(insert_into(AuditChain).values(**values).on_conflict_do_nothing())
        chain = queries.chain_of(scope)
        assert chain is not None
    hold(chain)
    return chain
