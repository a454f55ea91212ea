"""The public pages of an edition: home, agenda, sessions, speakers, releases."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from forum.access import Policy, policy
from forum.agenda import board, queries
from forum.agenda.changes import change_groups
from forum.agenda.forms import asked
from forum.agenda.jsonld import edition_event, session_event
from forum.agenda.people import appearances_of, seats
from forum.agenda.place import place_text
from forum.agenda.prose import as_html, summary
from forum.agenda.terms import LEGEND, MARKS, MODES
from forum.agenda.zones import OFFERED
from forum.db import utcnow
from forum.editions.models import Edition
from forum.editions.queries import edition_by_slug
from forum.http import public_page
from forum.i18n import LANGUAGES
from forum.language import page_language, shown
from forum.pages.stylesheet import stylesheet_name
from forum.programme.models import Release
from forum.programme.queries import latest_release
from forum.programme.queries import releases as all_releases
from forum.programme.words import folded

bp = Blueprint("agenda", __name__, url_prefix="/<lang>/<slug>")


def _edition_or_404(slug: str) -> Edition:
    edition = edition_by_slug(slug)
    if edition is None:
        abort(404)
    return edition


def _page(template: str, edition: Edition, release: Release | None, **given: Any) -> str:
    """The page, in the colours of the edition and of the tracks that are released."""
    fallback = edition.main_language if edition.main_language in LANGUAGES else LANGUAGES[0]
    return render_template(
        template,
        edition=edition,
        release=release,
        sheet=stylesheet_name(edition, release),
        fallback_language=fallback,
        legend=LEGEND,
        MARKS=MARKS,
        **given,
    )


def _place(edition: Edition, published: queries.Published | None) -> Markup:
    """The city, and whether one can follow from afar."""
    rooms = published.release.timetable["rooms"] if published else []
    return place_text(edition, any(room["mode"] != "in_person" for room in rooms))


def _cards(edition: Edition, published: queries.Published | None, at: datetime) -> list[board.Card]:
    if published is None:
        return []
    return board.cards(published, language=page_language(), zone=edition.zone, at=at)


@bp.get("/")
@policy(Policy.PUBLIC)
def home(lang: str, slug: str) -> ResponseReturnValue:
    """The edition: what it is, what runs now and next, its days, what changed last."""
    edition, at = _edition_or_404(slug), utcnow()
    published = queries.published(edition)
    cards = _cards(edition, published, at)
    days = board.days(cards, zone=edition.zone, edition_zone=edition.zone)
    body = _page(
        "agenda/home.html",
        edition,
        published.release if published else None,
        days=days,
        place=_place(edition, published),
        present=board.now_and_next(cards, at),
        groups=change_groups(published.release.changes, lang, _originals(published.release)) if published else [],
        today=at.astimezone(edition.zone).date(),
        description=as_html(shown(edition.description).text),
        about=shown(edition.description),
        summary=summary(shown(edition.description).text),
        seats=seats(_on_programme(published)),
        event=edition_event(edition),
    )
    return public_page(body, valid_until=board.next_boundary(published.release.timetable, at) if published else None)


@bp.get("/agenda")
@policy(Policy.PUBLIC)
def agenda(lang: str, slug: str) -> ResponseReturnValue:
    """All sessions by day and time, filtered as asked, in the zone asked for."""
    edition, at = _edition_or_404(slug), utcnow()
    published = queries.published(edition, names_only=True)
    if published is None:
        return public_page(_page("agenda/empty.html", edition, None))
    wish = asked(request.args, edition, published)
    cards = board.cards(published, language=lang, zone=wish.zone, at=at, filters=wish.filters)
    timetable = published.release.timetable
    counted = Counter(one["day"] for one in timetable["sessions"] if one["state"] != "cancelled")
    body = _page(
        "agenda/agenda.html",
        edition,
        published.release,
        wish=wish,
        place=_place(edition, published),
        days=board.days(cards, zone=wish.zone, edition_zone=edition.zone),
        day_counts=sorted(counted.items()),
        total=sum(counted.values()),
        found=sum(not card.cancelled for card in cards),
        languages={one["language"] for one in timetable["sessions"] if one["language"]},
        moved=sum(not {"moved", "retimed"}.isdisjoint(one["kinds"]) for one in published.release.changes),
        zones=OFFERED,
        calendar_address=_calendar_address(slug, request.args),
        event=edition_event(edition),
    )
    if wish.faults:
        return body
    return public_page(body, valid_until=board.next_boundary(timetable, at))


def _calendar_address(slug: str, args: MultiDict[str, str]) -> str:
    """The calendar of what the reader sees: the same filters, without the time zone, which a calendar shows itself."""
    names = ("day", "track", "room", "format", "language", "q")
    wanted = [(name, value) for name in names for value in args.getlist(name) if value]
    path = url_for("feeds.agenda_ics", slug=slug)
    return f"{path}?{urlencode(wanted)}" if wanted else path


@bp.get("/sessions/<code>")
@policy(Policy.PUBLIC)
def session(lang: str, slug: str, code: str) -> ResponseReturnValue:
    """One session: when, where, in which languages, who, and what about."""
    edition, at = _edition_or_404(slug), utcnow()
    published = queries.published(edition)
    entry = _entry(published, code)
    if published is None or entry is None:
        abort(404)
    texts = queries.session_texts(published.release, code) or {}
    card = board.card_of(published, entry, language=lang, zone=edition.zone, at=at)
    abstract = shown(texts.get("abstract", {}), entry["original"])
    description = shown(texts.get("description", {}), entry["original"])
    people = appearances_of(published, entry)
    timetable = published.release.timetable
    change = next((one for one in published.release.changes if one["code"] == code), None)
    body = _page(
        "agenda/session.html",
        edition,
        published.release,
        card=card,
        entry=entry,
        subtitle=shown(texts.get("subtitle", {}), entry["original"]),
        abstract=abstract,
        abstract_html=as_html(abstract.text),
        description=description,
        description_html=as_html(description.text) if description.text != abstract.text else "",
        text_languages=texts.get("abstract", {}),
        links=texts.get("links", []),
        people=people,
        hidden=len({who for who, _ in entry["people"]} - published.speakers.keys()),
        seats=seats(part.speaker for part in people),
        change=change,
        was_at=_was_at(change, edition),
        was_room=_room(timetable, change["was"].get("room") if change else None).get("name"),
        mode=MODES.get(_room(timetable, entry["room"]).get("mode", "")),
        summary=summary(abstract.text),
        event=session_event(edition, published, entry, abstract),
    )
    return public_page(body, valid_until=board.next_boundary({"sessions": [entry]}, at))


def _room(timetable: Mapping[str, Any], code: str | None) -> Mapping[str, Any]:
    return next((room for room in timetable["rooms"] if room["code"] == code), {})


def _was_at(change: Mapping[str, Any] | None, edition: Edition) -> datetime | None:
    """When a session was to start before the newest release moved it."""
    moment = change["was"].get("starts_at") if change else None
    return datetime.fromisoformat(moment).astimezone(edition.zone) if moment else None


def _entry(published: queries.Published | None, code: str) -> Mapping[str, Any] | None:
    if published is None:
        return None
    return next((one for one in published.release.timetable["sessions"] if one["code"] == code), None)


@bp.get("/speakers/")
@policy(Policy.PUBLIC)
def speakers(lang: str, slug: str) -> ResponseReturnValue:
    """Those who agreed to be listed, by the first letter of their names."""
    edition = _edition_or_404(slug)
    published = queries.published(edition)
    on_programme = _on_programme(published)
    found = sorted(on_programme, key=lambda one: (one.folded_name, one.code))
    letters = [(letter, list(some)) for letter, some in groupby(found, key=lambda one: folded(one.name)[:1].upper())]
    release = published.release if published else None
    body = _page("agenda/speakers.html", edition, release, letters=letters, total=len(found), seats=seats(found))
    return public_page(body)


def _on_programme(published: queries.Published | None) -> list[Any]:
    """Listed people with a part in a session of the release that takes place."""
    if published is None:
        return []
    held = (one for one in published.release.timetable["sessions"] if one["state"] != "cancelled")
    codes = {code for one in held for code, _role in one["people"]}
    return [speaker for code, speaker in published.speakers.items() if code in codes]


@bp.get("/speakers/<code>")
@policy(Policy.PUBLIC)
def speaker(lang: str, slug: str, code: str) -> ResponseReturnValue:
    """A listed person: who they are, and their sessions."""
    edition, at = _edition_or_404(slug), utcnow()
    published = queries.published(edition)
    person = published.speakers.get(code) if published else None
    if published is None or person is None:
        abort(404)
    mine = [one for one in published.release.timetable["sessions"] if any(who == code for who, _ in one["people"])]
    if not mine:  # In the draft alone, of which nobody may learn.
        abort(404)
    cards = [board.card_of(published, one, language=lang, zone=edition.zone, at=at) for one in mine]
    bio = shown(person.bio)
    body = _page(
        "agenda/speaker.html",
        edition,
        published.release,
        speaker=person,
        bio=bio,
        bio_html=as_html(bio.text),
        cards=cards,
        summary=summary(bio.text) or person.affiliation,
    )
    return public_page(body, valid_until=board.next_boundary({"sessions": mine}, at))


@bp.get("/releases/")
@policy(Policy.PUBLIC)
def releases(lang: str, slug: str) -> ResponseReturnValue:
    """What changed from version to version, the newest first."""
    edition = _edition_or_404(slug)
    newest = latest_release(edition)
    originals = _originals(newest) if newest else {}
    found = [(one, change_groups(one.changes, lang, originals)) for one in all_releases(edition)]
    return public_page(_page("agenda/releases.html", edition, newest, releases=found))


def _originals(release: Release) -> dict[str, str]:
    """In which language the title of each session was written."""
    return {one["code"]: one["original"] for one in release.timetable["sessions"]}
