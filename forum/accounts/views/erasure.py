"""Having oneself erased, and the receipt of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import logout_user
from sqlalchemy.exc import InvalidRequestError

from forum.access import Policy, current_person, policy, to_second_factor
from forum.accounts.holdings import subject_of
from forum.accounts.letters import erased_letter
from forum.accounts.models import Person
from forum.accounts.own_forms import EraseForm
from forum.accounts.views.data import HOLDERS, held_about, kinds, wants_proof
from forum.db import db, hold, utcnow
from forum.errors import ForumError
from forum.holdings import Kind
from forum.language import moment_text, writing_to, zone_text
from forum.mail.services import post

bp = Blueprint("erasure", __name__, url_prefix="/<lang>/account")


@dataclass(frozen=True)
class Receipt:
    """What an erasure did: kinds with how many records went, and with how many stay."""

    at: datetime
    removed: Sequence[tuple[Kind, int]]
    stays: Sequence[tuple[Kind, int]]


@bp.get("/erase")
@policy(Policy.SIGNED_IN)
def page(lang: str) -> ResponseReturnValue:
    """What will go, what must stay and why."""
    return to_second_factor() if wants_proof() else _page(EraseForm())


def _page(form: EraseForm, status: int = 200) -> ResponseReturnValue:
    held = held_about(subject_of(current_person()))
    counted = [(kind, len(held[kind.name])) for kind in kinds() if held[kind.name]]
    goes = [(kind, count) for kind, count in counted if kind.stays is None]
    stays = [(kind, count) for kind, count in counted if kind.stays is not None]
    return render_template("accounts/erase.html", form=form, goes=goes, stays=stays), status


@bp.post("/erase")
@policy(Policy.SIGNED_IN)
def erase(lang: str) -> ResponseReturnValue:
    """Erase the account; the answer is the receipt, which also goes out by mail."""
    if wants_proof():
        session["wanted"] = {"endpoint": "erasure.page", "values": {"lang": lang}}
        return to_second_factor()
    form, at, person = EraseForm(), utcnow(), current_person()
    if not form.validate():
        return _page(form, 422)
    try:
        hold(person)
    except InvalidRequestError:  # Two presses at once: the other has erased it while this one waited.
        session.clear()
        return redirect(url_for("accounts.sign_in"), code=303)
    zone = person.time_zone
    try:
        receipt = erase_everywhere(person, at=at)
        db.session.commit()
    except ForumError as refusal:
        db.session.rollback()
        form.understood.errors = [str(refusal)]
        return _page(form, 422)
    logout_user()
    session.clear()
    return render_template("accounts/erased.html", receipt=receipt, when=_when(at, zone))


def erase_everywhere(person: Person, *, at: datetime) -> Receipt:
    """Let every area forget `person`, and mail them the receipt. Raises what an area refuses by."""
    subject, held = subject_of(person), held_about(subject_of(person))
    to, language, zone = person.primary_address, person.language, person.time_zone
    email = to.email if to else ""
    removed: dict[str, int] = {}
    for holder in reversed(HOLDERS):
        removed.update(holder.forget(subject, at))
    receipt = Receipt(
        at=at,
        removed=[(kind, removed[kind.name]) for kind in kinds() if removed.get(kind.name)],
        stays=[(kind, len(held[kind.name])) for kind in kinds() if kind.stays is not None and held[kind.name]],
    )
    if email:
        _mail(receipt, to=email, language=language, zone=zone)
    return receipt


def _mail(receipt: Receipt, *, to: str, language: str, zone: str) -> None:
    """The receipt as a letter: held like a secret, so that it is forgotten once it is sent."""
    with writing_to(language):
        mail = post(
            letter=erased_letter(to=to, lines=tuple(_lines(receipt, _when(receipt.at, zone)))),
            kind="accounts.erased",
            language=language,
            is_secret=True,
            at=receipt.at,
        )
    mail.recipient_digest = None  # Nobody is found by it any more.


def _lines(receipt: Receipt, when: str) -> list[str]:
    return [
        _("Erased on %(when)s:", when=when),
        *(_("%(kind)s: %(count)s", kind=str(kind.title), count=count) for kind, count in receipt.removed),
        *([_("This stays:")] if receipt.stays else []),
        *(
            _("%(kind)s: %(count)s. %(why)s", kind=str(kind.title), count=count, why=str(kind.stays))
            for kind, count in receipt.stays
        ),
    ]


def _when(at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    return f"{moment_text(local)}, {zone_text(zone, local.date())}"
