"""Reads of forums and editions."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from forum.db import db
from forum.editions.models import Edition, Forum
from forum.editions.rules import can_be_slug


def edition_by_slug(slug: str) -> Edition | None:
    """The edition with its forum and venue, or None."""
    if not can_be_slug(slug):  # PostgreSQL refuses to compare some of what stands in an address, such as NUL.
        return None
    query = select(Edition).where(Edition.slug == slug).options(joinedload(Edition.forum), joinedload(Edition.venue))
    return db.session.scalars(query).one_or_none()


def forums() -> Sequence[Forum]:
    """Every forum with its editions and their venues, the newest edition first."""
    query = select(Forum).options(selectinload(Forum.editions).joinedload(Edition.venue)).order_by(Forum.id)
    return db.session.scalars(query).unique().all()


def forum_by_slug(slug: str) -> Forum | None:
    """The forum, or None."""
    return db.session.scalars(select(Forum).where(Forum.slug == slug)).one_or_none()


def edition_count() -> int:
    """How many editions the site holds."""
    return db.session.scalar(select(func.count()).select_from(Edition)) or 0
