"""Second proofs: the page about them, setting up an authenticator app, recovery codes, and being asked for one."""

from base64 import b64decode, b64encode
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import segno
from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from forum.access import (
    Policy,
    current_actor,
    current_grants,
    current_person,
    current_sign_in,
    fresh_if_any,
    note_second_factor,
    policy,
    spend,
    wanted_page,
)
from forum.accounts import challenges, factors, personas, queries
from forum.accounts.factor_letters import Happened, tell
from forum.accounts.forms import PasskeyForm, PressForm, ProofForm
from forum.accounts.models import Person, Proof
from forum.db import db, utcnow
from forum.errors import ForumError
from forum.keys import SITE, KeyMissing, SealBroken, open_seal, seal
from forum.language import public_url
from forum.limits import Counted
from forum.roles.rules import needs_second_factor

bp = Blueprint("factors", __name__, url_prefix="/<lang>")
QR_PIXELS = 280
"""The widest that a QR code may be on the narrowest screen."""


@bp.get("/account/factors")
@policy(Policy.SIGNED_IN)
def factors_page(lang: str) -> ResponseReturnValue:
    """By what one can prove oneself, and how to change it."""
    person = current_person()
    return render_template(
        "accounts/factors.html",
        passkeys=queries.passkeys_of(person),
        authenticator=queries.authenticator_of(person),
        codes_left=len(queries.recovery_codes_left(person)),
        has_factor=queries.has_second_factor(person),
        zone=ZoneInfo(person.time_zone),
        form=PressForm(),
    )


def is_needed() -> bool:
    """Whether who is signed in holds a role that is of no use without a second factor."""
    return any(needs_second_factor(grant) for grant in current_grants())


@bp.get("/account/factors/authenticator")
@policy(Policy.SIGNED_IN)
@fresh_if_any
def authenticator(lang: str) -> ResponseReturnValue:
    """The QR code that sets up an app, and a field for its first code."""
    return _authenticator_page(ProofForm())


def _authenticator_page(form: ProofForm, status: int = 200) -> ResponseReturnValue:
    seed = _seed_in_hand(current_person())
    address = factors.app_address(seed, urlsplit(public_url()).hostname or "")
    page = render_template(
        "accounts/authenticator.html",
        form=form,
        address=address,
        picture=_qr_code(address),
        seed=factors.in_groups(seed),
    )
    return page, status


def _seed_in_hand(person: Person) -> str:
    """The seed that this browser is setting up an app with: sealed in its cookie, until a code confirms it."""
    place = f"seed in hand|{person.uid}"
    try:
        return open_seal(b64decode(session["seed"]), place=place)
    except (KeyError, KeyMissing, SealBroken):
        seed = factors.new_seed()
        session["seed"] = b64encode(seal(seed, scope=SITE, place=place)).decode()
        return seed


def _qr_code(text: str) -> Markup:
    """Black on white also in the dark: not every camera reads the opposite."""
    code = segno.make(text, error="m", micro=False)
    scale = max(1, QR_PIXELS // code.symbol_size()[0])
    return Markup(code.svg_inline(scale=scale, dark="#000", light="#fff", svgclass="qr", lineclass=None))  # noqa: S704


@bp.post("/account/factors/authenticator")
@policy(Policy.SIGNED_IN)
@fresh_if_any
def add_authenticator(lang: str) -> ResponseReturnValue:
    """Set the app up, now that it shows the right code."""
    form, at, person = ProofForm(), utcnow(), current_person()
    if not form.validate():
        return _authenticator_page(form, 422)
    is_first = not queries.has_second_factor(person)
    try:
        factors.confirm_authenticator(
            person=person, seed=_seed_in_hand(person), code=form.code.data or "", by=current_actor(), at=at
        )
    except ForumError as refusal:
        db.session.rollback()
        form.code.errors = [str(refusal)]
        return _authenticator_page(form, 422)
    session.pop("seed", None)
    tell(person, Happened.AUTHENTICATOR_ADDED, at=at)
    return added(is_first=is_first, said=_("The authenticator app is set up."))


def added(*, is_first: bool, said: str) -> ResponseReturnValue:
    """What follows a factor that was just added: after the first, its recovery codes."""
    at = utcnow()
    note_second_factor(at=at)  # It has just been shown to work.
    codes = factors.make_recovery_codes(person=current_person(), by=current_actor(), at=at) if is_first else []
    db.session.commit()
    if is_first:
        return _codes_page(codes)
    flash(said, "done")
    return redirect(url_for("factors.factors_page"), code=303)


def _codes_page(codes: list[str]) -> ResponseReturnValue:
    onward = wanted_page() if "wanted" in session else url_for("factors.factors_page")
    return render_template("accounts/recovery_codes.html", codes=codes, onward=onward)


@bp.post("/account/factors/authenticator/remove")
@policy(Policy.SIGNED_IN)
@fresh_if_any
def remove_authenticator(lang: str) -> ResponseReturnValue:
    """Take the app out of the account."""
    at, person = utcnow(), current_person()
    try:
        if factors.remove_authenticator(person=person, is_needed=is_needed(), by=current_actor(), at=at):
            tell(person, Happened.AUTHENTICATOR_REMOVED, at=at)
        db.session.commit()
        flash(_("The authenticator app is removed."), "done")
    except ForumError as refusal:
        db.session.rollback()
        flash(str(refusal), "error")
    return redirect(url_for("factors.factors_page"), code=303)


@bp.post("/account/factors/recovery-codes")
@policy(Policy.SIGNED_IN)
@fresh_if_any
def make_codes(lang: str) -> ResponseReturnValue:
    """New recovery codes, shown this once."""
    at, person = utcnow(), current_person()
    if not queries.has_second_factor(person):
        flash(_("Recovery codes stand in for a passkey or an app. Set one of them up first."), "error")
        return redirect(url_for("factors.factors_page"), code=303)
    codes = factors.make_recovery_codes(person=person, by=current_actor(), at=at)
    tell(person, Happened.CODES_MADE, at=at)
    db.session.commit()
    return _codes_page(codes)


@bp.get("/sign-in/second")
@policy(Policy.SIGNED_IN)
def second_factor(lang: str) -> ResponseReturnValue:
    """Ask for a second proof; offer to set one up where there is none."""
    return _second_page(ProofForm())


def _second_page(form: ProofForm, status: int = 200) -> ResponseReturnValue:
    person = current_person()
    has_passkey = bool(queries.passkeys_of(person))
    app = queries.authenticator_of(person)
    page = render_template(
        "accounts/second_factor.html",
        form=form,
        passkey_fields=PasskeyForm(),
        asked=challenges.ask(challenges.Asked.SECOND, at=utcnow(), person=person) if has_passkey else None,
        has_passkey=has_passkey,
        has_code=app is not None or bool(queries.recovery_codes_left(person)),
        persona=person.persona if _looks_around(person) else None,
    )
    return page, status


def _looks_around(person: Person) -> bool:
    """Whether this is one of the demo's people, who are let in again by the same button as before."""
    return current_sign_in().proof is Proof.PERSONA and person in personas.offered()


@bp.post("/sign-in/second")
@policy(Policy.SIGNED_IN)
def show_second_factor(lang: str) -> ResponseReturnValue:
    """Take a code of the app, or a recovery code."""
    form, at, person = ProofForm(), utcnow(), current_person()
    if not form.validate():
        return _second_page(form, 422)
    try:
        spend((Counted.SECOND_FACTOR_BY_PERSON, person.uid), (Counted.SECOND_FACTOR_BY_DAY, person.uid), at=at)
        recovery_code = factors.use_code(person=person, code=form.code.data or "", by=current_actor(), at=at)
    except ForumError as refusal:
        db.session.rollback()
        form.code.errors = [str(refusal)]
        return _second_page(form, 422)
    if recovery_code is not None:
        tell(person, Happened.CODE_USED, at=at)
        _say_codes_left(len(queries.recovery_codes_left(person)))
    note_second_factor(at=at)
    db.session.commit()
    return redirect(wanted_page(), code=303)


def _say_codes_left(left: int) -> None:
    flash(
        ngettext(
            "That recovery code is used up. You have %(num)s left.",
            "That recovery code is used up. You have %(num)s left.",
            left,
        ),
        "done",
    )
