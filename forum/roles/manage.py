"""Who holds which role in an edition, and inviting people to one."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from forum.access import (
    Policy,
    current_actor,
    current_edition,
    current_person,
    policy,
    spend,
)
from forum.accounts.queries import people_by_uid
from forum.db import db, utcnow
from forum.errors import ForumError
from forum.language import absolute, writing_to
from forum.limits import Counted
from forum.roles import queries, services
from forum.roles.forms import InviteForm
from forum.roles.letters import invitation_letter
from forum.roles.models import Role
from forum.roles.rules import SATISFIES, is_of_site
from forum.roles.words import ALLOWS, ROLES

bp = Blueprint("roles", __name__, url_prefix="/<lang>/<slug>/manage/people")


@bp.get("/")
@policy(Policy.PEOPLE)
def people(lang: str, slug: str) -> ResponseReturnValue:
    """Who holds which role since when, who is invited, and what each role may do."""
    return _page(InviteForm(current_edition()))


def _page(form: InviteForm, status: int = 200) -> ResponseReturnValue:
    edition, at = current_edition(), utcnow()
    grants = queries.grants_in(edition)
    invitations = queries.invitations_in(edition)
    givers = people_by_uid([one.granted_by for one in grants] + [one.invited_by for one in invitations])
    body = render_template(
        "roles/people.html",
        edition=edition,
        form=form,
        at=at,
        grants=grants,
        invitations=invitations,
        givers=givers,
        ROLES=ROLES,
        table=[(role, [ALLOWS[one] for one in ALLOWS if one in SATISFIES[role]]) for role in Role],
        me=current_person(),
        of_site=is_of_site,
    )
    return body, status


@bp.post("/invite")
@policy(Policy.PEOPLE)
def invite(lang: str, slug: str) -> ResponseReturnValue:
    """Offer a role by mail. The answer does not tell whether the address has an account."""
    edition, form, at = current_edition(), InviteForm(current_edition()), utcnow()
    if not form.validate():
        return _page(form, 422)
    email, role = form.email.data.strip(), Role(form.role.data)
    mail_language = form.mail_language.data
    try:
        spend((Counted.INVITATIONS_BY_EDITION, edition.id), at=at)
        with writing_to(mail_language):
            services.invite(
                edition=edition,
                email=email,
                role=role,
                language=form.language.data,
                sees_internal_statistics=form.sees_internal_statistics.data,
                mail_language=mail_language,
                write=lambda token, expires_at: invitation_letter(
                    to=email,
                    edition=edition,
                    role=role,
                    url=absolute(url_for("invitations.show", lang=mail_language, token=token)),
                    expires_at=expires_at,
                ),
                by=current_actor(),
                at=at,
            )
        db.session.commit()
    except ForumError as refusal:
        db.session.rollback()
        _beside(form, refusal)
        return _page(form, 422)
    flash(_("The invitation is on its way. It holds for seven days."), "done")
    return redirect(url_for("roles.people", slug=slug), code=303)


def _beside(form: InviteForm, refusal: ForumError) -> None:
    """Put a refusal beside the field it is about."""
    field = form.language if isinstance(refusal, services.LanguageWanted) else form.email
    field.errors = [str(refusal)]


@bp.post("/<code>/withdraw")
@policy(Policy.PEOPLE)
def withdraw(lang: str, slug: str, code: str) -> ResponseReturnValue:
    """Take a role away."""
    given = queries.grant_by_code(current_edition(), code)
    if given is None:
        abort(404)
    try:
        services.withdraw(given=given, by=current_actor(), at=utcnow())
        db.session.commit()
        flash(_("The role is taken away."), "done")
    except ForumError as refusal:
        db.session.rollback()
        flash(str(refusal), "error")
    return redirect(url_for("roles.people", slug=slug), code=303)


@bp.post("/invitations/<code>/withdraw")
@policy(Policy.PEOPLE)
def withdraw_invitation(lang: str, slug: str, code: str) -> ResponseReturnValue:
    """Take an invitation back."""
    invitation = queries.invitation_by_code(current_edition(), code)
    if invitation is None:
        abort(404)
    services.withdraw_invitation(invitation=invitation, by=current_actor(), at=utcnow())
    db.session.commit()
    flash(_("The invitation is taken back. Its link opens nothing any more."), "done")
    return redirect(url_for("roles.people", slug=slug), code=303)
