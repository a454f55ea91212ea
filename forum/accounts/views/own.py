"""One's own page, profile, and where one is signed in."""

from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from forum.access import Policy, current_grants, current_person, current_sign_in, policy
from forum.accounts import own, queries, rules, services
from forum.accounts.forms import PressForm
from forum.accounts.models import Person, Proof, SignIn
from forum.accounts.own_forms import ProfileForm
from forum.accounts.views.sign_in import bp as accounts_bp
from forum.agenda.zones import OFFERED, zone_like
from forum.db import db, utcnow
from forum.editions.models import Edition
from forum.errors import ForumError
from forum.i18n import LANGUAGES, _lp
from forum.language import writing_to
from forum.roles.models import RoleGrant
from forum.roles.queries import open_invitations_for
from forum.roles.rules import needs_second_factor, satisfies
from forum.roles.words import ROLES

bp = Blueprint("own", __name__, url_prefix="/<lang>/account")
PROOFS = {
    Proof.LINK: _lp("signed in by", "a mailed link"),
    Proof.CODE: _lp("signed in by", "a mailed code"),
    Proof.PASSKEY: _lp("signed in by", "a passkey"),
    Proof.PERSONA: _lp("signed in by", "the demo"),
}


@accounts_bp.get("/account/")
@policy(Policy.SIGNED_IN)
def home(lang: str) -> ResponseReturnValue:
    """What is missing, what one has a role in, invitations, and the way to everything else of one's own."""
    person, grants = current_person(), current_grants()
    return render_template(
        "accounts/home.html",
        person=person,
        editions=_by_edition(grants),
        works_in={grant.edition_id for grant in grants if satisfies(grant, Policy.WORKSHOP)},
        wants_factor=any(map(needs_second_factor, grants)) and not _has_proof(person),
        invitations=open_invitations_for(person, utcnow()),
        ROLES=ROLES,
        form=PressForm(),
    )


def _has_proof(person: Person) -> bool:
    """Whether there is a second proof, or one was shown some other way, as the demo's people do."""
    return current_sign_in().second_factor_at is not None or queries.has_second_factor(person)


def _by_edition(grants: list[RoleGrant]) -> list[tuple[Edition, list[RoleGrant]]]:
    """Editions with what one holds there, the latest first."""
    found: dict[int, tuple[Edition, list[RoleGrant]]] = {}
    for grant in grants:
        if grant.edition is not None:
            found.setdefault(grant.edition.id, (grant.edition, []))[1].append(grant)
    return sorted(found.values(), key=lambda one: (one[0].starts_on, one[0].id), reverse=True)


@bp.get("/profile")
@policy(Policy.SIGNED_IN)
def profile(lang: str) -> ResponseReturnValue:
    """What one says of oneself."""
    person = current_person()
    others = [tag for tag in person.languages if tag not in LANGUAGES]
    form = ProfileForm(data={**_said_by(person), "more": ", ".join(others)})
    return _profile_page(form)


def _said_by(person: object) -> dict[str, object]:
    return {name: getattr(person, name) for name in ("name", "alias", "language", "languages", "time_zone")}


def _profile_page(form: ProfileForm, status: int = 200) -> ResponseReturnValue:
    return render_template("accounts/profile.html", form=form, zones=OFFERED, longest=rules), status


@bp.post("/profile")
@policy(Policy.SIGNED_IN)
def save_profile(lang: str) -> ResponseReturnValue:
    """Change it; the next page is in the language that was chosen."""
    form = ProfileForm()
    if not form.validate():
        return _profile_page(form, 422)
    zone = zone_like(form.time_zone.data, lang)
    if zone is None:
        form.time_zone.errors = [_("There is no such time zone; write a city, such as Nairobi or Lisbon.")]
        return _profile_page(form, 422)
    try:
        languages = own.languages_in(form.languages.data or [], form.more.data or "", reader=lang)
        own.set_profile(
            person=current_person(),
            name=form.name.data or "",
            alias=form.alias.data or "",
            language=form.language.data,
            languages=languages,
            time_zone=zone.key,
            at=utcnow(),
        )
        db.session.commit()
    except ForumError as refusal:
        db.session.rollback()
        named = form.name if isinstance(refusal, own.NameRefused) else form.more
        named.errors = [str(refusal)]
        return _profile_page(form, 422)
    with writing_to(form.language.data):
        flash(_("Your profile is saved."), "done")
    return redirect(url_for("own.profile", lang=form.language.data), code=303)


@bp.get("/sign-ins")
@policy(Policy.SIGNED_IN)
def sign_ins(lang: str) -> ResponseReturnValue:
    """Every browser in which one is signed in."""
    return render_template(
        "accounts/sign_ins.html",
        sign_ins=_that_hold(),
        this=current_sign_in(),
        zone=ZoneInfo(current_person().time_zone),
        PROOFS=PROOFS,
        form=PressForm(),
        today=utcnow(),
    )


def _that_hold() -> list[SignIn]:
    """The sign-ins in which one is signed in at this moment, this one first."""
    is_staff, at, this = any(map(needs_second_factor, current_grants())), utcnow(), current_sign_in()
    found = [one for one in queries.sign_ins_of(current_person()) if rules.holds(one, is_staff=is_staff, at=at)]
    return sorted(found, key=lambda one: one.id != this.id)


@bp.post("/sign-ins/<code>/end")
@policy(Policy.SIGNED_IN)
def end_sign_in(lang: str, code: str) -> ResponseReturnValue:
    """Sign out there, which may be here."""
    ended = queries.sign_in_of(current_person(), code)
    if ended is None:
        abort(404)
    is_this = ended.id == current_sign_in().id
    services.end_sign_in(sign_in=ended, at=utcnow())
    db.session.commit()
    if is_this:
        session.clear()
        flash(_("You are signed out."), "done")
        return redirect(url_for("accounts.sign_in"), code=303)
    flash(_("You are signed out there."), "done")
    return redirect(url_for("own.sign_ins"), code=303)


@bp.post("/sign-ins/end-others")
@policy(Policy.SIGNED_IN)
def end_others(lang: str) -> ResponseReturnValue:
    """Sign out everywhere else."""
    others = len(_that_hold()) - 1
    services.end_others(person=current_person(), but=current_sign_in(), at=utcnow())
    db.session.commit()
    flash(ngettext("%(num)s other sign-in is ended.", "%(num)s other sign-ins are ended.", others), "done")
    return redirect(url_for("own.sign_ins"), code=303)
