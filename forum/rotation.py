"""The rotation of keys: everything sealed with the newest keys, and the old ones gone.

It may be interrupted at any moment and begun again, and the site goes on meanwhile: what is not sealed anew yet is
still opened by its old key, and an old key is removed once nothing, in the database or on its way there, needs it.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import delete, func, select
from sqlalchemy.exc import OperationalError, ProgrammingError

from forum.db import begin_writing, db
from forum.errors import ForumError
from forum.i18n import _l
from forum.keys import (
    DataKey,
    KeyMissing,
    SealBroken,
    encrypted_columns,
    generations,
    key_of,
    make_data_key,
    master_keys,
    missing_master_keys,
    rewrap,
    scope_of,
    sealed_rows,
    sealed_with,
)

BATCH = 500
"""Rows looked at, and at most sealed anew, in one transaction."""
WAIT_SECONDS = 0.2
"""How long to wait for rows that somebody else is writing."""
HEAD_BYTES = 5
"""So many bytes of what is sealed say which key sealed it."""


class KeysMissing(ForumError):
    sentence = _l(
        "MASTER_KEYS lacks a key that the database needs, known as %(names)s. "
        "Put it back, behind the newer ones; without it what is sealed cannot be read."
    )


class KeysUnreadable(ForumError):
    sentence = _l("MASTER_KEYS or LOOKUP_KEY holds what is no key; `openssl rand -base64 32` makes one.")


@dataclass
class Rotation:
    """What a rotation did."""

    sealed_anew: int = 0
    """Texts."""
    broken: set[tuple[str, int]] = field(default_factory=set)
    """Rows, by table and id, in which something can be opened by no key: as long as there is one, old keys stay."""
    removed: int = 0
    """Old data keys."""


def require_keys() -> None:
    """Raise KeysMissing where the database holds what MASTER_KEYS cannot open, KeysUnreadable where they are no keys.

    A database that does not answer, or has no tables yet, is not judged. Its connections are closed, so that a server
    may fork after this.
    """
    try:
        master_keys()
        key_of(current_app.config["LOOKUP_KEY"])
    except ValueError:
        raise KeysUnreadable from None
    try:
        missing = missing_master_keys()
    except (OperationalError, ProgrammingError):
        return
    finally:
        db.session.remove()
        db.engine.dispose()
    if missing:
        raise KeysMissing(names=", ".join(missing))


def rewrap_all() -> int:
    """Wrap every data key by the newest master key, and commit; how many were wrapped by another."""
    begin_writing()
    keys = db.session.scalars(select(DataKey).order_by(DataKey.id).with_for_update(key_share=True))
    wrapped_anew = sum([rewrap(key) for key in keys])
    db.session.commit()
    return wrapped_anew


def unneeded_master_keys() -> list[tuple[int, str]]:
    """The keys of MASTER_KEYS that nothing is wrapped by, but for the first: their places, from 1, and fingerprints."""
    needed = set(db.session.scalars(select(DataKey.master).distinct()))
    return [(place, name) for place, name in enumerate(master_keys(), 1) if place > 1 and name not in needed]


def rows_to_look_at() -> int:
    """How many rows a rotation goes through at least."""
    return sum(sealed_rows(model) for model, _ in encrypted_columns())


def rotate(*, at: datetime, step: Callable[[int], object] = lambda rows: None) -> Rotation:
    """Seal everything with new data keys, or finish what a rotation before has begun. Commits as it goes.

    `step` is told how many rows were looked at, the first time through.
    """
    done = Rotation()
    _begin(at)
    _seal_anew(done, step)
    while not done.broken and not _remove_old_keys(done):
        time.sleep(WAIT_SECONDS)
        _seal_anew(done, lambda rows: None)
    return done


def _begin(at: datetime) -> None:
    """A new generation of key for each scope, all or none, unless some scope has an old one left."""
    begin_writing()
    found = generations()
    if all(len(keys) == 1 for keys in found.values()):
        for scope, keys in found.items():
            make_data_key(scope, generation=keys[-1].generation + 1, at=at)
    db.session.commit()


def _newest() -> Mapping[str, int]:
    """The id of the key that seals in each scope."""
    return {scope: keys[-1].id for scope, keys in generations().items()}


def _seal_anew(done: Rotation, step: Callable[[int], object]) -> None:
    newest = _newest()
    for model, names in encrypted_columns():
        for looked_at, stale in _stale(model, names, newest):
            db.session.rollback()  # What is looked at is kept from nobody.
            if stale:
                _seal_rows(model, names, stale, done)
            step(looked_at)
    db.session.rollback()


def _stale(model: Any, names: Sequence[str], newest: Mapping[str, int]) -> Iterator[tuple[int, list[int]]]:
    """For each batch of a table: its rows, and the ids of those not sealed with the newest key of their scope."""
    heads = [func.substr(getattr(model, f"{name}_sealed"), 1, HEAD_BYTES) for name in names]
    edition_id = getattr(model, "edition_id", None)
    columns = (model.id, *heads) if edition_id is None else (model.id, *heads, edition_id)
    last = 0
    while rows := db.session.execute(select(*columns).where(model.id > last).order_by(model.id).limit(BATCH)).all():
        last = rows[-1][0]
        yield (
            len(rows),
            [
                row[0]
                for row in rows
                if _is_stale(row[1 : 1 + len(heads)], newest.get(scope_of(row[-1] if edition_id is not None else None)))
            ],
        )


def _is_stale(heads: Sequence[bytes | None], key_id: int | None) -> bool:
    return any(head is not None and sealed_with(bytes(head)) != key_id for head in heads)


def _seal_rows(model: Any, names: Sequence[str], ids: Sequence[int], done: Rotation) -> None:
    """Seal rows anew as they are now, and commit.

    Rows that somebody is writing are left for the next time through: to wait for one while holding others could end
    with two waiting for each other.
    """
    begin_writing()
    query = select(model).where(model.id.in_(ids)).order_by(model.id)
    query = query.with_for_update(key_share=True, skip_locked=True, of=model)
    for row in db.session.scalars(query.execution_options(populate_existing=True)):
        try:
            texts = {name: getattr(row, name) for name in names}
        except (SealBroken, KeyMissing):
            done.broken.add((model.__tablename__, row.id))
            continue
        for name, text in texts.items():
            setattr(row, name, text)
        done.sealed_anew += sum(text is not None for text in texts.values())
    db.session.commit()


def _remove_old_keys(done: Rotation) -> bool:
    """Remove the data keys of old generations, and commit; False, and nothing done, where something needs one still.

    Whoever has sealed with an old key holds it until their commit (`keys._sealing_key`), so once we hold the old keys
    nothing sealed with them is on its way; whoever comes after finds the newest.
    """
    begin_writing()
    old = [key.id for keys in generations().values() for key in keys[:-1]]
    db.session.execute(select(DataKey.id).where(DataKey.id.in_(old)).order_by(DataKey.id).with_for_update()).all()
    newest = _newest()
    if any(stale for model, names in encrypted_columns() for _, stale in _stale(model, names, newest)):
        db.session.rollback()
        return False
    db.session.execute(delete(DataKey).where(DataKey.id.in_(old)))
    db.session.commit()
    done.removed += len(old)
    return True
