"""The import itself: makes the edition's imported sessions equal those of a file, and releases the result."""

import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from forum.db import db, hold
from forum.editions.models import Edition
from forum.i18n import TranslatedText, known_language
from forum.programme import queries, services
from forum.programme.codes import new_code
from forum.programme.importing.frame import Frame
from forum.programme.importing.names import line, uuid_of, uuids
from forum.programme.importing.people import People
from forum.programme.importing.report import Report, look_over
from forum.programme.markup import to_markdown
from forum.programme.models import ForumSession, SessionState
from forum.programme.parsed import ParsedEvent, ParsedSchedule

Watch = Callable[[Sequence[ParsedEvent]], Iterable[ParsedEvent]]
_CODE = re.compile(r"[A-Z0-9]{6}")


def import_schedule(
    *, schedule: ParsedSchedule, edition: Edition, at: datetime, listed: bool = True, watch: Watch = iter
) -> Report:
    """Make the edition's imported sessions equal those of `schedule` and release the result if it differs.

    Sessions that came with an earlier import and are missing now become cancelled; sessions made
    here, and texts in other languages, stay. Doing it twice changes nothing the second time.
    """
    hold(edition)
    report = Report(left=schedule.left.copy(), refused=list(schedule.refused))
    run = _Import(edition, schedule, at, listed, report)
    for event in watch(schedule.events):
        run.take(event)
    run.cancel_missing()
    db.session.flush()
    report.release = services.publish(edition=edition, at=at)
    look_over(edition, report)
    return report


class _Import:
    """The sessions there are, by what the file calls them, and what has been done to them so far."""

    def __init__(self, edition: Edition, schedule: ParsedSchedule, at: datetime, listed: bool, report: Report) -> None:
        self.edition, self.zone, self.report = edition, edition.zone, report
        sessions = queries.draft_sessions(edition)
        self.by_key = {one.source_key: one for one in sessions if one.source_key}
        self.by_guid = {one.guid: one for one in sessions}
        self.codes = {one.code for one in sessions}
        self.numbers = {one.number for one in sessions}
        self.last_number = max(self.numbers, default=0)
        self.taken_guids = queries.guids_outside(edition, uuids(event.key for event in schedule.events))
        self.people = People(edition, schedule, at, listed, report)
        self.frame = Frame(edition, schedule, report)
        self.seen: set[ForumSession] = set()

    def take(self, event: ParsedEvent) -> None:
        """Make or change one session."""
        with db.session.no_autoflush:
            forum_session = self._known(event.key)
            if forum_session is None:
                forum_session = self._new_session(event)
                self._fill(forum_session, event)
                self.report.made["session"] += 1
            elif self._fill(forum_session, event):
                self.report.changed["session"] += 1
            self.seen.add(forum_session)

    def _known(self, key: str) -> ForumSession | None:
        """The session the file calls `key`, by that or by its UUID; each one once."""
        guid = uuid_of(key)
        found = self.by_key.get(key) or (self.by_guid.get(guid) if guid else None)
        return None if found in self.seen else found

    def _new_session(self, event: ParsedEvent) -> ForumSession:
        number = event.number if event.number and event.number not in self.numbers else self.last_number + 1
        given = event.code if _CODE.fullmatch(event.code) and event.code not in self.codes else ""
        code = given or new_code(self.codes)
        self.numbers.add(number)
        self.last_number = max(self.last_number, number)
        self.codes.add(code)
        forum_session = ForumSession(
            edition_id=self.edition.id,
            code=code,
            number=number,
            guid=self._guid(event.key),
            source_key=event.key,
            title=TranslatedText(),
            subtitle=TranslatedText(),
            abstract=TranslatedText(),
            description=TranslatedText(),
            state=SessionState.CONFIRMED,
            interpretation_languages=[],
            links=[],
        )
        db.session.add(forum_session)
        return forum_session

    def _guid(self, key: str) -> uuid.UUID:
        """The file's own UUID where it is one and free; else one that follows from edition and key."""
        guid = uuid_of(key)
        if guid is None or guid in self.taken_guids or guid in self.by_guid:
            return uuid.uuid5(self.edition.guid, key)
        self.taken_guids.add(guid)  # The same one may be written in capitals further down.
        return guid

    def _fill(self, one: ForumSession, event: ParsedEvent) -> bool:
        """Write what differs; whether anything did."""
        language = self._language(one, event)
        words = language or self.edition.main_language
        spoken = one.language or self.edition.main_language
        wanted = {
            "title": _original(one.title, words, event.title, line, spoken),
            "subtitle": _original(one.subtitle, words, event.subtitle, line, spoken),
            "abstract": _original(one.abstract, words, event.abstract, to_markdown, spoken),
            "description": _original(one.description, words, event.description, to_markdown, spoken),
            "language": language,
            "links": event.links,
            "track": self.frame.track(event.track, one.track),
            "format": self.frame.format(event.format, one.format),
            "state": SessionState.CONFIRMED if one.state is SessionState.CANCELLED else one.state,
        }
        differs = {name: value for name, value in wanted.items() if getattr(one, name) != value}
        for name, value in differs.items():
            setattr(one, name, value)
        before = _slot_and_cast(one)
        starts_at = self._moment(event)
        services.place(
            forum_session=one,
            room=self.frame.room(event.room, one.slot.room if one.slot else None),
            day_on=event.day_on,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=event.minutes),
        )
        services.cast(forum_session=one, speakers=self.people.cast_of(event, one))
        return bool(differs) or before != _slot_and_cast(one)

    def _language(self, one: ForumSession, event: ParsedEvent) -> str | None:
        """The language spoken; where the file says nothing, what was known before."""
        if not event.language or event.language == one.language:
            return one.language
        language = known_language(event.language)
        if language is None:
            self.report.notes["language"] += 1
        return language

    def _moment(self, event: ParsedEvent) -> datetime:
        """The start in UTC. Where the file's offset contradicts the zone, the clock on the wall is believed."""
        given, clock = event.starts_at, event.local_start
        if given.tzinfo is None:
            return given.replace(tzinfo=self.zone).astimezone(UTC)
        wall = given.replace(tzinfo=None)
        if given.astimezone(self.zone).time() == clock or wall.time() != clock:
            return given.astimezone(UTC)
        self.report.notes["offset"] += 1
        return wall.replace(tzinfo=self.zone).astimezone(UTC)

    def cancel_missing(self) -> None:
        """Sessions of an earlier import that the file no longer has."""
        for one in self.by_key.values():
            if one not in self.seen and one.state is not SessionState.CANCELLED:
                services.cancel(forum_session=one)
                self.report.changed["cancelled"] += 1


def _original(
    old: TranslatedText, language: str, text: str, clean: Callable[[str], str], spoken_before: str
) -> TranslatedText:
    """`old` with `text` as its original in `language`; just `old` where it says that already in one of its languages.

    So our own files, whose texts are in the language of their reader, can be read back. Only where a
    file corrects the language of a session do the words move along with it.
    """
    words = clean(text)
    is_corrected = old.original_language == spoken_before != language
    held = old.plain().values()
    if not is_corrected and (words in held or words in map(clean, held)):
        return old
    return old.with_original(language, words) if words or old else old


def _slot_and_cast(one: ForumSession) -> tuple[object, ...]:
    slot = one.slot
    where = (slot.room, slot.day_on, slot.starts_at, slot.ends_at) if slot else None
    return where, [(part.speaker, part.role, part.credited_name) for part in one.appearances]
