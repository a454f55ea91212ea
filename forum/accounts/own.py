"""What people change on their own page: their profile, and the addresses of their account."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import delete

from forum.accounts import queries, rules, services
from forum.accounts.models import Address, MailedKey, Person, Purpose
from forum.audit.services import CHANGED, Actor, record
from forum.db import db, hold
from forum.errors import ForumError
from forum.i18n import _l
from forum.keys import address_digest
from forum.mail.letter import Letter
from forum.mail.services import post


class NameRefused(ForumError):
    sentence = _l("This name holds signs that cannot be shown. Type it anew instead of pasting it.")


class LanguageUnknown(ForumError):
    sentence = _l("We do not know the language “%(name)s”. Write its name, or its code such as de.")


class TooManyLanguages(ForumError):
    sentence = _l("Name %(most)s languages at most.")


class AddressIsYours(ForumError):
    sentence = _l("This address belongs to your account already.")


class AddressGetsMail(ForumError):
    sentence = _l("Mail goes to this address. Let it go to another one first; an account keeps at least one.")


def set_profile(
    *, person: Person, name: str, alias: str, language: str, languages: Sequence[str], time_zone: str, at: datetime
) -> None:
    """Change what one says of oneself; `languages` are tags. Nothing is noted where nothing changed.

    Raises NameRefused.
    """
    wanted = {
        "name": _clean(name),
        "alias": _clean(alias),
        "language": language,
        "languages": list(languages),
        "time_zone": time_zone,
    }
    changes = {field: CHANGED for field, value in wanted.items() if getattr(person, field) != value}
    for field in changes:
        setattr(person, field, wanted[field])
    if changes:
        _note(person, "accounts.profile", at, changes)


def _clean(name: str) -> str:
    clean = rules.clean_name(name)
    if clean is None:
        raise NameRefused
    return clean


def languages_in(ticked: Sequence[str], typed: str, *, reader: str) -> list[str]:
    """The tags of the languages that were ticked and of those typed with commas between, each once.

    Raises LanguageUnknown, TooManyLanguages.
    """
    found = list(ticked)
    for text in typed.replace("،", ",").replace(";", ",").split(","):
        if not text.strip():
            continue
        tag = rules.language_like(text, reader)
        if tag is None:
            raise LanguageUnknown(name=text.strip())
        found.append(tag)
    if len(set(found)) > rules.MOST_LANGUAGES:
        raise TooManyLanguages(most=rules.MOST_LANGUAGES)
    return list(dict.fromkeys(found))


def ask_to_add(
    *,
    person: Person,
    email: str,
    write: Callable[[str, str], Letter],
    warn: Callable[[Person], Letter],
    at: datetime,
) -> MailedKey:
    """Mail a key that adds `email`. Where it is somebody else's, `warn` writes to them instead, and nobody can tell.

    Raises NotAnAddress, AddressIsYours.
    """
    email = services.address_in(email)
    owner = queries.person_by_address(email)
    if owner is person:
        raise AddressIsYours
    return services.mail_key(
        email=email,
        purpose=Purpose.ADD_ADDRESS,
        language=(owner or person).language,
        write=lambda token, code: warn(owner) if owner else write(token, code),
        person=person,
        at=at,
    )


def add_proven(*, key: MailedKey, person: Person, tell: Callable[[str, str], Letter], at: datetime) -> Address:
    """Add the address that a used key proves, for who asked for it alone; `tell` writes the news to (whom, which).

    Raises KeyRefused, AddressTaken.
    """
    if key.person_id != person.id:
        raise services.KeyRefused
    address = services.add_address(person=person, email=key.email, at=at)
    _note(person, "accounts.prove_address", at, {"address": CHANGED})
    _tell_primary(person, address, "accounts.address_added", tell, at)
    return address


def make_primary(*, address: Address, tell: Callable[[str, str], Letter], at: datetime) -> None:
    """Let mail go to `address`; the one it went to is told too. Doing it twice changes nothing."""
    person = address.person
    hold(person)
    before = person.primary_address
    if before is address:
        return
    for one in person.addresses:
        one.is_primary = one is address
    _note(person, "accounts.primary_address", at, {"address": CHANGED})
    for told in (before, address):
        if told is not None:
            _post(person, "accounts.primary_changed", tell(told.email, address.email), at)


def remove_address(*, address: Address, tell: Callable[[str, str], Letter], at: datetime) -> None:
    """Take an address away, with every key that was mailed to it. Raises AddressGetsMail."""
    person = address.person
    hold(person)  # So that the address cannot become the one that gets mail meanwhile.
    db.session.refresh(address)
    if address.is_primary:
        raise AddressGetsMail
    db.session.execute(delete(MailedKey).where(MailedKey.address_digest == address_digest(address.email)))
    _note(person, "accounts.remove_address", at, {"address": CHANGED})
    _tell_primary(person, address, "accounts.address_removed", tell, at)
    person.addresses.remove(address)
    db.session.flush()


def _tell_primary(
    person: Person, address: Address, kind: str, tell: Callable[[str, str], Letter], at: datetime
) -> None:
    primary = person.primary_address
    assert primary is not None, "an account has an address that gets mail"
    _post(person, kind, tell(primary.email, address.email), at)


def _post(person: Person, kind: str, letter: Letter, at: datetime) -> None:
    post(letter=letter, kind=kind, language=person.language, person_id=person.id, at=at)


def _note(person: Person, action: str, at: datetime, changes: dict[str, str]) -> None:
    by = Actor(person.uid, "self")
    record(by=by, action=action, record_type="person", record=person.uid, changes=changes, at=at)
