"""Authenticator apps (RFC 6238) and recovery codes: setting them up, and taking their codes as a second proof."""

import secrets
import unicodedata
from datetime import datetime

import pyotp
from sqlalchemy import delete, update

from forum.accounts import queries
from forum.accounts.models import Authenticator, Passkey, Person, RecoveryCode, SignIn
from forum.audit.services import Actor, record
from forum.db import db, hold
from forum.errors import ForumError
from forum.i18n import _l
from forum.keys import digest

STEP_SECONDS = 30
CODE_DIGITS = 6
STEPS_APART = (-1, 0, 1)
"""How far a phone's clock may be from ours, in steps (RFC 6238, 5.2)."""
RECOVERY_CODES = 10
RECOVERY_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's Base32: no I, L, O or U, so that nobody misreads or mishears one."""
RECOVERY_LENGTH = 16
"""Of five bits each: 80 bits."""
_MISREAD = str.maketrans("ILO", "110")


class FactorRefused(ForumError):
    sentence = _l("This code does not fit, or was used before. Wait until the app shows the next one, then type that.")


class LastFactor(ForumError):
    sentence = _l("Your role needs a second proof, and this is your only one. Add another before you remove it.")


def new_seed() -> str:
    """A seed for an app that is to be set up, in Base32: 160 bits (RFC 4226, 4, R6)."""
    return pyotp.random_base32()


def app_address(seed: str, host: str) -> str:
    """What an authenticator app reads out of the QR code. It names the site, and nobody."""
    return pyotp.TOTP(seed).provisioning_uri(name=host, issuer_name="Jukwaa")


def confirm_authenticator(*, person: Person, seed: str, code: str, by: Actor, at: datetime) -> Authenticator:
    """The app with this seed, now that it has shown a right code; it takes the place of one that was there before.

    Raises FactorRefused.
    """
    hold(person)
    app = queries.authenticator_of(person) or Authenticator(person_id=person.id, last_step=0)
    is_same = app.confirmed_at is not None and app.seed == seed  # The same page sent twice: its code is used.
    step = _newest_step(seed, plain_code(code), after=app.last_step if is_same else 0, at=at)
    if step is None:
        raise FactorRefused
    replaced = app.confirmed_at is not None
    app.seed, app.confirmed_at, app.last_step = seed, at, step
    db.session.add(app)
    db.session.flush()
    action = "accounts.replace_authenticator" if replaced else "accounts.add_authenticator"
    record(by=by, action=action, record_type="authenticator", record=app.uid, at=at)
    return app


def remove_authenticator(*, person: Person, is_needed: bool, by: Actor, at: datetime) -> bool:
    """Take the app out of an account; whether there was one. Raises LastFactor where a role needs it (`is_needed`)."""
    require_another(person=person, is_needed=is_needed)
    app = queries.authenticator_of(person)
    if app is None:
        return False
    record(by=by, action="accounts.remove_authenticator", record_type="authenticator", record=app.uid, at=at)
    db.session.delete(app)
    db.session.flush()
    drop_useless_codes(person)
    return True


def require_another(*, person: Person, is_needed: bool) -> None:
    """Raise LastFactor where somebody whose role needs a second factor would be left without one."""
    hold(person)  # Two removals at once: the second is the last one's.
    if is_needed and queries.factor_count(person) <= 1:
        raise LastFactor


def use_code(*, person: Person, code: str, by: Actor, at: datetime) -> RecoveryCode | None:
    """Take a code of the app, or a recovery code, which is returned and good no more. Raises FactorRefused."""
    given = plain_code(code)
    if len(given) == CODE_DIGITS:
        _use_app_code(person, given, at)
        return None
    return _use_recovery_code(person, given, by, at)


def _use_app_code(person: Person, code: str, at: datetime) -> None:
    app = queries.authenticator_of(person)
    if app is None or app.confirmed_at is None:
        raise FactorRefused
    hold(app)  # The same code twice at once: the second finds it used.
    step = _newest_step(app.seed, code, after=app.last_step, at=at)
    if step is None:
        raise FactorRefused
    app.last_step = step


def _newest_step(seed: str, code: str, *, after: int, at: datetime) -> int | None:
    """The newest step, later than `after`, in which the app shows this code; None where none near `at` does."""
    now = int(at.timestamp()) // STEP_SECONDS
    app = pyotp.TOTP(seed, digits=CODE_DIGITS, interval=STEP_SECONDS)
    near = [now + apart for apart in STEPS_APART]
    shown = [step for step in near if secrets.compare_digest(app.generate_otp(step).encode(), code.encode())]
    return max((step for step in shown if step > after), default=None)


def _use_recovery_code(person: Person, code: str, by: Actor, at: datetime) -> RecoveryCode:
    found = queries.recovery_code_of(person, _recovery_digest(person, code))
    if found is None:
        raise FactorRefused
    hold(found)
    if found.used_at is not None:
        raise FactorRefused
    found.used_at = at
    db.session.flush()
    record(by=by, action="accounts.use_recovery_code", record_type="person", record=person.uid, at=at)
    return found


def make_recovery_codes(*, person: Person, by: Actor, at: datetime) -> list[str]:
    """New recovery codes, to be shown once and kept by nobody but their person; those from before are void."""
    hold(person)
    _drop_codes(person)
    codes = ["".join(secrets.choice(RECOVERY_LETTERS) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    db.session.add_all(
        RecoveryCode(person_id=person.id, digest=_recovery_digest(person, code), created_at=at) for code in codes
    )
    db.session.flush()
    record(by=by, action="accounts.make_recovery_codes", record_type="person", record=person.uid, at=at)
    return [in_groups(code) for code in codes]


def drop_useless_codes(person: Person) -> None:
    """Void the recovery codes of somebody who has no second factor left that they could stand in for."""
    if not queries.has_second_factor(person):
        _drop_codes(person)


def _drop_codes(person: Person) -> None:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))


def _recovery_digest(person: Person, code: str) -> bytes:
    return digest("recovery code", f"{person.uid}|{code}")


def in_groups(text: str) -> str:
    """Letters in groups of four, to be read aloud or typed off."""
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def plain_code(typed: str) -> str:
    """A code as it was meant: digits of any script, capitals, without spaces and dashes, O for 0 forgiven."""
    letters = (str(unicodedata.decimal(letter, letter)) for letter in unicodedata.normalize("NFKC", typed))
    return "".join(letter for letter in letters if letter.isalnum()).upper().translate(_MISREAD)


def reset(*, person: Person, by: Actor, at: datetime) -> None:
    """Take every passkey, app and recovery code from somebody who has lost them, and sign them out everywhere.

    Whoever asks for it must have made sure that it is them: afterwards their mail alone opens the account.
    """
    hold(person)
    for kind in (Passkey, Authenticator, RecoveryCode):
        db.session.execute(delete(kind).where(kind.person_id == person.id))
    still = (SignIn.person_id == person.id) & SignIn.ended_at.is_(None)
    db.session.execute(update(SignIn).where(still).values(ended_at=at))
    record(by=by, action="accounts.reset_factors", record_type="person", record=person.uid, at=at)
