"""The addresses of one's account."""

from collections.abc import Callable
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from forum.access import Policy, current_person, policy, spend
from forum.accounts import own, queries, services
from forum.accounts.forms import CodeForm, PressForm
from forum.accounts.letters import (
    address_added_letter,
    address_letter,
    address_removed_letter,
    address_taken_letter,
    primary_changed_letter,
)
from forum.accounts.models import Address, MailedKey, Person, Purpose
from forum.accounts.own_forms import AddressForm
from forum.db import db, hold, utcnow
from forum.errors import ForumError
from forum.keys import address_digest
from forum.language import absolute, writing_to
from forum.limits import Counted
from forum.mail.letter import Letter

bp = Blueprint("addresses", __name__, url_prefix="/<lang>/account/addresses")


@bp.get("/")
@policy(Policy.SIGNED_IN)
def addresses(lang: str) -> ResponseReturnValue:
    """One's addresses, and a field for another."""
    return _page(AddressForm())


def _page(form: AddressForm, status: int = 200) -> ResponseReturnValue:
    person = current_person()
    return (
        render_template("accounts/addresses.html", person=person, zone=ZoneInfo(person.time_zone), form=form),
        status,
    )


@bp.post("/")
@policy(Policy.SIGNED_IN)
def ask(lang: str) -> ResponseReturnValue:
    """Mail a key to the address. The answer is the same whether or not it is somebody else's."""
    form, at, person = AddressForm(), utcnow(), current_person()
    if not form.validate():
        return _page(form, 422)
    try:
        email = services.address_in(form.email.data)
        spend(
            (Counted.ADDRESSES_BY_PERSON, person.uid),
            (Counted.LINK_BY_ADDRESS, address_digest(email).hex()),
            (Counted.LINK_EVERYWHERE, ""),
            at=at,
        )
        key = own.ask_to_add(person=person, email=email, write=_key_writer(person, email), warn=_warner(email), at=at)
        db.session.commit()
    except ForumError as refusal:
        db.session.rollback()
        form.email.errors = [str(refusal)]
        return _page(form, 422)
    session["adding"] = str(key.uid)
    return redirect(url_for("addresses.code"), code=303)


def _key_writer(person: Person, email: str) -> Callable[[str, str], Letter]:
    def write(token: str, code: str) -> Letter:
        with writing_to(person.language):
            url = absolute(url_for("addresses.link", lang=person.language, token=token))
            return address_letter(to=email, url=url, code=code)

    return write


def _warner(email: str) -> Callable[[Person], Letter]:
    def warn(owner: Person) -> Letter:
        with writing_to(owner.language):
            return address_taken_letter(to=email)

    return warn


@bp.get("/code")
@policy(Policy.SIGNED_IN)
def code(lang: str) -> ResponseReturnValue:
    """What happens next: the mail, and a field for its code."""
    return render_template("accounts/address_code.html", form=CodeForm())


@bp.post("/code")
@policy(Policy.SIGNED_IN)
def use_code(lang: str) -> ResponseReturnValue:
    """Add the address by the code that was mailed to it."""
    form, at = CodeForm(), utcnow()
    if not form.validate():
        return render_template("accounts/address_code.html", form=form), 422
    uid = session.get("adding", "")
    try:
        asked = queries.mailed_key_by_uid(uid)
        if asked is not None:
            spend((Counted.CODE_BY_ADDRESS, asked.address_digest.hex()), at=at)
        key = services.try_code(uid=uid, code=form.code.data or "", purpose=Purpose.ADD_ADDRESS, at=at)
        if key is None:
            db.session.commit()  # The try counts.
            raise services.CodeRefused
        return _added(key)
    except ForumError as refusal:
        db.session.rollback()
        form.code.errors = [str(refusal)]
        return render_template("accounts/address_code.html", form=form), 422


@bp.get("/link/<token>")
@policy(Policy.SIGNED_IN)
def link(lang: str, token: str) -> ResponseReturnValue:
    """A button alone: programs that look into mail open links, and must not use them up."""
    return render_template("accounts/address_link.html", form=PressForm())


@bp.post("/link/<token>")
@policy(Policy.SIGNED_IN)
def use_link(lang: str, token: str) -> ResponseReturnValue:
    """Add the address by the link that was mailed to it, for the account that asked for it alone."""
    try:
        return _added(services.use_link(token=token, purpose=Purpose.ADD_ADDRESS, at=utcnow()))
    except ForumError as refusal:
        db.session.rollback()
        flash(str(refusal), "error")
        return redirect(url_for("addresses.addresses"), code=303)


def _added(key: MailedKey) -> ResponseReturnValue:
    person = current_person()
    own.add_proven(key=key, person=person, tell=_teller(address_added_letter), at=utcnow())
    db.session.commit()
    session.pop("adding", None)
    flash(_("The address is added. It can sign in from now on."), "done")
    return redirect(url_for("addresses.addresses"), code=303)


def _teller(letter: Callable[..., Letter]) -> Callable[[str, str], Letter]:
    """Writes such a letter to whom, about which address, in the person's language."""
    language = current_person().language

    def tell(to: str, address: str) -> Letter:
        with writing_to(language):
            return letter(to=to, address=address)

    return tell


@bp.post("/<uuid:uid>/primary")
@policy(Policy.SIGNED_IN)
def make_primary(lang: str, uid: UUID) -> ResponseReturnValue:
    """Let mail go there."""
    own.make_primary(address=_own_or_404(uid), tell=_teller(primary_changed_letter), at=utcnow())
    db.session.commit()
    flash(_("Mail goes to this address from now on."), "done")
    return redirect(url_for("addresses.addresses"), code=303)


@bp.post("/<uuid:uid>/remove")
@policy(Policy.SIGNED_IN)
def remove(lang: str, uid: UUID) -> ResponseReturnValue:
    """Take it away."""
    try:
        own.remove_address(address=_own_or_404(uid), tell=_teller(address_removed_letter), at=utcnow())
        db.session.commit()
        flash(_("The address is removed. It signs in no more."), "done")
    except ForumError as refusal:
        db.session.rollback()
        flash(str(refusal), "error")
    return redirect(url_for("addresses.addresses"), code=303)


def _own_or_404(uid: UUID) -> Address:
    hold(current_person())  # Two presses at once: the second finds it removed.
    address = queries.address_of(current_person(), uid)
    if address is None:
        abort(404)
    return address
