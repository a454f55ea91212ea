"""What is held about oneself: to read, and to take along."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from forum.access import Policy, current_actor, current_person, is_fresh, policy, spend, to_second_factor
from forum.accounts import queries
from forum.accounts.forms import PressForm
from forum.accounts.holdings import HOLDER as ACCOUNTS
from forum.accounts.holdings import subject_of
from forum.audit.holdings import HOLDER as AUDIT
from forum.audit.services import record
from forum.db import db, utcnow
from forum.errors import ForumError
from forum.holdings import Holder, Kind, Record, Subject
from forum.i18n import language_name
from forum.language import listed, moment_text, page_language, zone_text
from forum.limits import Counted
from forum.mail.holdings import HOLDER as MAIL
from forum.mailings.holdings import HOLDER as MAILINGS
from forum.roles.holdings import HOLDER as ROLES

bp = Blueprint("held", __name__, url_prefix="/<lang>/account")
HOLDERS: Sequence[Holder] = (ACCOUNTS, ROLES, MAILINGS, MAIL, AUDIT)
"""Every area that holds anything about people, in the order of the page. Erasing goes the other way."""
SHOWN_AT_MOST = 50
"""Records of one kind on the page; the download has them all."""


@dataclass(frozen=True)
class Part:
    """One kind of what is held, as the page shows it."""

    kind: Kind
    rows: Sequence[Sequence[str | Sequence[str]]]
    """Cells in the order of the kind's fields; a text of several paragraphs is a list of them."""
    count: int


def held_about(subject: Subject) -> dict[str, Sequence[Record]]:
    """Everything held about somebody, by the names of the kinds."""
    return {name: records for holder in HOLDERS for name, records in holder.held_about(subject).items()}


def kinds() -> list[Kind]:
    """Every kind of what is held, in the order of the page."""
    return [kind for holder in HOLDERS for kind in holder.kinds]


@bp.get("/data")
@policy(Policy.SIGNED_IN)
def page(lang: str) -> ResponseReturnValue:
    """Everything that is held about oneself, in words."""
    person = current_person()
    held = held_about(subject_of(person))
    zone = ZoneInfo(person.time_zone)
    return render_template(
        "accounts/data.html",
        parts=[_part(kind, held[kind.name], zone) for kind in kinds()],
        zone_name=zone_text(person.time_zone, utcnow().date()),
        form=PressForm(),
    )


def _part(kind: Kind, records: Sequence[Record], zone: ZoneInfo) -> Part:
    rows = [[_cell(name, one[name], zone) for name in kind.fields] for one in records[:SHOWN_AT_MOST]]
    return Part(kind, rows, len(records))


def _cell(field: str, value: Any, zone: ZoneInfo) -> str | Sequence[str]:
    """A value as people write it; only a long text is left in its paragraphs."""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, datetime):
        return moment_text(value.astimezone(zone))
    if field == "languages":
        return listed([language_name(tag, page_language()) for tag in value]) or "–"
    if isinstance(value, list):
        return [str(paragraph) for paragraph in value] or "–"
    if field == "language" and value:
        return str(language_name(value, page_language()))
    return _in_words(value) if value else "–"


def _in_words(value: Any) -> str:
    return next((str(holder.words[value]) for holder in HOLDERS if value in holder.words), str(value))


@bp.post("/data.json")
@policy(Policy.SIGNED_IN)
def download(lang: str) -> ResponseReturnValue:
    """The same as a file, for programs too."""
    if wants_proof():
        session["wanted"] = {"endpoint": "held.page", "values": {"lang": lang}}
        return to_second_factor()
    person, at = current_person(), utcnow()
    try:
        spend((Counted.EXPORTS_BY_PERSON, person.uid), at=at)
    except ForumError as refusal:
        flash(str(refusal), "error")
        return redirect(url_for("held.page"), code=303)
    record(by=current_actor(), action="accounts.download", record_type="person", record=person.uid, at=at)
    text = as_json(held_about(subject_of(person)), at)
    db.session.commit()
    file_name = f"jukwaa-{at:%Y-%m-%d}.json"
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"', "Cache-Control": "no-store"}
    return Response(text, mimetype="application/json", headers=headers)


def as_json(held: Mapping[str, Sequence[Record]], at: datetime) -> str:
    """Records by kind, with what each kind is for and how long it stays; moments in UTC (RFC 3339)."""
    said = {
        "made_at": at,
        "held": {
            kind.name: {
                "title": str(kind.title),
                "purpose": str(kind.purpose),
                "kept": str(kind.kept),
                "records": held[kind.name],
            }
            for kind in kinds()
        },
    }
    return json.dumps(said, default=_plain, ensure_ascii=False, indent=1)


def _plain(value: Any) -> str:
    assert isinstance(value, datetime), f"a record holds a {type(value).__name__}"
    return value.isoformat()


def wants_proof() -> bool:
    """Whether the second proof that somebody has must be shown anew, before anything is taken out or erased."""
    return queries.has_second_factor(current_person()) and not is_fresh()
