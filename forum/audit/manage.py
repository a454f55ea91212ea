"""The audit log of an edition: read it, and take it out as a file."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from forum.access import Policy, current_actor, current_edition, current_person, policy, spend
from forum.accounts.models import Person
from forum.accounts.queries import people_by_uid
from forum.audit import queries, services
from forum.audit.export import Extent, csv_pieces, json_pieces
from forum.audit.forms import ExportForm, LogFilter
from forum.audit.letters import export_letter
from forum.audit.models import AuditEntry
from forum.audit.queries import Used, Wanted
from forum.audit.words import AREAS, RECORD_TYPES, Line, Wording, uid_or_none
from forum.db import db, utcnow
from forum.editions.models import Edition
from forum.errors import ForumError
from forum.keys import scope_of
from forum.language import absolute, moment_text, page_language, shown, writing_to, zone_text
from forum.limits import Counted
from forum.mail.services import post
from forum.mail.words import STATES
from forum.roles import queries as roles
from forum.roles.models import Role
from forum.roles.words import ROLES

bp = Blueprint("audit", __name__, url_prefix="/<lang>")
PAGE = 50
"""Entries a page shows."""
FILTERS = ("area", "person", "role", "record", "since", "until")
MOST_NUMBER = 2**31
NOTHING_USED = Used([], [], [], [])
TYPES = {"csv": "text/csv", "json": "application/json"}


@bp.get("/<slug>/manage/audit")
@policy(Policy.AUDIT)
def log(lang: str, slug: str) -> ResponseReturnValue:
    """What was done in the edition, the newest first."""
    edition = current_edition()
    return _log_page(edition, edition.zone)


@bp.get("/admin/audit")
@policy(Policy.SITE)
def site_log(lang: str) -> ResponseReturnValue:
    """What was done that belongs to no edition: proofs of accounts, administrators, keys."""
    return _log_page(None, ZoneInfo(current_person().time_zone))


def _log_page(edition: Edition | None, zone: ZoneInfo) -> str:
    chain = queries.chain_of(scope_of(edition.id if edition else None))
    used = queries.used_in(chain) if chain else NOTHING_USED
    form = LogFilter(request.args)
    _offer(form, used)
    wanted = _wanted(form, zone)
    before = _before()
    entries = queries.newest_of(chain, wanted, before=before, most=PAGE + 1) if chain else []
    wording = _wording([*used.actors, *_people_in(entries)])
    form.person.choices = [
        ("", _("Everybody")),
        *sorted(((str(uid), wording.name(uid)) for uid in used.actors), key=lambda one: one[1].casefold()),
    ]
    return render_template(
        "audit/log.html",
        edition=edition,
        form=form,
        zone=zone_text(zone.key, edition.starts_on if edition else utcnow().date()),
        here=_path(with_filters=False),
        lines=[_local(wording.line(entry), zone) for entry in entries[:PAGE]],
        older=_path(before=entries[PAGE - 1].number) if len(entries) > PAGE else None,
        newest=_path() if before else None,
        is_filtered=wanted != Wanted(),
    )


def _before() -> int | None:
    """The number of the entry that this page goes on after; None from the newest on."""
    number = request.args.get("before", 0, type=int)
    return number if 0 < number < MOST_NUMBER else None


def _offer(form: LogFilter, used: Used) -> None:
    """Give every select what the log really holds."""
    offered = (
        (form.area, _("Everything"), [(code, str(AREAS.get(code, code))) for code in used.areas]),
        (form.person, _("Everybody"), [(str(uid), "") for uid in used.actors]),
        (form.role, _("Any role"), [(code, _wording([]).role(code)) for code in used.roles]),
        (form.record, _("Anything"), [(code, str(RECORD_TYPES.get(code, code))) for code in used.record_types]),
    )
    for field, everything, choices in offered:
        field.choices = [("", everything), *choices]
        field.data = field.data or ""


def _wanted(form: LogFilter, zone: ZoneInfo) -> Wanted:
    """What the form asks for; a value it does not know asks for nothing, and is named beside its field."""
    form.validate()
    good = {field.name: field.data for field in form if field.data and not field.errors}
    return Wanted(
        area=good.get("area", ""),
        actor=uuid.UUID(good["person"]) if "person" in good else None,
        role=good.get("role", ""),
        record_type=good.get("record", ""),
        since=datetime.combine(good["since"], time.min, zone) if "since" in good else None,
        until=datetime.combine(good["until"] + timedelta(days=1), time.min, zone) if "until" in good else None,
    )


def _wording(uids: Collection[uuid.UUID]) -> Wording:
    """What writes entries for the reader of this page, who may know the names of these people."""
    names = {uid: person.name for uid, person in people_by_uid(uids).items()} if uids else {}
    called = {code.value: words for words_of in (ROLES, STATES) for code, words in words_of.items()}
    return Wording(page_language(), names, called)


def _people_in(entries: Iterable[AuditEntry]) -> set[uuid.UUID]:
    """The people to whom something was done."""
    return {uid for entry in entries if entry.record_type == "person" and (uid := uid_or_none(entry.record))}


def _local(line: Line, zone: ZoneInfo) -> Line:
    return replace(line, at=line.at.astimezone(zone))


def _path(before: int | None = None, *, with_filters: bool = True) -> str:
    """This page with its filters, from the newest entry on or from those before one."""
    names = FILTERS if with_filters else ()
    kept: dict[str, Any] = {name: request.args[name] for name in names if request.args.get(name)}
    return url_for(str(request.endpoint), **(request.view_args or {}), before=before, **kept)


@bp.get("/<slug>/manage/audit/export")
@policy(Policy.AUDIT, fresh=True)
def export(lang: str, slug: str) -> ResponseReturnValue:
    """Asks why."""
    return _export_page(ExportForm())


def _export_page(form: ExportForm, status: int = 200) -> ResponseReturnValue:
    others = len(_other_organisers(current_edition()))
    return render_template("audit/export.html", edition=current_edition(), form=form, others=others), status


@bp.post("/<slug>/manage/audit/export")
@policy(Policy.AUDIT, fresh=True)
def take(lang: str, slug: str) -> ResponseReturnValue:
    """The log as a file; that it was taken stands in the log, and the other organisers are told."""
    form, at = ExportForm(), utcnow()
    if not form.validate():
        return _export_page(form, 422)
    try:
        spend((Counted.EXPORTS_BY_PERSON, current_person().uid), at=at)
    except ForumError as refusal:
        form.reason.errors = [str(refusal)]
        return _export_page(form, 422)
    edition, reason = current_edition(), (form.reason.data or "").strip()
    chain = services.held_chain(edition.id)
    extent = Extent(chain.id, chain.scope, chain.length, chain.last)
    services.record(
        by=current_actor(),
        action="audit.export",
        record_type="audit_log",
        record=edition.slug,
        edition_id=edition.id,
        changes={"reason": reason, "format": form.format.data, "rows": extent.length},
        at=at,
    )
    _tell_others(edition, reason, at)
    db.session.commit()
    return _file(extent, form.format.data, f"audit-{edition.slug}-{at:%Y-%m-%d}")


def _other_organisers(edition: Edition) -> list[Person]:
    """Who organises the edition besides whoever asks, each once."""
    organisers = {grant.person.uid: grant.person for grant in roles.grants_in(edition) if grant.role is Role.ORGANISER}
    organisers.pop(current_person().uid, None)
    return list(organisers.values())


def _tell_others(edition: Edition, reason: str, at: datetime) -> None:
    """Mail the other organisers, each in their language and their time."""
    for person in _other_organisers(edition):
        address = person.primary_address
        if address is None:
            continue
        with writing_to(person.language):
            there = at.astimezone(ZoneInfo(person.time_zone))
            letter = export_letter(
                to=address.email,
                name=person.name,
                edition=shown(edition.name).text,
                who=_wording([current_person().uid]).name(current_person().uid),
                when=f"{moment_text(there)}, {zone_text(person.time_zone, there.date())}",
                reason=reason,
                url=absolute(url_for("audit.log", slug=edition.slug)),
            )
            language = page_language()
        post(letter=letter, kind="audit.export", language=language, edition_id=edition.id, person_id=person.id, at=at)


def _file(extent: Extent, kind: str, name: str) -> Response:
    """The answer, made while it is read."""
    entries = queries.entries_up_to(chain_id=extent.chain_id, last=extent.length)
    pieces = csv_pieces(entries) if kind == "csv" else json_pieces(extent, entries)
    answer = Response(stream_with_context(pieces), mimetype=TYPES[kind])
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name}.{kind}")
    return answer
