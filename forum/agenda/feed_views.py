"""The programme for other programs: calendars, JSON, schedule apps, and what changed as Atom."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from forum.access import Policy, policy
from forum.agenda import atom, own_json, queries
from forum.agenda.addresses import Addresses
from forum.agenda.board import Filters
from forum.agenda.c3voc_json import c3voc_json
from forum.agenda.exchange import Programme
from forum.agenda.forms import asked
from forum.agenda.frab_xml import frab_xml
from forum.agenda.queries import Published
from forum.editions.models import Edition
from forum.editions.queries import edition_by_slug
from forum.http import public_page
from forum.i18n import language_name
from forum.language import absolute, day_text, listed, page_language, shown
from forum.programme.queries import released_texts
from forum.programme.queries import releases as all_releases

bp = Blueprint("feeds", __name__, url_prefix="/<lang>/<slug>")


@bp.get("/agenda.ics")
@policy(Policy.PUBLIC)
def agenda_ics(lang: str, slug: str) -> ResponseReturnValue:
    """The programme, or what the filters leave of it, as a calendar to subscribe to."""
    edition, published = _published_or_404(slug)
    filters = _filters_or_400(edition, published)
    entries = [one for one in published.release.timetable["sessions"] if filters.let_pass(one)]
    name = _calendar_name(edition, published, filters)
    return _calendar(lang, edition, published, entries, name=name, file=slug)


@bp.get("/sessions/<code>.ics")
@policy(Policy.PUBLIC)
def session_ics(lang: str, slug: str, code: str) -> ResponseReturnValue:
    """One session, to be put into one's own calendar, where it takes up one's time."""
    edition, published = _published_or_404(slug)
    entries = [one for one in published.release.timetable["sessions"] if one["code"] == code]
    if not entries:
        abort(404)
    name = shown(entries[0]["title"], entries[0]["original"]).text
    return _calendar(lang, edition, published, entries, name=name, file=f"{slug}-{code}", is_busy=True)


@bp.get("/agenda.json")
@policy(Policy.PUBLIC)
def agenda_json(lang: str, slug: str) -> ResponseReturnValue:
    """The programme, or what the filters leave of it, in all its languages; see docs/agenda-json.md."""
    edition, published = _published_or_404(slug)
    filters = _filters_or_400(edition, published)
    body = own_json.agenda_json(
        edition=edition,
        published=published,
        entries=[one for one in published.release.timetable["sessions"] if filters.let_pass(one)],
        texts=released_texts(published.release),
        addresses=_addresses(slug),
    )
    return public_page(body, mimetype="application/json")


@bp.get("/schedule.xml")
@policy(Policy.PUBLIC)
def schedule_xml(lang: str, slug: str) -> ResponseReturnValue:
    """The programme as frab XML."""
    return public_page(frab_xml(_programme(lang, slug)), mimetype="application/xml")


@bp.get("/schedule.json")
@policy(Policy.PUBLIC)
def schedule_json(lang: str, slug: str) -> ResponseReturnValue:
    """The programme as c3voc JSON."""
    return public_page(c3voc_json(_programme(lang, slug)), mimetype="application/json")


def _programme(lang: str, slug: str) -> Programme:
    edition, published = _published_or_404(slug)
    return Programme(edition, published, released_texts(published.release), lang, _addresses(slug))


@bp.get("/releases.atom")
@policy(Policy.PUBLIC)
def releases_atom(lang: str, slug: str) -> ResponseReturnValue:
    """What each release changed."""
    edition, published = _published_or_404(slug)
    body = atom.releases_feed(
        edition=edition,
        releases=all_releases(edition),
        originals={one["code"]: one["original"] for one in published.release.timetable["sessions"]},
        language=lang,
        addresses=_addresses(slug),
    )
    return public_page(body, mimetype="application/atom+xml")


def _published_or_404(slug: str) -> tuple[Edition, Published]:
    edition = edition_by_slug(slug)
    published = queries.published(edition) if edition else None
    if edition is None or published is None:
        abort(404)
    return edition, published


def _filters_or_400(edition: Edition, published: Published) -> Filters:
    """The filters of the query. A calendar that asks for what there is not must not get everything instead."""
    wish = asked(request.args, edition, published)
    if wish.faults:
        abort(400)
    return wish.filters


def _addresses(slug: str) -> Addresses:
    return Addresses(absolute(url_for("agenda.home", slug=slug)))


def _calendar(
    lang: str,
    edition: Edition,
    published: Published,
    entries: Sequence[Mapping[str, Any]],
    *,
    name: str,
    file: str,
    is_busy: bool = False,
) -> ResponseReturnValue:
    from forum.agenda import calendar  # Not before somebody wants a calendar: it takes 9 MB.

    query = urlencode(list(request.args.items(multi=True)))
    wanted = calendar.Wanted(
        edition=edition,
        published=published,
        entries=entries,
        texts=_texts(published, entries),
        language=lang,
        name=name,
        source=absolute(request.path) + (f"?{query}" if query else ""),
        addresses=_addresses(edition.slug),
        is_busy=is_busy,
    )
    disposition = f'inline; filename="{file}.ics"'
    return public_page(calendar.calendar_of(wanted), mimetype="text/calendar", Content_Disposition=disposition)


def _texts(published: Published, entries: Sequence[Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
    if len(entries) == 1:
        code = entries[0]["code"]
        return {code: queries.session_texts(published.release, code) or {}}
    return released_texts(published.release)


def _calendar_name(edition: Edition, published: Published, filters: Filters) -> str:
    """What a calendar program lists it as: the edition, and what of it was chosen."""
    name = shown(edition.name).text
    chosen = listed([part for part in _chosen(published, filters) if part])
    return gettext("%(edition)s: %(chosen)s", edition=name, chosen=chosen) if chosen else name


def _chosen(published: Published, filters: Filters) -> Iterable[str]:
    if filters.day:
        yield day_text(filters.day)
    for kind, code in (("tracks", filters.track), ("rooms", filters.room), ("formats", filters.format)):
        yield from (shown(one["name"]).text for one in published.release.timetable[kind] if one["code"] == code)
    yield from (language_name(tag, page_language()) for tag in sorted(filters.languages))
    yield f"“{request.args['q']}”" if filters.codes is not None else ""
