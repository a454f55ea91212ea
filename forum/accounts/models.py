"""People, their addresses, and how they prove who they are."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.db import Base, choice
from forum.keys import Encrypted, Sealed


class Person(Sealed, Base):
    """A human being with an account."""

    __tablename__ = "person"

    name = Encrypted[str]()
    """How they want to be called; empty until they say."""
    alias = Encrypted[str]()
    """What stands on a badge instead of the name; empty for none."""
    language: Mapped[str] = mapped_column(String(12))
    """The interface language of pages and mail."""
    languages: Mapped[list[str]] = mapped_column(default=list)
    """Languages they understand, BCP 47."""
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    """IANA name, for the times in mail."""
    persona: Mapped[str | None] = mapped_column(String(40), unique=True)
    """Which of the demo's people this is; None for everybody real."""
    created_at: Mapped[datetime]

    addresses: Mapped[list[Address]] = relationship(
        back_populates="person", order_by="Address.id", cascade="all, delete-orphan", passive_deletes=True
    )

    @property
    def primary_address(self) -> Address | None:
        """Where mail goes."""
        return next((one for one in self.addresses if one.is_primary), None)


class Address(Sealed, Base):
    """An e-mail address that its person has proved to read."""

    __tablename__ = "address"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    email = Encrypted[str]()
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    """Keyed digest, by which it is found."""
    is_primary: Mapped[bool] = mapped_column(default=False)
    verified_at: Mapped[datetime]
    refused_at: Mapped[datetime | None]
    """When a mail server last refused this address for good; None again once a message was taken."""
    refusal: Mapped[str] = mapped_column(String(80), default="")
    """The codes it refused with."""

    person: Mapped[Person] = relationship(back_populates="addresses")


class Purpose(StrEnum):
    """What a mailed key opens, and nothing else."""

    SIGN_IN = "sign_in"
    ADD_ADDRESS = "add_address"


class MailedKey(Sealed, Base):
    """A one-time link and its six-digit code, mailed to an address to prove that somebody reads it."""

    __tablename__ = "mailed_key"

    purpose: Mapped[Purpose] = mapped_column(choice(Purpose))
    email = Encrypted[str]()
    address_digest: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    """Whose account gets the address, of ADD_ADDRESS."""
    link_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    code_digest: Mapped[bytes] = mapped_column(LargeBinary)
    """Bound to this row: the same code of another request opens nothing."""
    code_tries: Mapped[int] = mapped_column(default=0)
    language: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Proof(StrEnum):
    """How somebody signed in."""

    LINK = "link"
    CODE = "code"
    PASSKEY = "passkey"
    PERSONA = "persona"


class SignIn(Base):
    """One browser in which somebody is signed in, until it ends. Nothing of the browser itself is kept."""

    __tablename__ = "sign_in"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    """Public id, by which one ends it from another browser."""
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    """Of the secret that the cookie holds."""
    proof: Mapped[Proof] = mapped_column(choice(Proof))
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    """To the minute."""
    second_factor_at: Mapped[datetime | None]
    """When a passkey or an authenticator was last used in it."""
    ended_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()


class Passkey(Sealed, Base):
    """A public-key credential (WebAuthn Level 3) that signs in by itself."""

    __tablename__ = "passkey"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    """COSE key."""
    sign_count: Mapped[int]
    transports: Mapped[list[str]] = mapped_column(default=list)
    name = Encrypted[str]()
    """What its owner calls it."""
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class UsedChallenge(Base):
    """A WebAuthn challenge that was answered, so that the same answer is not taken twice."""

    __tablename__ = "used_challenge"

    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    expires_at: Mapped[datetime]


class Authenticator(Sealed, Base):
    """An authenticator app's shared seed (RFC 6238)."""

    __tablename__ = "authenticator"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), unique=True)
    seed = Encrypted[str]()
    """Base32."""
    confirmed_at: Mapped[datetime | None]
    """None until its first code was entered; before that it proves nothing."""
    last_step: Mapped[int] = mapped_column(default=0)
    """Number of the 30-second step of the last code taken: that one and older ones are refused."""


class RecoveryCode(Base):
    """A code on paper, good once in place of a second factor."""

    __tablename__ = "recovery_code"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
