"""The front pages of an edition's workshop and of the site's administration."""

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from forum.access import Policy, current_actor, current_edition, current_grants, current_person, policy
from forum.accounts.queries import people_by_uid
from forum.db import db, utcnow
from forum.editions.queries import forums
from forum.errors import ForumError
from forum.programme.queries import latest_release
from forum.roles import queries, services
from forum.roles.words import ROLES

bp = Blueprint("workshop", __name__, url_prefix="/<lang>")


@bp.get("/<slug>/manage/")
@policy(Policy.WORKSHOP)
def home(lang: str, slug: str) -> ResponseReturnValue:
    """What one can do in this edition, in which role."""
    edition = current_edition()
    mine = [grant for grant in current_grants() if grant.edition_id in (None, edition.id)]
    return render_template(
        "workshop/home.html", edition=edition, mine=mine, release=latest_release(edition), ROLES=ROLES
    )


@bp.get("/admin/")
@policy(Policy.SITE)
def site(lang: str) -> ResponseReturnValue:
    """The editions of the site, who administers it, and where its mail goes."""
    administrators = queries.administrators()
    return render_template(
        "workshop/site.html",
        forums=forums(),
        administrators=administrators,
        givers=people_by_uid(one.granted_by for one in administrators),
        me=current_person(),
        writes_to_folder=not current_app.config["SMTP_URL"],
    )


@bp.post("/admin/administrators/<code>/withdraw")
@policy(Policy.SITE)
def withdraw(lang: str, code: str) -> ResponseReturnValue:
    """Take the site's administration from somebody."""
    given = queries.grant_by_code(None, code)
    if given is not None:
        try:
            services.withdraw(given=given, by=current_actor(), at=utcnow())
            db.session.commit()
            flash(_("The role is taken away."), "done")
        except ForumError as refusal:
            db.session.rollback()
            flash(str(refusal), "error")
    return redirect(url_for("workshop.site"), code=303)
