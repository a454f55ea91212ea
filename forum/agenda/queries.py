"""Reads for the public: the newest release, those who are listed now, and the search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import joinedload, load_only

from forum.db import db
from forum.editions.models import Edition
from forum.programme.models import Appearance, ForumSession, Release, ReleasedSession, Speaker
from forum.programme.queries import latest_release
from forum.programme.words import search_words


@dataclass(frozen=True)
class Published:
    """A release with the people of it who are listed at this moment."""

    release: Release
    speakers: Mapping[str, Speaker]
    """By code. Whoever is missing here is shown nowhere."""
    credited: Mapping[tuple[str, str], str]
    """The name on one session, by session and speaker code, where it is not the speaker's usual one."""

    def name(self, session_code: str, speaker_code: str) -> str | None:
        """The name to show for somebody in a session; None for those not listed."""
        speaker = self.speakers.get(speaker_code)
        return self.credited.get((session_code, speaker_code), speaker.name) if speaker else None


def published(edition: Edition, *, names_only: bool = False) -> Published | None:
    """What the public sees of an edition, in three queries; None before its first release.

    With `names_only` the speakers come without all that only their own pages and some feeds show, in half the time.
    """
    release = latest_release(edition)
    if release is None:
        return None
    listed = select(Speaker).where(Speaker.edition_id == edition.id, Speaker.listed_at.is_not(None))
    if names_only:
        listed = listed.options(load_only(Speaker.code, Speaker.name, Speaker.folded_name, raiseload=True))
    credited = db.session.execute(
        select(ForumSession.code, Speaker.code, Appearance.credited_name)
        .select_from(Appearance)
        .join(Appearance.forum_session)
        .join(Appearance.speaker)
        .where(
            ForumSession.edition_id == edition.id,
            Appearance.credited_name != "",
            Speaker.listed_at.is_not(None),
        )
    )
    return Published(
        release=release,
        speakers={one.code: one for one in db.session.scalars(listed)},
        credited={(session, speaker): name for session, speaker, name in credited},
    )


def session_texts(release: Release, code: str) -> Mapping[str, Any] | None:
    """The longer texts of one session of a release, or None."""
    query = select(ReleasedSession.texts).where(ReleasedSession.release_id == release.id, ReleasedSession.code == code)
    return db.session.scalars(query).one_or_none()


def matching_codes(now_public: Published, query: str) -> set[str]:
    """Codes of the sessions that hold every word of `query`, in any language or as a listed speaker's name."""
    words = search_words(query)
    if not words:
        return set()
    release = now_public.release
    texts = select(ReleasedSession.code).where(
        ReleasedSession.release_id == release.id,
        and_(*(ReleasedSession.folded.contains(word, autoescape=True) for word in words)),
    )
    named = {
        code for code, speaker in now_public.speakers.items() if all(word in speaker.folded_name for word in words)
    }
    by_name = {
        session["code"]
        for session in release.timetable["sessions"]
        if any(code in named for code, _role in session["people"])
    }
    return {*db.session.scalars(texts), *by_name}


@dataclass(frozen=True)
class Found:
    """A session found on the site, with its edition."""

    edition: Edition
    code: str
    title: Mapping[str, str]


def search_site(query: str, *, most: int = 50) -> tuple[Sequence[Found], int]:
    """Sessions of every edition's newest release with all words of `query`: the first `most`, and how many in all."""
    words = search_words(query)
    if not words:
        return [], 0
    newest = select(func.max(Release.id)).group_by(Release.edition_id)
    holds = [ReleasedSession.folded.contains(word, autoescape=True) for word in words]
    matching = (
        select(ReleasedSession.code, ReleasedSession.texts, Release.edition_id, Release.id)
        .join(Release, Release.id == ReleasedSession.release_id)
        .where(Release.id.in_(newest), *holds)
    )
    total = db.session.scalar(select(func.count()).select_from(matching.subquery())) or 0
    rows = db.session.execute(matching.order_by(Release.edition_id.desc(), ReleasedSession.id).limit(most)).all()
    editions = db.session.scalars(
        select(Edition).where(Edition.id.in_({row.edition_id for row in rows})).options(joinedload(Edition.forum))
    )
    by_id = {edition.id: edition for edition in editions}
    return [Found(by_id[row.edition_id], row.code, row.texts["title"]) for row in rows], total
