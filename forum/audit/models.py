"""Entries of the audit log and the ends of its chains."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from forum.db import Base, Code


class AuditChain(Base):
    """The end of one chain: whoever appends holds this row, so that entries of a chain come one after the other."""

    __tablename__ = "audit_chain"

    scope: Mapped[str] = mapped_column(String(40), unique=True)
    """`site`, or `edition:` and its id."""
    length: Mapped[int]
    last: Mapped[bytes] = mapped_column(LargeBinary)
    """Digest of the last entry."""
    seal: Mapped[bytes] = mapped_column(LargeBinary)
    """Keyed digest over length and last: entries cannot be cut off at the end unnoticed."""


class AuditEntry(Base):
    """One thing that somebody did. Holds no personal value: a person is a random id, a personal field only a name."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        UniqueConstraint("chain_id", "number"),
        Index("ix_audit_entry_record", "record_type", "record"),
    )

    chain_id: Mapped[int] = mapped_column(ForeignKey("audit_chain.id"))
    number: Mapped[int]
    """Place in the chain, from 1."""
    at: Mapped[datetime]
    actor: Mapped[uuid.UUID | None] = mapped_column(Uuid, index=True)
    """The person's uid; None for a command on the server, or for what the system does by itself."""
    role: Mapped[str] = mapped_column(String(40))
    """In which role: a role of the edition, `administrator`, `self` for one's own, `command`, `system`."""
    action: Mapped[str] = mapped_column(String(60))
    """What was done, as `area.verb`: `roles.grant`."""
    record_type: Mapped[str] = mapped_column(String(40))
    record: Mapped[str] = mapped_column(Code)
    """Public id of what it was done to."""
    changes: Mapped[dict[str, Any]]
    """By field: [before, after]; of a personal field `"changed"` alone."""
    previous: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
