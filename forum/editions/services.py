"""Making forums, editions and rooms."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from forum.db import db
from forum.editions import queries, rules
from forum.editions.models import Edition, Forum, Room, Venue
from forum.errors import ForumError
from forum.i18n import TranslatedText, _l


class SlugRefused(ForumError):
    sentence = _l("“%(slug)s” cannot be an address: use small letters, digits and single hyphens.")


class SlugTaken(ForumError):
    sentence = _l("The address “%(slug)s” is taken by another edition.")


class UnknownTimeZone(ForumError):
    sentence = _l("“%(zone)s” is not a time zone; one is written like Africa/Lusaka.")


def zone_named(name: str) -> ZoneInfo:
    """The IANA zone `name`. Raises UnknownTimeZone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UnknownTimeZone(zone=name) from None


def make_forum(*, slug: str, name: TranslatedText, description: TranslatedText | None = None) -> Forum:
    """The forum with this slug, made if there is none. Raises SlugRefused."""
    found = queries.forum_by_slug(slug)
    if found is not None:
        return found
    if not rules.can_be_slug(slug):
        raise SlugRefused(slug=slug)
    forum = Forum(slug=slug, name=name, description=description or TranslatedText())
    db.session.add(forum)
    db.session.flush()
    return forum


def make_edition(
    *,
    forum: Forum,
    slug: str,
    name: TranslatedText,
    starts_on: date,
    ends_on: date,
    time_zone: str,
    languages: list[str],
    at: datetime,
    **more: Any,
) -> Edition:
    """A new edition. Raises SlugRefused, SlugTaken, UnknownTimeZone."""
    if not rules.can_be_slug(slug):
        raise SlugRefused(slug=slug)
    if queries.edition_by_slug(slug) is not None:
        raise SlugTaken(slug=slug)
    edition = Edition(
        forum=forum,
        slug=slug,
        name=name,
        description=more.pop("description", TranslatedText()),
        starts_on=starts_on,
        ends_on=ends_on,
        time_zone=zone_named(time_zone).key,
        languages=languages,
        created_at=at,
        **more,
    )
    db.session.add(edition)
    db.session.flush()
    return edition


def widen(*, edition: Edition, starts_on: date, ends_on: date) -> None:
    """Let the edition last from no later than `starts_on` to no earlier than `ends_on`."""
    if starts_on < edition.starts_on:
        edition.starts_on = starts_on
    if ends_on > edition.ends_on:
        edition.ends_on = ends_on


def set_venue(*, edition: Edition, name: TranslatedText, city: TranslatedText, **more: Any) -> Venue:
    """Where the edition meets; replaces what was said before."""
    venue = edition.venue or Venue(edition=edition)
    wanted: Mapping[str, Any] = {"name": name, "city": city, **more}
    for field, value in wanted.items():
        if getattr(venue, field) != value:
            setattr(venue, field, value)
    db.session.add(venue)
    db.session.flush()
    return venue


def add_room(*, edition: Edition, code: str, name: TranslatedText, **more: Any) -> Room:
    """A further room, after those there are."""
    room = Room(edition=edition, code=code, name=name, position=len(edition.rooms) + 1, **more)
    db.session.add(room)
    db.session.flush()
    return room
