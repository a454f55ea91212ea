"""Organisers' pages of the mailings of an edition."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from forum.access import Policy, current_actor, current_edition, current_person, policy
from forum.accounts.forms import PressForm
from forum.db import db, utcnow
from forum.errors import ForumError
from forum.mailings import queries, rules, services
from forum.mailings.forms import MailingForm, SendForm, form_of
from forum.mailings.models import Mailing
from forum.mailings.queries import SOURCES
from forum.mailings.readings import readings_of
from forum.roles.words import ROLES

bp = Blueprint("mailings", __name__, url_prefix="/<lang>/<slug>/manage/mailings")


def _mailing_or_404(code: str) -> Mailing:
    mailing = queries.mailing_by_code(current_edition(), code)
    if mailing is None:
        abort(404)
    return mailing


def _page(template: str, **given: Any) -> str:
    return render_template(f"mailings/{template}.html", edition=current_edition(), **given)


@bp.get("/")
@policy(Policy.MAIL)
def mailings(lang: str, slug: str) -> ResponseReturnValue:
    """What is being written, and what was sent and how far it has come."""
    found = queries.mailings_in(current_edition())
    drafts = [one for one in found if rules.can_change(one)]
    sent = [one for one in found if not rules.can_change(one)]
    return _page("mailings", drafts=drafts, sent=sent, progress=queries.progress_of(sent))


@bp.get("/new")
@policy(Policy.MAIL)
def new(lang: str, slug: str) -> ResponseReturnValue:
    """An empty mailing."""
    return _write_page(form_of(current_edition()))


@bp.post("/new")
@policy(Policy.MAIL)
def write(lang: str, slug: str) -> ResponseReturnValue:
    """Keep a new draft."""
    form = form_of(current_edition())
    if not form.validate():
        return _write_page(form), 422
    mailing = services.write(edition=current_edition(), by=current_actor(), at=utcnow(), **_written(form))
    db.session.commit()
    flash(_("The draft is saved. Nothing was sent."), "done")
    return redirect(url_for("mailings.mailing", slug=slug, code=mailing.code), code=303)


def _written(form: MailingForm) -> dict[str, Any]:
    main_language = current_edition().main_language
    return {
        "subject": form.words("subject", main_language),
        "body": form.words("body", main_language),
        "audience": form.audience,
        "is_service": form.is_service.data,
    }


def _write_page(form: MailingForm, mailing: Mailing | None = None, fault: str = "") -> str:
    reach = queries.reach(mailing) if mailing else None
    unread = rules.without_own_words(mailing, reach.by_language) if mailing and reach else 0
    return _page(
        "write", form=form, mailing=mailing, reach=reach, unread=unread, fault=fault, has_sources=len(SOURCES) > 1
    )


@bp.get("/<code>")
@policy(Policy.MAIL)
def mailing(lang: str, slug: str, code: str) -> ResponseReturnValue:
    """A draft, to write on; or what was sent, as people of each language read it."""
    found = _mailing_or_404(code)
    if rules.can_change(found):
        return _write_page(form_of(current_edition(), found), found)
    audience = rules.audience_of(found)
    return _page(
        "sent",
        mailing=found,
        audience=audience,
        roles=[str(ROLES[role]) for role in audience.roles],
        progress=queries.progress_of([found])[found.id],
        readings=readings_of(found, {}, current_person()),
    )


@bp.post("/<code>")
@policy(Policy.MAIL)
def rewrite(lang: str, slug: str, code: str) -> ResponseReturnValue:
    """Keep what was changed in a draft."""
    found = _mailing_or_404(code)
    form = form_of(current_edition(), found)
    if not form.validate():
        return _write_page(form, found), 422
    try:
        services.rewrite(mailing=found, written_at=form.written_at, by=current_actor(), at=utcnow(), **_written(form))
        db.session.commit()
    except ForumError as refusal:
        db.session.rollback()
        form.written.data = found.written_at.isoformat()  # Who saves again knows of the others.
        return _write_page(form, found, str(refusal)), 422
    flash(_("The draft is saved. Nothing was sent."), "done")
    return redirect(url_for("mailings.mailing", slug=slug, code=code), code=303)


@bp.get("/<code>/preview")
@policy(Policy.MAIL)
def preview(lang: str, slug: str, code: str) -> ResponseReturnValue:
    """What people of each language will read, how many they are, and the button that sends it."""
    found = _mailing_or_404(code)
    if not rules.can_change(found):
        return redirect(url_for("mailings.mailing", slug=slug, code=code), code=303)
    return _preview_page(found)


def _preview_page(found: Mailing, fault: str = "") -> str:
    reach = queries.reach(found)
    is_complete = rules.is_complete(found)
    form = SendForm(formdata=None, people=reach.people, written=found.written_at.isoformat())
    return _page(
        "preview",
        mailing=found,
        reach=reach,
        form=form,
        fault=fault,
        missing=None if is_complete else _missing(found),
        readings=readings_of(found, reach.by_language, current_person()) if is_complete else [],
        unread=rules.without_own_words(found, reach.by_language),
    )


def _missing(found: Mailing) -> list[str]:
    """Languages in which a subject or a text is lacking."""
    original = [] if rules.original_language(found) else [current_edition().main_language]
    return list(dict.fromkeys([*original, *rules.half_written(found)]))


@bp.post("/<code>/send")
@policy(Policy.MAIL)
def send(lang: str, slug: str, code: str) -> ResponseReturnValue:
    """Send a mailing to as many people as the page has said; ask again where it would be others."""
    found, form = _mailing_or_404(code), SendForm()
    if not form.validate():
        flash(_("Nothing was sent. Look again, then send."), "error")
        return redirect(url_for("mailings.preview", slug=slug, code=code), code=303)
    try:
        people = services.send(
            mailing=found, people=form.people.data, written_at=form.written_at, by=current_actor(), at=utcnow()
        )
        db.session.commit()
    except ForumError as refusal:
        db.session.rollback()
        return _preview_page(found, str(refusal)), 422
    flash(
        ngettext(
            "The mailing is on its way to %(num)s person.", "The mailing is on its way to %(num)s people.", people
        ),
        "done",
    )
    return redirect(url_for("mailings.mailing", slug=slug, code=code), code=303)


@bp.get("/<code>/delete")
@policy(Policy.MAIL)
def ask_delete(lang: str, slug: str, code: str) -> ResponseReturnValue:
    """Whether the draft is really to be deleted."""
    found = _mailing_or_404(code)
    if not rules.can_change(found):
        return redirect(url_for("mailings.mailing", slug=slug, code=code), code=303)
    return _page("delete", mailing=found, form=PressForm())


@bp.post("/<code>/delete")
@policy(Policy.MAIL)
def delete(lang: str, slug: str, code: str) -> ResponseReturnValue:
    """Remove a draft."""
    try:
        services.delete(mailing=_mailing_or_404(code), by=current_actor(), at=utcnow())
        db.session.commit()
        flash(_("The draft is deleted."), "done")
    except ForumError as refusal:
        db.session.rollback()
        flash(str(refusal), "error")
    return redirect(url_for("mailings.mailings", slug=slug), code=303)


@bp.post("/<code>/copy")
@policy(Policy.MAIL)
def copy(lang: str, slug: str, code: str) -> ResponseReturnValue:
    """A new draft with the words and the audience of this mailing."""
    draft = services.copy(mailing=_mailing_or_404(code), by=current_actor(), at=utcnow())
    db.session.commit()
    flash(_("This is a new draft with the same words. Nothing was sent."), "done")
    return redirect(url_for("mailings.mailing", slug=slug, code=draft.code), code=303)
