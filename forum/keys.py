"""Encryption at rest: a column that keeps its text sealed, and the keys it is sealed with.

Envelope encryption: a text is sealed with the data key of its edition (or of the site), by AES-256-GCM
(NIST SP 800-38D) with a random 96-bit nonce. Data keys lie in the database, wrapped by a master key that does
not: MASTER_KEYS, the newest first. What is sealed is bound to its table, column and row, so that nothing sealed
can be moved elsewhere and still be read.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import unicodedata
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from os import urandom
from typing import Any, ClassVar, Generic, TypeVar, overload

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app
from sqlalchemy import BigInteger, LargeBinary, String, UniqueConstraint, Uuid, event, func, inspect, literal, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from forum.db import Base, db, insert_into

KEY_BYTES = 32
NONCE_BYTES = 12
_FORM = b"\x01"
"""The first byte of all that is sealed: how it is to be read."""
SITE = "site"
"""The scope of what belongs to no edition."""


def scope_of(edition_id: int | None) -> str:
    """The name of what belongs to one edition, or to none."""
    return SITE if edition_id is None else f"edition:{edition_id}"


class KeyMissing(RuntimeError):
    """A master key is not in MASTER_KEYS though something is wrapped by it."""


class SealBroken(RuntimeError):
    """What is sealed was changed, moved to another row, or sealed under another key."""


class DataKey(Base):
    """The key of one scope, wrapped. Of several generations the highest seals; the others still open."""

    __tablename__ = "data_key"
    __table_args__ = (UniqueConstraint("scope", "generation"),)

    scope: Mapped[str] = mapped_column(String(40))
    """`site`, or `edition:` and its id."""
    generation: Mapped[int]
    master: Mapped[str] = mapped_column(String(16))
    """Fingerprint of the master key that wraps it."""
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


def key_of(text: str) -> bytes:
    """The 32 bytes that a setting holds as Base64, plain or for URLs. Raises ValueError."""
    try:
        key = base64.b64decode(text.strip().replace("-", "+").replace("_", "/") + "==", validate=False)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError("a key must be 32 bytes in Base64, as `openssl rand -base64 32` makes them")
    return key


def fingerprint(key: bytes) -> str:
    """A name for a key that tells nothing of it."""
    return hashlib.sha256(b"jukwaa key|" + key).hexdigest()[:16]


def master_keys() -> dict[str, bytes]:
    """The ring by fingerprint, the one that wraps new keys first."""
    keys = [key_of(text) for text in current_app.config["MASTER_KEYS"]]
    return {fingerprint(key): key for key in keys}


def digest(purpose: str, value: str | bytes) -> bytes:
    """A keyed digest (HMAC-SHA256, RFC 2104) to look something up by, or to recognise it, without keeping it.

    The same for the same `purpose` and `value` alone; of no use to who has the database without LOOKUP_KEY.
    """
    key = hmac.digest(key_of(current_app.config["LOOKUP_KEY"]), purpose.encode(), "sha256")
    return hmac.digest(key, value.encode() if isinstance(value, str) else value, "sha256")


def address_digest(address: str) -> bytes:
    """What an e-mail address is found by: the same for Amina@Example.org and amina@example.org."""
    return digest("address", unicodedata.normalize("NFKC", address).strip().casefold())


def _wrap(key: DataKey, plain: bytes) -> None:
    name, master = next(iter(master_keys().items()))
    nonce = urandom(NONCE_BYTES)
    key.master = name
    key.wrapped = nonce + AESGCM(master).encrypt(nonce, plain, _wrapped_for(key))


def _unwrap(key: DataKey) -> bytes:
    master = master_keys().get(key.master)
    if master is None:
        raise KeyMissing(f"MASTER_KEYS lacks the key {key.master}, which wraps the data of {key.scope}")
    try:
        return AESGCM(master).decrypt(key.wrapped[:NONCE_BYTES], key.wrapped[NONCE_BYTES:], _wrapped_for(key))
    except InvalidTag:
        raise SealBroken(f"the data key of {key.scope} was changed") from None


def _wrapped_for(key: DataKey) -> bytes:
    return f"data_key|{key.scope}|{key.generation}".encode()


def rewrap(key: DataKey) -> bool:
    """Wrap `key` by the newest master key; whether it was wrapped by another before."""
    if key.master == next(iter(master_keys())):
        return False
    _wrap(key, _unwrap(key))
    return True


def make_data_key(scope: str, *, generation: int, at: datetime) -> None:
    """A new key for `scope`. Where another process has made this generation meanwhile, that one stays."""
    key = DataKey(scope=scope, generation=generation, created_at=at)
    _wrap(key, urandom(KEY_BYTES))
    values = {"scope": scope, "generation": generation, "master": key.master, "wrapped": key.wrapped, "created_at": at}
    db.session.execute(insert_into(DataKey).values(**values).on_conflict_do_nothing())


class _Opened:
    """The data keys that this transaction has used. Forgotten at its end: a rotation may have come."""

    def __init__(self) -> None:
        self.by_id: dict[int, bytes] = {}
        self.sealing: dict[str, int] = {}


def _opened() -> _Opened:
    found = db.session().info.setdefault("data_keys", _Opened())
    assert isinstance(found, _Opened)
    return found


@event.listens_for(Session, "after_transaction_end")
def _forget_keys(session: Session, transaction: Any) -> None:
    if transaction.parent is None:
        session.info.pop("data_keys", None)


def _sealing_key(scope: str) -> tuple[int, bytes]:
    """Id and bytes of the key that seals in `scope`, made if there is none; kept from removal until commit."""
    opened = _opened()
    if scope not in opened.sealing:
        query = (
            select(DataKey)
            .where(DataKey.scope == scope)
            .order_by(DataKey.generation.desc())
            .limit(1)
            .with_for_update(read=True, key_share=True)
        )
        with db.session.no_autoflush:
            key = db.session.scalar(query)
            if key is None:
                make_data_key(scope, generation=1, at=datetime.now(UTC))
                key = db.session.scalars(query).one()
        opened.sealing[scope] = key.id
        opened.by_id[key.id] = _unwrap(key)
    return opened.sealing[scope], opened.by_id[opened.sealing[scope]]


def _opening_key(key_id: int) -> bytes:
    opened = _opened()
    if key_id not in opened.by_id:
        with db.session.no_autoflush:
            key = db.session.scalars(select(DataKey).where(DataKey.id == literal(key_id, BigInteger))).one_or_none()
        if key is None:
            raise KeyMissing(f"there is no data key {key_id}")
        opened.by_id[key_id] = _unwrap(key)
    return opened.by_id[key_id]


def seal(text: str, *, scope: str, place: str) -> bytes:
    """`text` sealed with the key of `scope`, to be opened in `place` alone."""
    key_id, key = _sealing_key(scope)
    head = _FORM + key_id.to_bytes(4, "big")
    nonce = urandom(NONCE_BYTES)
    return head + nonce + AESGCM(key).encrypt(nonce, text.encode("utf-8", "surrogatepass"), head + place.encode())


def open_seal(sealed: bytes, *, place: str) -> str:
    """The text sealed for `place`. Raises SealBroken, KeyMissing."""
    head, nonce, rest = sealed[:5], sealed[5 : 5 + NONCE_BYTES], sealed[5 + NONCE_BYTES :]
    try:
        plain = AESGCM(_opening_key(sealed_with(sealed))).decrypt(nonce, rest, head + place.encode())
    except InvalidTag:
        raise SealBroken(f"what is sealed for {place.partition('|')[0]} cannot be opened") from None
    return plain.decode("utf-8", "surrogatepass")


def sealed_with(sealed: bytes) -> int:
    """The id of the data key that something is sealed with."""
    return int.from_bytes(sealed[1:5], "big")


class Sealed:
    """A mixin for tables with `Encrypted` columns: `uid` names the row in what is sealed and never changes."""

    uid: Mapped[uuid.UUID] = mapped_column(Uuid, unique=True, default=uuid.uuid4)

    def __init__(self, **given: Any) -> None:
        given.setdefault("uid", uuid.uuid4())
        first = {name: given.pop(name) for name in ("uid", "edition_id") if name in given}
        super().__init__(**first, **given)

    @property
    def key_scope(self) -> str:
        """Whose data key seals this row: its edition's where it has one, else the site's."""
        return scope_of(getattr(self, "edition_id", None))


TextOrNone = TypeVar("TextOrNone", str, str | None)


class Encrypted(Generic[TextOrNone]):
    """A text column that is sealed in the database and plain in the program.

    `name = Encrypted[str]()` or, where it may be missing, `phone = Encrypted[str | None](optional=True)`, in a class
    with `Sealed`. It cannot stand in a query: look up by a digest kept beside it. A column type alone would not do,
    since it is never told which row it writes, and what is sealed must be bound to its row.
    """

    everywhere: ClassVar[list[tuple[type[Any], str]]] = []
    """Every encrypted column as (model, name), for the rotation of keys."""

    def __init__(self, *, optional: bool = False) -> None:
        self.optional = optional

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self.name = name
        self.kept_as = f"{name}_sealed"
        setattr(owner, self.kept_as, mapped_column(self.kept_as, LargeBinary, nullable=self.optional))
        Encrypted.everywhere.append((owner, name))

    @overload
    def __get__(self, row: None, owner: type[Any]) -> Encrypted[TextOrNone]: ...
    @overload
    def __get__(self, row: Any, owner: type[Any]) -> TextOrNone: ...
    def __get__(self, row: Any, owner: type[Any]) -> Encrypted[TextOrNone] | TextOrNone:
        if row is None:
            return self
        return self._open(row)  # type: ignore[return-value]

    def _open(self, row: Any) -> str | None:
        sealed = getattr(row, self.kept_as)
        try:
            return None if sealed is None else open_seal(sealed, place=self._place(row))
        except KeyMissing:
            if not inspect(row).persistent or db.session.is_modified(row):
                raise
        # Since we read this row, a rotation has sealed it anew and removed the key that we saw.
        db.session.refresh(row, [self.kept_as])
        return None if (sealed := getattr(row, self.kept_as)) is None else open_seal(sealed, place=self._place(row))

    def __set__(self, row: Any, text: TextOrNone) -> None:
        if text is None and not self.optional:
            raise ValueError(f"{self.name} needs a text")
        sealed = None if text is None else seal(text, scope=row.key_scope, place=self._place(row))
        setattr(row, self.kept_as, sealed)

    def _place(self, row: Any) -> str:
        return f"{row.__tablename__}|{self.name}|{row.uid}"


def missing_master_keys() -> list[str]:
    """Fingerprints of master keys that the database needs and MASTER_KEYS lacks."""
    needed = db.session.scalars(select(DataKey.master).distinct().order_by(DataKey.master))
    return [name for name in needed if name not in master_keys()]


def generations() -> dict[str, list[DataKey]]:
    """Every scope's data keys, the one that seals last."""
    found: dict[str, list[DataKey]] = {}
    for key in db.session.scalars(select(DataKey).order_by(DataKey.scope, DataKey.generation)):
        found.setdefault(key.scope, []).append(key)
    return found


def sealed_rows(model: type[Any]) -> int:
    """How many rows a table with encrypted columns has."""
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def encrypted_columns() -> Iterator[tuple[type[Any], list[str]]]:
    """Each table with encrypted columns, and their names."""
    found: dict[type[Any], list[str]] = {}
    for model, name in Encrypted.everywhere:
        found.setdefault(model, []).append(name)
    yield from found.items()
