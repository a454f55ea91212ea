"""Signing in and out."""

from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from forum import limits
from forum.access import (
    Policy,
    current_sign_in,
    policy,
    spend,
    start_signed_in,
    wanted_page,
)
from forum.accounts import challenges, personas, queries, services
from forum.accounts.forms import CodeForm, PasskeyForm, PressForm, SignInForm
from forum.accounts.letters import sign_in_letter
from forum.accounts.models import Person, Proof, Purpose
from forum.db import db, utcnow
from forum.errors import ForumError
from forum.forms import TooQuick
from forum.keys import address_digest
from forum.language import absolute
from forum.limits import Counted
from forum.roles.words import ROLES

bp = Blueprint("accounts", __name__, url_prefix="/<lang>")


@bp.get("/sign-in")
@policy(Policy.ANYONE)
def sign_in(lang: str) -> ResponseReturnValue:
    """The one field; whoever is signed in already goes to their own page."""
    if current_user.is_authenticated:
        return redirect(wanted_page(), code=303)
    return _sign_in_page(SignInForm())


def _sign_in_page(form: SignInForm, status: int = 200) -> ResponseReturnValue:
    asked = challenges.ask(challenges.Asked.SIGN_IN, at=utcnow())
    return render_template(
        "accounts/sign_in.html", form=form, personas=_personas(), asked=asked, passkey_fields=PasskeyForm()
    ), status


def _personas() -> list[tuple[Person, str]]:
    """The demo's people with what they are, in the reader's words; none but in a demo on this machine."""
    names = {role.value: str(words) for role, words in ROLES.items()}
    return [(one, names.get(one.persona or "", _("Attendee"))) for one in personas.offered()]


@bp.post("/sign-in")
@policy(Policy.ANYONE)
def mail_link(lang: str) -> ResponseReturnValue:
    """Mail a link and a code. The answer is the same for every address, known or not."""
    form, at = SignInForm(), utcnow()
    if not form.validate():
        return _sign_in_page(form, 422)
    try:
        _require_own_form(form, at)
        email = services.address_in(form.email.data)
        # The address first: whoever is refused for it alone uses up nothing of what everybody shares.
        spend((Counted.LINK_BY_ADDRESS, address_digest(email).hex()), (Counted.LINK_EVERYWHERE, ""), at=at)
        key = services.mail_key(
            email=email,
            purpose=Purpose.SIGN_IN,
            language=lang,
            write=lambda token, code: sign_in_letter(
                to=email, url=absolute(url_for("accounts.link", token=token)), code=code
            ),
            at=at,
        )
        db.session.commit()
    except ForumError as refusal:
        db.session.rollback()
        form.email.errors = [str(refusal)]
        return _sign_in_page(form, 422)
    session["asked"] = str(key.uid)
    return redirect(url_for("accounts.code"), code=303)


def _require_own_form(form: SignInForm, at: datetime) -> None:
    """Raise TooQuick where the form was opened a moment ago, or sent so often that it must be opened anew."""
    form.require_patience()
    try:
        spend((Counted.SAME_FORM, form.opened_then), at=at)
    except limits.TooOften:
        form.open_anew()
        raise TooQuick from None


@bp.get("/sign-in/code")
@policy(Policy.ANYONE)
def code(lang: str) -> ResponseReturnValue:
    """What happens next: the mail, and a field for its code."""
    return render_template("accounts/code.html", form=CodeForm())


@bp.post("/sign-in/code")
@policy(Policy.ANYONE)
def use_code(lang: str) -> ResponseReturnValue:
    """Sign in by the code that was mailed for this browser."""
    form, at, uid = CodeForm(), utcnow(), session.get("asked", "")
    if not form.validate():
        return render_template("accounts/code.html", form=form), 422
    try:
        asked = queries.mailed_key_by_uid(uid)
        if asked is not None:  # Over all requests for the address: asking anew gives no new tries for ever.
            spend((Counted.CODE_BY_ADDRESS, asked.address_digest.hex()), at=at)
        key = services.try_code(uid=uid, code=form.code.data, purpose=Purpose.SIGN_IN, at=at)
        if key is None:
            db.session.commit()  # The try counts.
            raise services.CodeRefused
    except ForumError as refusal:
        db.session.rollback()
        form.code.errors = [str(refusal)]
        return render_template("accounts/code.html", form=form), 422
    return _signed_in(services.person_of(key=key, at=at), Proof.CODE, at)


@bp.get("/sign-in/link/<token>")
@policy(Policy.ANYONE)
def link(lang: str, token: str) -> ResponseReturnValue:
    """A button alone: programs that look into mail open links, and must not use them up."""
    return render_template("accounts/link.html", form=PressForm())


@bp.post("/sign-in/link/<token>")
@policy(Policy.ANYONE)
def use_link(lang: str, token: str) -> ResponseReturnValue:
    """Sign in by a mailed link."""
    at = utcnow()
    try:
        key = services.use_link(token=token, purpose=Purpose.SIGN_IN, at=at)
    except ForumError as refusal:
        db.session.rollback()
        flash(str(refusal), "error")
        return redirect(url_for("accounts.sign_in"), code=303)
    return _signed_in(services.person_of(key=key, at=at), Proof.LINK, at)


@bp.post("/sign-in/persona")
@policy(Policy.ANYONE)
def use_persona(lang: str) -> ResponseReturnValue:
    """Look around as one of the demo's people; where no demo is offered, this address does not exist."""
    at = utcnow()
    wanted = request.form.get("persona")
    person = next((one for one in personas.offered() if one.persona == wanted), None)
    if person is None:
        abort(404)
    return _signed_in(person, Proof.PERSONA, at, second_factor=True)


def _signed_in(person: Person, proof: Proof, at: datetime, *, second_factor: bool = False) -> ResponseReturnValue:
    start_signed_in(person, proof, at=at, second_factor=second_factor)
    db.session.commit()
    return redirect(wanted_page(), code=303)


@bp.post("/sign-out")
@policy(Policy.SIGNED_IN)
def sign_out(lang: str) -> ResponseReturnValue:
    """End this sign-in."""
    services.end_sign_in(sign_in=current_sign_in(), at=utcnow())
    db.session.commit()
    session.clear()
    flash(_("You are signed out."), "done")
    return redirect(url_for("accounts.sign_in"), code=303)
