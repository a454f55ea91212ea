"""Answering an invitation to a role."""

from flask import Blueprint, abort, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from forum.access import Policy, current_person, policy
from forum.accounts.forms import PressForm
from forum.db import db, utcnow
from forum.errors import ForumError
from forum.roles import queries, services
from forum.roles.models import Invitation
from forum.roles.words import ROLES

bp = Blueprint("invitations", __name__, url_prefix="/<lang>")


@bp.get("/invitations/<token>")
@policy(Policy.ANYONE)
def show(lang: str, token: str) -> ResponseReturnValue:
    """What one is invited to, and how to answer: signed in with the address the invitation came to."""
    invitation = queries.invitation_by_link(token)
    at = utcnow()
    if invitation is None:
        abort(404)
    is_open = not (
        invitation.accepted_at or invitation.declined_at or invitation.withdrawn_at or invitation.expires_at <= at
    )
    is_mine = current_user.is_authenticated and invitation in queries.open_invitations_for(current_person(), at)
    if not current_user.is_authenticated:  # After signing in, one's own page shows it with its buttons.
        session["wanted"] = {"endpoint": "accounts.home", "values": {}}
    return render_template(
        "roles/invitation.html",
        invitation=invitation,
        is_open=is_open,
        is_mine=is_mine,
        is_signed_in=current_user.is_authenticated,
        form=PressForm(),
        ROLES=ROLES,
    )


def _mine_or_404(code: str) -> Invitation:
    found = (one for one in queries.open_invitations_for(current_person(), utcnow()) if one.code == code)
    invitation = next(found, None)
    if invitation is None:
        abort(404)
    return invitation


@bp.post("/account/invitations/<code>/accept")
@policy(Policy.SIGNED_IN)
def accept(lang: str, code: str) -> ResponseReturnValue:
    """Take the role."""
    invitation, person, at = _mine_or_404(code), current_person(), utcnow()
    try:
        given = services.accept(invitation=invitation, person=person, at=at)
        db.session.commit()
    except ForumError as refusal:
        db.session.rollback()
        flash(str(refusal), "error")
        return redirect(url_for("accounts.home"), code=303)
    flash(_("The role is yours: %(role)s.", role=str(ROLES[given.role])), "done")
    return redirect(url_for("accounts.home"), code=303)


@bp.post("/account/invitations/<code>/decline")
@policy(Policy.SIGNED_IN)
def decline(lang: str, code: str) -> ResponseReturnValue:
    """Say no."""
    invitation = _mine_or_404(code)
    try:
        services.decline(invitation=invitation, person=current_person(), at=utcnow())
        db.session.commit()
        flash(_("You said no. The organisers see it."), "done")
    except ForumError as refusal:
        db.session.rollback()
        flash(str(refusal), "error")
    return redirect(url_for("accounts.home"), code=303)
