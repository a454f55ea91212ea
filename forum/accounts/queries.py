"""Reads of people and of how they are signed in."""

import uuid
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from forum.accounts.models import Address, Authenticator, MailedKey, Passkey, Person, RecoveryCode, SignIn
from forum.db import db
from forum.keys import address_digest, digest


def person_by_address(email: str) -> Person | None:
    """Whose verified address this is, or None."""
    query = select(Person).join(Address).where(Address.digest == address_digest(email))
    return db.session.scalars(query).one_or_none()


def people_by_uid(uids: Iterable[uuid.UUID | None]) -> Mapping[uuid.UUID, Person]:
    """Those of the people who still are there, by uid."""
    wanted = {uid for uid in uids if uid is not None}
    return {person.uid: person for person in db.session.scalars(select(Person).where(Person.uid.in_(wanted)))}


def person_by_id(person_id: int) -> Person | None:
    """The person with their addresses, or None."""
    return db.session.scalar(select(Person).where(Person.id == person_id).options(selectinload(Person.addresses)))


def mailed_key_by_link(token: str) -> MailedKey | None:
    """The key whose link has this token, used or not."""
    return db.session.scalars(select(MailedKey).where(MailedKey.link_digest == digest("link", token))).one_or_none()


def mailed_key_by_uid(uid: str) -> MailedKey | None:
    """The key that this browser asked for, used or not."""
    try:
        wanted = uuid.UUID(uid)
    except ValueError:
        return None
    return db.session.scalars(select(MailedKey).where(MailedKey.uid == wanted)).one_or_none()


def sign_in_by_token(token: str) -> SignIn | None:
    """The sign-in whose cookie holds this token, with its person; ended ones too."""
    query = select(SignIn).where(SignIn.digest == digest("sign-in", token)).options(joinedload(SignIn.person))
    return db.session.scalars(query).one_or_none()


def sign_ins_of(person: Person) -> Sequence[SignIn]:
    """Where a person is or was signed in, the latest seen first, without those that were ended."""
    query = select(SignIn).where(SignIn.person_id == person.id, SignIn.ended_at.is_(None))
    return db.session.scalars(query.order_by(SignIn.seen_at.desc(), SignIn.id.desc())).all()


def has_second_factor(person: Person) -> bool:
    """Whether a passkey or a confirmed authenticator app is there."""
    passkey = exists().where(Passkey.person_id == person.id)
    app = exists().where(Authenticator.person_id == person.id, Authenticator.confirmed_at.is_not(None))
    return bool(db.session.scalar(select(passkey | app)))


def passkeys_of(person: Person) -> Sequence[Passkey]:
    """A person's passkeys, the oldest first."""
    return db.session.scalars(select(Passkey).where(Passkey.person_id == person.id).order_by(Passkey.id)).all()


def authenticator_of(person: Person) -> Authenticator | None:
    """A person's authenticator app, confirmed or not."""
    return db.session.scalars(select(Authenticator).where(Authenticator.person_id == person.id)).one_or_none()


def recovery_codes_left(person: Person) -> Sequence[RecoveryCode]:
    """Recovery codes that are still good."""
    query = select(RecoveryCode).where(RecoveryCode.person_id == person.id, RecoveryCode.used_at.is_(None))
    return db.session.scalars(query).all()


def personas() -> Sequence[Person]:
    """The people of the demo that a visitor may look around as; none in any other database."""
    return db.session.scalars(select(Person).where(Person.persona.is_not(None)).order_by(Person.id)).all()


def factor_count(person: Person) -> int:
    """How many second factors a person has: passkeys, and a confirmed authenticator app."""
    passkeys = select(func.count()).where(Passkey.person_id == person.id).scalar_subquery()
    apps = select(func.count()).where(Authenticator.person_id == person.id, Authenticator.confirmed_at.is_not(None))
    return db.session.scalar(select(passkeys + apps.scalar_subquery())) or 0


def passkey_by_credential(credential_id: bytes) -> Passkey | None:
    """The passkey that calls itself this, whosever it is."""
    return db.session.scalars(select(Passkey).where(Passkey.credential_id == credential_id)).one_or_none()


def passkey_of(person: Person, uid: uuid.UUID) -> Passkey | None:
    """One of a person's passkeys, by its public id."""
    query = select(Passkey).where(Passkey.uid == uid, Passkey.person_id == person.id)
    return db.session.scalars(query).one_or_none()


def recovery_code_of(person: Person, code_digest: bytes) -> RecoveryCode | None:
    """One of a person's recovery codes, used or not."""
    query = select(RecoveryCode).where(RecoveryCode.person_id == person.id, RecoveryCode.digest == code_digest)
    return db.session.scalars(query).one_or_none()


def address_of(person: Person, uid: uuid.UUID) -> Address | None:
    """One of a person's own addresses."""
    query = select(Address).where(Address.person_id == person.id, Address.uid == uid)
    return db.session.scalars(query).one_or_none()


def sign_in_of(person: Person, code: str) -> SignIn | None:
    """One of a person's own sign-ins by its public id, unless it was ended."""
    query = select(SignIn).where(SignIn.person_id == person.id, SignIn.code == code, SignIn.ended_at.is_(None))
    return db.session.scalars(query).one_or_none()


def all_sign_ins_of(person: Person) -> Sequence[SignIn]:
    """Every sign-in of a person that is still on record, the latest first."""
    return db.session.scalars(select(SignIn).where(SignIn.person_id == person.id).order_by(SignIn.id.desc())).all()


def recovery_codes_of(person: Person) -> Sequence[RecoveryCode]:
    """Every recovery code of a person, used or not."""
    query = select(RecoveryCode).where(RecoveryCode.person_id == person.id)
    return db.session.scalars(query.order_by(RecoveryCode.id)).all()


def mailed_keys_of(person_id: int, digests: Iterable[bytes]) -> Sequence[MailedKey]:
    """Keys mailed to these addresses, or asked for by this person."""
    query = select(MailedKey).where(or_(MailedKey.person_id == person_id, MailedKey.address_digest.in_(digests)))
    return db.session.scalars(query.order_by(MailedKey.id)).all()
