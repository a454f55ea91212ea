"""Passkeys (WebAuthn Level 3): making them, and taking them as proof.

The library for it takes 8 MB and a tenth of a second, so it is loaded when a passkey is first asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import delete

from forum.accounts import queries
from forum.accounts.factors import drop_useless_codes, require_another
from forum.accounts.models import Passkey, Person, UsedChallenge
from forum.audit.services import CHANGED, Actor, record
from forum.db import db, hold, insert_into
from forum.errors import ForumError
from forum.i18n import _l
from forum.keys import digest

ANSWER_WITHIN = timedelta(minutes=5)
"""How long a challenge may be answered."""
MOST_PASSKEYS = 20
"""How many one account may have."""
CREDENTIAL_ID_BYTES = 1023
"""WebAuthn Level 3, 4: the longest there is."""
MOST_COUNTED = 2**31 - 1
"""The highest counter kept: a column of PostgreSQL holds no more. Every higher one is higher than it, and taken."""
SITE_NAME = "Jukwaa"
Read = TypeVar("Read")


class PasskeyRefused(ForumError):
    sentence = _l("This passkey was not taken: it is not known here, or more than five minutes passed. Try again.")


class PasskeyKnown(ForumError):
    sentence = _l("This passkey is in your account already.")


class TooManyPasskeys(ForumError):
    sentence = _l("You have as many passkeys as an account can hold. Remove one first.")


@dataclass(frozen=True)
class RelyingParty:
    """The site as passkeys know it: its host, and the address before every path."""

    host: str
    origin: str


@dataclass(frozen=True)
class Challenge:
    """What the page of a site asked a passkey to sign, and when."""

    value: bytes
    party: RelyingParty
    asked_at: datetime


def creation_options(*, party: RelyingParty, challenge: bytes, person: Person) -> str:
    """What a browser needs to make a passkey, as JSON. It shows the site's host, never a name or an address."""
    import webauthn
    from webauthn.helpers import structs

    return webauthn.options_to_json(
        webauthn.generate_registration_options(
            rp_id=party.host,
            rp_name=SITE_NAME,
            user_id=person.uid.bytes,
            user_name=party.host,
            user_display_name=party.host,
            challenge=challenge,
            timeout=_milliseconds(ANSWER_WITHIN),
            attestation=structs.AttestationConveyancePreference.NONE,
            authenticator_selection=structs.AuthenticatorSelectionCriteria(
                resident_key=structs.ResidentKeyRequirement.REQUIRED,
                user_verification=structs.UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=_described(person),
        )
    )


def request_options(*, party: RelyingParty, challenge: bytes, person: Person | None = None) -> str:
    """What a browser needs to ask for a passkey, as JSON: one of `person`, or whichever it holds for the site."""
    import webauthn
    from webauthn.helpers import structs

    return webauthn.options_to_json(
        webauthn.generate_authentication_options(
            rp_id=party.host,
            challenge=challenge,
            timeout=_milliseconds(ANSWER_WITHIN),
            allow_credentials=_described(person) if person else [],
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        )
    )


def _milliseconds(length: timedelta) -> int:
    return int(length.total_seconds() * 1000)


def _described(person: Person) -> list[Any]:
    from webauthn.helpers import structs

    return [
        structs.PublicKeyCredentialDescriptor(
            id=one.credential_id, transports=[structs.AuthenticatorTransport(name) for name in one.transports]
        )
        for one in queries.passkeys_of(person)
    ]


def register(*, person: Person, challenge: Challenge, answer: str, name: str, by: Actor, at: datetime) -> Passkey:
    """A passkey more, made by the browser for this challenge.

    Raises PasskeyRefused, PasskeyKnown, TooManyPasskeys.
    """
    import webauthn
    from webauthn.helpers import parse_registration_credential_json

    hold(person)
    use_challenge(challenge, at=at)
    if len(queries.passkeys_of(person)) >= MOST_PASSKEYS:
        raise TooManyPasskeys
    given = _read(parse_registration_credential_json, answer)
    _require_own_page(given.response.client_data_json)
    verified = _read(
        webauthn.verify_registration_response,
        credential=given,
        expected_challenge=challenge.value,
        expected_rp_id=challenge.party.host,
        expected_origin=challenge.party.origin,
        require_user_verification=True,
    )
    if len(verified.credential_id) > CREDENTIAL_ID_BYTES:
        raise PasskeyRefused
    if queries.passkey_by_credential(verified.credential_id) is not None:
        raise PasskeyKnown
    passkey = Passkey(
        person_id=person.id,
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=min(verified.sign_count, MOST_COUNTED),
        transports=[one.value for one in given.response.transports or []],
        name=name,
        created_at=at,
    )
    db.session.add(passkey)
    db.session.flush()
    _note(passkey, "accounts.add_passkey", by, at)
    return passkey


def prove(*, challenge: Challenge, answer: str, at: datetime, person: Person | None = None) -> Passkey:
    """The passkey that signed this challenge: one of `person`, or anybody's. Raises PasskeyRefused."""
    import webauthn
    from webauthn.helpers import parse_authentication_credential_json

    use_challenge(challenge, at=at)
    given = _read(parse_authentication_credential_json, answer)
    _require_own_page(given.response.client_data_json)
    passkey = queries.passkey_by_credential(given.raw_id)
    if passkey is None:
        raise PasskeyRefused
    hold(passkey)  # Two answers at once: the second meets the counter of the first.
    owner = queries.person_by_id(passkey.person_id)
    assert owner is not None
    if person is not None and person != owner:
        raise PasskeyRefused
    # Level 3, 7.2, step 6: whoever was not named beforehand must be named by the passkey itself.
    handle = given.response.user_handle
    if handle != owner.uid.bytes and not (handle is None and person is not None):
        raise PasskeyRefused
    verified = _read(
        webauthn.verify_authentication_response,
        credential=given,
        expected_challenge=challenge.value,
        expected_rp_id=challenge.party.host,
        expected_origin=challenge.party.origin,
        credential_public_key=passkey.public_key,
        credential_current_sign_count=passkey.sign_count,
        require_user_verification=True,
    )
    passkey.sign_count = min(verified.new_sign_count, MOST_COUNTED)
    passkey.last_used_at = at
    return passkey


def use_challenge(challenge: Challenge, *, at: datetime) -> None:
    """Use up a challenge, for whoever sends the same cookie again. Raises PasskeyRefused if it was, or is too old."""
    ends_at = challenge.asked_at + ANSWER_WITHIN
    db.session.execute(delete(UsedChallenge).where(UsedChallenge.expires_at < at))
    used = insert_into(UsedChallenge).values(digest=digest("challenge", challenge.value), expires_at=ends_at)
    is_new = db.session.scalar(used.on_conflict_do_nothing().returning(UsedChallenge.id)) is not None
    if not is_new or at >= ends_at:
        raise PasskeyRefused


def rename(*, passkey: Passkey, name: str, by: Actor, at: datetime) -> None:
    """Call a passkey something else."""
    if passkey.name != name:
        passkey.name = name
        _note(passkey, "accounts.rename_passkey", by, at, {"name": CHANGED})


def remove(*, passkey: Passkey, person: Person, is_needed: bool, by: Actor, at: datetime) -> None:
    """Take one of a person's passkeys out of their account. Raises LastFactor where a role needs it (`is_needed`)."""
    require_another(person=person, is_needed=is_needed)
    _note(passkey, "accounts.remove_passkey", by, at)
    db.session.delete(passkey)
    db.session.flush()
    drop_useless_codes(person)


def _note(passkey: Passkey, action: str, by: Actor, at: datetime, changes: dict[str, Any] | None = None) -> None:
    record(by=by, action=action, record_type="passkey", record=passkey.uid, changes=changes, at=at)


def _read(read: Callable[..., Read], *arguments: Any, **given: Any) -> Read:
    """What the library makes of an answer. Raises PasskeyRefused for whatever it finds wrong with it."""
    try:
        return read(*arguments, **given)
    except Exception as fault:  # The bytes are a stranger's, and the library lets KeyError, TypeError and more through.
        raise PasskeyRefused from fault


def _require_own_page(client_data: bytes) -> None:
    """Refuse what was answered inside somebody else's page (WebAuthn Level 3, 13.4.9)."""
    from webauthn.helpers import parse_client_data_json

    if _read(parse_client_data_json, client_data).cross_origin:
        raise PasskeyRefused
