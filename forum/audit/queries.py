"""Reads of the audit log."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, exists, func, select

from forum.audit.models import AuditChain, AuditEntry
from forum.db import db

BATCH = 1_000
"""How many entries are in memory at once when a whole chain is read."""


def chain_of(scope: str) -> AuditChain | None:
    """The chain of a scope (`scope_of`), or None before its first entry."""
    return db.session.scalars(select(AuditChain).where(AuditChain.scope == scope)).one_or_none()


def chains() -> Sequence[AuditChain]:
    """Every chain, in the order they were begun."""
    return db.session.scalars(select(AuditChain).order_by(AuditChain.id)).all()


def see_one_moment() -> None:
    """Let this transaction, before its first query, see the log as it is now, whatever is appended meanwhile.

    SQLite does so by itself.
    """
    if db.engine.dialect.name == "postgresql":
        db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def entries_of(chain: AuditChain) -> Iterator[AuditEntry]:
    """Every entry of a chain by number, read a batch at a time."""
    query = select(AuditEntry).where(AuditEntry.chain_id == chain.id).order_by(AuditEntry.number)
    return iter(db.session.scalars(query.execution_options(yield_per=BATCH)))


def entries_up_to(*, chain_id: int, last: int) -> Iterator[AuditEntry]:
    """The entries of a chain by number up to `last`, in short transactions: a slow reader holds nothing up."""
    done = 0
    while True:
        numbered = AuditEntry.number
        query = select(AuditEntry).where(AuditEntry.chain_id == chain_id, numbered > done, numbered <= last)
        batch = db.session.scalars(query.order_by(numbered).limit(BATCH)).all()
        if not batch:
            return
        yield from batch
        done = batch[-1].number
        db.session.rollback()


def chains_lost() -> Sequence[tuple[int, int]]:
    """Chains that entries name and that are gone, as (id, number of entries)."""
    is_there = exists().where(AuditChain.id == AuditEntry.chain_id)
    query = select(AuditEntry.chain_id, func.count()).where(~is_there).group_by(AuditEntry.chain_id)
    return [(chain_id, times) for chain_id, times in db.session.execute(query.order_by(AuditEntry.chain_id))]


@dataclass(frozen=True)
class Wanted:
    """What a reader of the log looks for; None or empty means any."""

    area: str = ""
    """The first part of the action, as `roles` of `roles.grant`."""
    actor: uuid.UUID | None = None
    role: str = ""
    record_type: str = ""
    since: datetime | None = None
    until: datetime | None = None
    """The moment after the last one wanted."""


@dataclass(frozen=True)
class Used:
    """What the entries of a chain hold, to choose from."""

    areas: Sequence[str]
    actors: Sequence[uuid.UUID]
    roles: Sequence[str]
    record_types: Sequence[str]


def used_in(chain: AuditChain) -> Used:
    """The areas, people, roles and record types that stand in a chain."""
    columns = (AuditEntry.action, AuditEntry.actor, AuditEntry.role, AuditEntry.record_type)
    rows = db.session.execute(select(*columns).where(AuditEntry.chain_id == chain.id).distinct()).all()
    return Used(
        areas=sorted({row.action.partition(".")[0] for row in rows}),
        actors=sorted({row.actor for row in rows if row.actor}, key=str),
        roles=sorted({row.role for row in rows}),
        record_types=sorted({row.record_type for row in rows}),
    )


def newest_of(chain: AuditChain, wanted: Wanted, *, before: int | None, most: int) -> Sequence[AuditEntry]:
    """Up to `most` entries that are wanted, the newest first; with `before`, those with a lower number alone."""
    query = _fitting(select(AuditEntry).where(AuditEntry.chain_id == chain.id), wanted)
    if before is not None:
        query = query.where(AuditEntry.number < before)
    return db.session.scalars(query.order_by(AuditEntry.number.desc()).limit(most)).all()


def _fitting(query: Select[AuditEntry], wanted: Wanted) -> Select[AuditEntry]:
    if wanted.area:
        query = query.where(AuditEntry.action.startswith(f"{wanted.area}.", autoescape=True))
    if wanted.actor:
        query = query.where(AuditEntry.actor == wanted.actor)
    if wanted.role:
        query = query.where(AuditEntry.role == wanted.role)
    if wanted.record_type:
        query = query.where(AuditEntry.record_type == wanted.record_type)
    if wanted.since:
        query = query.where(AuditEntry.at >= wanted.since)
    if wanted.until:
        query = query.where(AuditEntry.at < wanted.until)
    return query
