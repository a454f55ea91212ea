"""Writes to the programme: sessions, speakers and releases."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from forum.db import db, hold
from forum.editions.models import Edition, Room
from forum.i18n import TranslatedText
from forum.programme import queries
from forum.programme.models import (
    Appearance,
    Format,
    ForumSession,
    ListingSource,
    Release,
    ReleasedSession,
    SessionState,
    Slot,
    Speaker,
    SpeakerRole,
    Track,
)
from forum.programme.rules import changes_of
from forum.programme.timetable import checksum, folded_words, texts_of, timetable_of, with_history
from forum.programme.words import folded


def add_speaker(
    *,
    edition: Edition,
    code: str,
    name: str,
    listed_at: datetime | None,
    source: ListingSource | None,
    **more: Any,
) -> Speaker:
    """A person on the programme, shown only if `listed_at` says since when."""
    speaker = Speaker(
        edition_id=edition.id,
        code=code,
        name=name,
        folded_name=folded(name),
        listed_at=listed_at,
        listing_source=source,
        **more,
    )
    db.session.add(speaker)
    return speaker


def rename_speaker(*, speaker: Speaker, name: str) -> None:
    """Another name for the same person, everywhere."""
    speaker.name = name
    speaker.folded_name = folded(name)


def withdraw_listing(*, speaker: Speaker) -> None:
    """Take the person's name off every page, feed, export and search, of past releases too."""
    speaker.listed_at = None
    speaker.listing_source = None


def make_session(*, edition: Edition, code: str, number: int, title: TranslatedText, **more: Any) -> ForumSession:
    """A further session of the programme, without time and people as yet."""
    forum_session = ForumSession(edition_id=edition.id, code=code, number=number, title=title, **more)
    db.session.add(forum_session)
    return forum_session


def cancel(*, forum_session: ForumSession) -> None:
    """Call the session off. It keeps its slot and stays visible, marked; the public learns by the next release."""
    forum_session.state = SessionState.CANCELLED


def place(
    *, forum_session: ForumSession, room: Room | None, day_on: date, starts_at: datetime, ends_at: datetime
) -> Slot:
    """Put a session into the draft timetable, or move it there."""
    slot = forum_session.slot
    if slot is None:
        slot = forum_session.slot = Slot()
    wanted = {"room": room, "day_on": day_on, "starts_at": starts_at, "ends_at": ends_at}
    for field, value in wanted.items():
        if getattr(slot, field) != value:
            setattr(slot, field, value)
    return slot


def cast(*, forum_session: ForumSession, speakers: Sequence[tuple[Speaker, SpeakerRole, str]]) -> None:
    """Who appears in a session, in this order: person, role, and the name credited if another than theirs."""
    kept = {(part.speaker, part.role): part for part in forum_session.appearances}
    wanted: list[Appearance] = []
    for speaker, role, credited_name in speakers:
        part = kept.get((speaker, role))
        if part is None:
            part = kept[speaker, role] = Appearance(speaker=speaker, role=role)
        if part in wanted:
            continue
        wanted.append(part)
        if (part.position, part.credited_name or "") != (len(wanted), credited_name):
            part.position, part.credited_name = len(wanted), credited_name
    if forum_session.appearances != wanted:
        forum_session.appearances = wanted


def add_track(*, edition: Edition, code: str, name: TranslatedText, colour: str, position: int) -> Track:
    """A further theme."""
    track = Track(edition_id=edition.id, code=code, name=name, colour=colour, position=position)
    db.session.add(track)
    return track


def add_format(*, edition: Edition, code: str, name: TranslatedText, position: int) -> Format:
    """A further kind of session."""
    kind = Format(edition_id=edition.id, code=code, name=name, position=position)
    db.session.add(kind)
    return kind


def publish(*, edition: Edition, at: datetime, note: TranslatedText | None = None) -> Release | None:
    """Release the draft as it stands; None if the public would see no difference.

    Two who publish at once get two releases, one after the other.
    """
    hold(edition)
    db.session.flush()
    db.session.expire_all()
    sessions = queries.draft_sessions(edition)
    before = queries.latest_release(edition)
    timetable = timetable_of(sessions, queries.rooms(edition), queries.tracks(edition), queries.formats(edition))
    texts = {one.code: texts_of(one) for one in sessions if one.slot is not None}
    old = before.timetable if before else None
    changes = _changes(before, timetable, texts)
    timetable = with_history(timetable, old, changes, at)
    if before is not None and not changes and _frame(before.timetable) == _frame(timetable):
        return None
    release = Release(
        edition_id=edition.id,
        number=before.number + 1 if before else 1,
        published_at=at,
        note=note or TranslatedText(),
        timetable=timetable,
        changes=changes,
        checksum=checksum(timetable, texts),
    )
    release.sessions = [
        ReleasedSession(code=one.code, texts=texts[one.code], folded=folded_words(one))
        for one in sessions
        if one.code in texts
    ]
    db.session.add(release)
    db.session.flush()
    return release


def _changes(before: Release | None, timetable: dict[str, Any], texts: dict[str, Any]) -> list[dict[str, Any]]:
    """The changes of the timetable, and as "edited" those sessions of which only longer texts changed."""
    if before is None:
        return []
    changes = changes_of(before.timetable, timetable)
    told = {change["code"] for change in changes}
    old = queries.released_texts(before)
    titles = {session["code"]: session["title"] for session in timetable["sessions"]}
    edited = [code for code in texts if code not in told and code in old and old[code] != texts[code]]
    return [
        *changes,
        *({"code": code, "kinds": ["edited"], "title": titles[code], "was": {}} for code in edited),
    ]


def _frame(timetable: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in timetable.items() if key != "sessions"}
