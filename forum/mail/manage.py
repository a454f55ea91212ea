"""The outbox of an edition for its organisers, and mail in the folder for the administrator."""

from collections.abc import Iterable, Mapping, Sequence

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from forum.access import Policy, current_actor, current_edition, policy
from forum.accounts.models import Address, Person
from forum.db import db, utcnow
from forum.editions.models import Edition
from forum.errors import ForumError
from forum.keys import KeyMissing, SealBroken
from forum.mail import folder as mail_folder
from forum.mail import queries, rules, services
from forum.mail.letter import Letter
from forum.mail.models import MailState, OutboxMail
from forum.mail.rendering import plain_text
from forum.mail.words import KINDS, STATES, reply_words
from forum.roles.models import Invitation

bp = Blueprint("mail", __name__, url_prefix="/<lang>")


@bp.get("/<slug>/manage/outbox")
@policy(Policy.MAIL)
def outbox(lang: str, slug: str) -> ResponseReturnValue:
    """What was sent, what waits, what failed."""
    edition = current_edition()
    state, page = _state_asked(), max(1, request.args.get("page", 1, type=int))
    counts = queries.outbox_counts(edition.id)
    in_all = counts[state] if state else sum(counts.values())
    pages = max(1, -(-in_all // queries.PAGE_LENGTH))
    if page > pages:
        abort(404)
    rows = queries.outbox_of(edition.id, state=state, page=page)
    return render_template(
        "mail/outbox.html",
        edition=edition,
        rows=rows,
        recipients=_recipients(edition, rows),
        state=state,
        counts=counts,
        in_all=sum(counts.values()),
        page=page,
        pages=pages,
        **_for_rows(),
    )


def _state_asked() -> MailState | None:
    """The state that the address asks for; None for all. An unknown one is an address that does not exist."""
    asked = request.args.get("state")
    if not asked:
        return None
    try:
        return MailState(asked)
    except ValueError:
        abort(404)


def _for_rows() -> Mapping[str, object]:
    return {
        "at": utcnow(),
        "KINDS": KINDS,
        "STATES": STATES,
        "MailState": MailState,
        "reply_words": reply_words,
        "can_be_sent_again": rules.can_be_sent_again,
        "can_be_tried_now": rules.can_be_tried_now,
    }


def _recipients(edition: Edition, rows: Iterable[OutboxMail]) -> Mapping[int, Sequence[str]]:
    """Of each failed message whom it was for, name and address as far as they are known, so that somebody can act."""
    failed = [row for row in rows if row.state is MailState.FAILED]
    digests = {row.recipient_digest for row in failed if row.recipient_digest is not None}
    people = {row.person_id for row in failed if row.person_id is not None}
    owners = select(Person).options(joinedload(Person.addresses))
    owners = owners.where(Person.id.in_(people) | Person.addresses.any(Address.digest.in_(digests)))
    names: dict[int | bytes, list[str]] = {}
    for person in db.session.scalars(owners).unique():
        for address in person.addresses:
            names[address.digest] = [one for one in (person.name, address.email) if one]
        primary = person.primary_address
        names[person.id] = [one for one in (person.name, primary.email if primary else "") if one]
    invited = select(Invitation).where(Invitation.edition_id == edition.id, Invitation.address_digest.in_(digests))
    for invitation in db.session.scalars(invited):
        names.setdefault(invitation.address_digest, [invitation.email])
    return {row.id: names.get(row.recipient_digest or row.person_id or 0, ()) for row in failed}


@bp.get("/<slug>/manage/outbox/<uid>")
@policy(Policy.MAIL)
def message(lang: str, slug: str, uid: str) -> ResponseReturnValue:
    """One message: where it is on its way, and what it says if that is nobody's secret."""
    edition = current_edition()
    row = _found(edition, uid)
    return render_template(
        "mail/message.html",
        edition=edition,
        row=row,
        recipient=_recipients(edition, [row]).get(row.id, ()),
        letter=_letter_shown(row),
        plain_text=plain_text,
        **_for_rows(),
    )


def _found(edition: Edition, uid: str) -> OutboxMail:
    row = queries.mail_by_uid(edition.id, uid)
    if row is None:
        abort(404)
    return row


def _letter_shown(row: OutboxMail) -> Letter | None:
    """What a message says, for organisers; None for secrets, and where its words are not there or cannot be opened."""
    if row.is_secret:
        return None
    try:
        words = row.letter
    except (KeyMissing, SealBroken):
        return None
    return Letter.from_json(words) if words else None


@bp.post("/<slug>/manage/outbox/<uid>/again")
@policy(Policy.MAIL)
def send_again(lang: str, slug: str, uid: str) -> ResponseReturnValue:
    """Queue a failed message anew."""
    row = _found(current_edition(), uid)
    try:
        services.send_again(mail=row, by=current_actor(), at=utcnow())
        db.session.commit()
        flash(_("The message is on its way again."), "done")
    except ForumError as refusal:
        db.session.rollback()
        flash(str(refusal), "error")
    return _to_message(slug, uid)


@bp.post("/<slug>/manage/outbox/<uid>/now")
@policy(Policy.MAIL)
def try_now(lang: str, slug: str, uid: str) -> ResponseReturnValue:
    """Do not wait for the next attempt."""
    row = _found(current_edition(), uid)
    try:
        services.try_now(mail=row, by=current_actor(), at=utcnow())
        db.session.commit()
        flash(_("The message is tried again now."), "done")
    except ForumError as refusal:
        db.session.rollback()
        flash(str(refusal), "error")
    return _to_message(slug, uid)


def _to_message(slug: str, uid: str) -> ResponseReturnValue:
    return redirect(url_for("mail.message", slug=slug, uid=uid), code=303)


@bp.get("/admin/mail/")
@policy(Policy.SITE)
def folder(lang: str) -> ResponseReturnValue:
    """Mail that was written to the folder, the newest first, while no mail server is set."""
    _require_folder()
    letters, left_out = mail_folder.newest(current_app.config["MAIL_FOLDER"])
    return render_template("mail/folder.html", letters=letters, left_out=left_out)


@bp.get("/admin/mail/<name>")
@policy(Policy.SITE)
def folder_letter(lang: str, name: str) -> ResponseReturnValue:
    """One letter of the folder, its links to this site ready to press."""
    _require_folder()
    letter = mail_folder.one(current_app.config["MAIL_FOLDER"], name)
    if letter is None:
        abort(404)
    paragraphs = mail_folder.paragraphs(letter.text, current_app.config["TRUSTED_HOSTS"])
    return render_template("mail/folder_letter.html", letter=letter, paragraphs=paragraphs)


def _require_folder() -> None:
    if current_app.config["SMTP_URL"]:
        abort(404)
