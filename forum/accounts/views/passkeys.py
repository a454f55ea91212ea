"""Passkeys: adding, renaming and removing them, and signing in by one."""

import uuid
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from forum.access import (
    Policy,
    current_actor,
    current_person,
    fresh_if_any,
    note_second_factor,
    policy,
    start_signed_in,
    wanted_page,
)
from forum.accounts import challenges, passkeys, queries
from forum.accounts.challenges import Asked
from forum.accounts.factor_letters import Happened, tell
from forum.accounts.forms import NewPasskeyForm, PasskeyForm, PasskeyNameForm, PressForm
from forum.accounts.models import Passkey, Proof
from forum.accounts.views.factors import added, is_needed
from forum.db import db, utcnow
from forum.errors import ForumError

bp = Blueprint("passkeys", __name__, url_prefix="/<lang>")


@bp.post("/sign-in/passkey")
@policy(Policy.ANYONE)
def sign_in(lang: str) -> ResponseReturnValue:
    """Sign in by a passkey alone: it is something one has, and it has checked who holds it."""
    form, at = PasskeyForm(), utcnow()
    try:
        passkey = passkeys.prove(challenge=challenges.take(Asked.SIGN_IN), answer=_answer(form), at=at)
    except ForumError as refusal:
        db.session.rollback()
        flash(str(refusal), "error")
        return redirect(url_for("accounts.sign_in"), code=303)
    person = queries.person_by_id(passkey.person_id)
    assert person is not None
    start_signed_in(person, Proof.PASSKEY, at=at, second_factor=True)
    db.session.commit()
    return redirect(wanted_page(), code=303)


def _answer(form: PasskeyForm) -> str:
    """What the passkey answered. Raises PasskeyRefused where there is nothing, or more than any passkey says."""
    if not form.validate():
        raise passkeys.PasskeyRefused
    return form.answer.data or ""


@bp.post("/sign-in/second/passkey")
@policy(Policy.SIGNED_IN)
def show(lang: str) -> ResponseReturnValue:
    """Take a passkey of one's own as second proof."""
    form, at = PasskeyForm(), utcnow()
    try:
        passkeys.prove(challenge=challenges.take(Asked.SECOND), answer=_answer(form), person=current_person(), at=at)
    except ForumError as refusal:
        db.session.rollback()
        flash(str(refusal), "error")
        return redirect(url_for("factors.second_factor"), code=303)
    note_second_factor(at=at)
    db.session.commit()
    return redirect(wanted_page(), code=303)


@bp.get("/account/factors/passkeys/new")
@policy(Policy.SIGNED_IN)
@fresh_if_any
def new(lang: str) -> ResponseReturnValue:
    """A name, and a button by which the browser makes the passkey."""
    return _new_page(NewPasskeyForm())


def _new_page(form: NewPasskeyForm, status: int = 200) -> ResponseReturnValue:
    asked = challenges.ask(Asked.NEW, at=utcnow(), person=current_person())
    return render_template("accounts/passkey_new.html", form=form, asked=asked), status


@bp.post("/account/factors/passkeys/new")
@policy(Policy.SIGNED_IN)
@fresh_if_any
def add(lang: str) -> ResponseReturnValue:
    """Keep the passkey that the browser made."""
    form, at, person = NewPasskeyForm(), utcnow(), current_person()
    if not form.validate():
        return _new_page(form, 422)
    is_first = not queries.has_second_factor(person)
    try:
        passkeys.register(
            person=person,
            challenge=challenges.take(Asked.NEW),
            answer=form.answer.data or "",
            name=form.name.data or "",
            by=current_actor(),
            at=at,
        )
    except ForumError as refusal:
        db.session.rollback()
        flash(str(refusal), "error")
        return redirect(url_for("passkeys.new"), code=303)
    tell(person, Happened.PASSKEY_ADDED, at=at)
    return added(is_first=is_first, said=_("The passkey is added."))


def _own_or_404(uid: uuid.UUID) -> Passkey:
    passkey = queries.passkey_of(current_person(), uid)
    if passkey is None:
        abort(404)
    return passkey


@bp.get("/account/factors/passkeys/<uuid:uid>")
@policy(Policy.SIGNED_IN)
@fresh_if_any
def passkey(lang: str, uid: uuid.UUID) -> ResponseReturnValue:
    """One passkey, to rename or remove it."""
    one = _own_or_404(uid)
    return _passkey_page(one, PasskeyNameForm(name=one.name))


def _passkey_page(one: Passkey, form: PasskeyNameForm, status: int = 200) -> ResponseReturnValue:
    zone = ZoneInfo(current_person().time_zone)
    page = render_template("accounts/passkey.html", passkey=one, form=form, remove_form=PressForm(), zone=zone)
    return page, status


@bp.post("/account/factors/passkeys/<uuid:uid>")
@policy(Policy.SIGNED_IN)
@fresh_if_any
def rename(lang: str, uid: uuid.UUID) -> ResponseReturnValue:
    """Call it something else."""
    one, form = _own_or_404(uid), PasskeyNameForm()
    if not form.validate():
        return _passkey_page(one, form, 422)
    passkeys.rename(passkey=one, name=form.name.data or "", by=current_actor(), at=utcnow())
    db.session.commit()
    flash(_("The passkey has its new name."), "done")
    return redirect(url_for("factors.factors_page"), code=303)


@bp.post("/account/factors/passkeys/<uuid:uid>/remove")
@policy(Policy.SIGNED_IN)
@fresh_if_any
def remove(lang: str, uid: uuid.UUID) -> ResponseReturnValue:
    """Take it out of the account."""
    one, at, person = _own_or_404(uid), utcnow(), current_person()
    try:
        passkeys.remove(passkey=one, person=person, is_needed=is_needed(), by=current_actor(), at=at)
        tell(person, Happened.PASSKEY_REMOVED, at=at)
        db.session.commit()
        flash(_("The passkey is removed. Delete it on your device too, where it is still kept."), "done")
    except ForumError as refusal:
        db.session.rollback()
        flash(str(refusal), "error")
    return redirect(url_for("factors.factors_page"), code=303)
