"""Forgetting a person: their account and all that proves who they are."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_

from forum.accounts.models import (
    Address,
    Authenticator,
    MailedKey,
    Passkey,
    Person,
    RecoveryCode,
    SignIn,
)
from forum.audit.services import Actor, record
from forum.db import db
from forum.holdings import Subject


def erase(subject: Subject, at: datetime) -> Mapping[str, int]:
    """Remove the account; how many records of each kind went. The audit log keeps that it was done, by a number."""
    owned = {"sign_ins": (SignIn,), "proofs": (Passkey, Authenticator, RecoveryCode), "addresses": (Address,)}
    keys = delete(MailedKey).where(
        or_(MailedKey.person_id == subject.person_id, MailedKey.address_digest.in_(subject.digests))
    )
    gone = {"mailed_keys": _removed(keys)}
    for name, models in owned.items():
        gone[name] = sum(_removed(delete(model).where(model.person_id == subject.person_id)) for model in models)
    gone["account"] = _removed(delete(Person).where(Person.id == subject.person_id))
    record(
        by=Actor(subject.uid, "self"),
        action="accounts.erase",
        record_type="person",
        record=subject.uid,
        at=at,
    )
    return gone


def _removed(statement: Any) -> int:
    return int(db.session.execute(statement).rowcount)  # type: ignore[attr-defined]
