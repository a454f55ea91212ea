"""Making accounts, and signing in by mail."""

import contextlib
import secrets
import unicodedata
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from forum.accounts import queries, rules
from forum.accounts.models import Address, MailedKey, Person, Proof, Purpose, SignIn
from forum.db import db, hold
from forum.errors import ForumError
from forum.i18n import _l
from forum.keys import address_digest, digest
from forum.mail.letter import Letter
from forum.mail.services import SCREEN, post

LINK_BYTES = 32
"""256 bits: nobody guesses a link."""


class NotAnAddress(ForumError):
    sentence = _l("That is not an e-mail address. One is written like name@example.org.")


class KeyRefused(ForumError):
    sentence = _l("This link opens nothing any more: it was used, is older than ten minutes, or is not complete.")


class CodeRefused(ForumError):
    sentence = _l("This code is not the one in the mail, or is older than ten minutes.")


class AddressTaken(ForumError):
    sentence = _l("This address belongs to an account already.")


def address_in(text: str) -> str:
    """The e-mail address that somebody typed, as mail goes to it. Raises NotAnAddress."""
    email = rules.as_mailed(text)
    if not rules.is_address(email) or rules.as_mailed(email) != email:  # A few would be found as yet another address.
        raise NotAnAddress
    return email


def mail_key(
    *,
    email: str,
    purpose: Purpose,
    language: str,
    write: Callable[[str, str], Letter],
    at: datetime,
    person: Person | None = None,
) -> MailedKey:
    """Mail a one-time link and code to `email`; `write` makes the letter of both.

    Whether anybody has this address is not looked up here, so the answer cannot tell. Raises NotAnAddress.
    """
    email = address_in(email)
    token, code, uid = secrets.token_urlsafe(LINK_BYTES), f"{secrets.randbelow(10**6):06}", uuid.uuid4()
    key = MailedKey(
        uid=uid,
        purpose=purpose,
        email=email,
        address_digest=address_digest(email),
        person_id=person.id if person else None,
        link_digest=digest("link", token),
        code_digest=_code_digest(uid, code),
        language=language,
        created_at=at,
        expires_at=at + rules.KEY_LASTS,
    )
    db.session.add(key)
    post(
        letter=replace(write(token, code), to=email),
        kind=f"accounts.{purpose.value}",
        language=language,
        urgency=SCREEN,
        is_secret=True,
        at=at,
    )
    return key


def _code_digest(uid: uuid.UUID, code: str) -> bytes:
    return digest("code", f"{uid}|{code}")


def use_link(*, token: str, purpose: Purpose, at: datetime) -> MailedKey:
    """The key that a mailed link opens, used up by this. Raises KeyRefused."""
    key = queries.mailed_key_by_link(token)
    if key is None:
        raise KeyRefused
    hold(key)  # Two clicks at once: the second finds it used.
    if key.purpose is not purpose or not rules.opens(key, at):
        raise KeyRefused
    key.used_at = at
    return key


def try_code(*, uid: str, code: str, purpose: Purpose, at: datetime) -> MailedKey | None:
    """The key that was mailed with `code`, used up by this; None where the code is wrong, which counts as a try.

    Nothing is raised, so that the caller commits the count either way.
    """
    key = queries.mailed_key_by_uid(uid)
    if key is None:
        return None
    hold(key)
    if key.purpose is not purpose or not rules.opens(key, at):
        return None
    key.code_tries += 1
    given = "".join(str(unicodedata.digit(sign, sign)) for sign in code if not sign.isspace())
    if not secrets.compare_digest(key.code_digest, _code_digest(key.uid, given)):
        return None
    key.used_at = at
    return key


def person_of(*, key: MailedKey, at: datetime) -> Person:
    """Whose address a used sign-in key proves; an account is made where there is none."""
    known = queries.person_by_address(key.email)
    if known is not None:
        return known
    with contextlib.suppress(IntegrityError, AddressTaken), db.session.begin_nested():
        return make_person(email=key.email, language=key.language, at=at)
    made = queries.person_by_address(key.email)  # Another link to the same address was pressed meanwhile.
    assert made is not None
    return made


def make_person(*, email: str, language: str, at: datetime, name: str = "", **more: object) -> Person:
    """A new account with one proven address. Raises NotAnAddress, AddressTaken."""
    email = address_in(email)
    person = Person(name=name, language=language, created_at=at, **{"alias": "", **more})
    db.session.add(person)
    db.session.flush()
    add_address(person=person, email=email, at=at)
    return person


def add_address(*, person: Person, email: str, at: datetime) -> Address:
    """A proven address more; the first is where mail goes. Raises NotAnAddress, AddressTaken."""
    email = address_in(email)
    if queries.person_by_address(email) is not None:
        raise AddressTaken
    address = Address(
        person_id=person.id,
        email=email,
        digest=address_digest(email),
        is_primary=not person.addresses,
        verified_at=at,
    )
    try:
        with db.session.begin_nested():
            person.addresses.append(address)
    except IntegrityError:  # Somebody else has proved it meanwhile.
        raise AddressTaken from None
    return address


def sign_in(*, person: Person, proof: Proof, at: datetime, second_factor: bool = False) -> tuple[SignIn, str]:
    """A new sign-in and the secret for its cookie, which is kept nowhere else."""
    token = secrets.token_urlsafe(LINK_BYTES)
    started = SignIn(
        person_id=person.id,
        code=secrets.token_urlsafe(9),
        digest=digest("sign-in", token),
        proof=proof,
        started_at=at,
        seen_at=at,
        second_factor_at=at if second_factor else None,
    )
    db.session.add(started)
    db.session.flush()
    return started, token


def end_sign_in(*, sign_in: SignIn, at: datetime) -> None:
    """Sign out there; doing it twice changes nothing."""
    if sign_in.ended_at is None:
        sign_in.ended_at = at


def end_others(*, person: Person, but: SignIn, at: datetime) -> int:
    """Sign a person out everywhere else; how many sign-ins that ended."""
    ended = update(SignIn).where(SignIn.person_id == person.id, SignIn.id != but.id, SignIn.ended_at.is_(None))
    return int(db.session.execute(ended.values(ended_at=at)).rowcount)  # type: ignore[attr-defined]


def forget_past(*, at: datetime) -> None:
    """Remove mailed keys and sign-ins that open nothing any more."""
    db.session.execute(delete(MailedKey).where(MailedKey.expires_at < at))
    longest = max(rules.OTHERS_MOST, rules.STAFF_MOST)
    db.session.execute(
        delete(SignIn).where((SignIn.ended_at < at - rules.STAFF_MOST) | (SignIn.started_at < at - longest))
    )
