"""Brings a parsed programme into an edition: what is new is made, what differs is changed, the rest stays."""

import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from forum.db import db, hold
from forum.editions import queries as edition_queries
from forum.editions import services as edition_services
from forum.editions.models import Edition, Room
from forum.errors import ForumError
from forum.i18n import TranslatedText, _l, known_language
from forum.programme import queries, services
from forum.programme.c3voc import read_json
from forum.programme.codes import new_code
from forum.programme.frab import read_xml
from forum.programme.markup import printable, to_markdown
from forum.programme.models import (
    Format,
    ForumSession,
    ListingSource,
    Release,
    SessionState,
    Speaker,
    SpeakerRole,
    Track,
)
from forum.programme.parsed import (
    MAX_BYTES,
    OWN_GENERATOR,
    NotASchedule,
    ParsedEvent,
    ParsedPerson,
    ParsedSchedule,
    too_large,
)
from forum.programme.words import folded

PALETTE = (
    "#b5471b",
    "#2f5d9b",
    "#2e8060",
    "#6b58a8",
    "#a33b6b",
    "#2c7f94",
    "#857018",
    "#b04a4a",
    "#0b6e4f",
    "#77736b",
)
_COLOUR = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
_CODE = re.compile(r"[A-Z0-9]{6}")
Watch = Callable[[Sequence[ParsedEvent]], Iterable[ParsedEvent]]
Part = tuple[Speaker, SpeakerRole, str]
Named = TypeVar("Named", Room, Track, Format)
Value = TypeVar("Value")


class NoTimeZone(ForumError):
    sentence = _l("The file does not say in which time zone its times are; name it with --time-zone.")


class NoSuchEdition(ForumError):
    sentence = _l("There is no edition “%(slug)s”; add --create to make it from the file.")


@dataclass
class Report:
    """What an import did: counts of what was made and changed, what was left out and why, and the clashes found."""

    made: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[str, str]] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    sessions: int = 0
    speakers: int = 0
    room_clashes: list[tuple[str, str, str]] = field(default_factory=list)
    person_clashes: list[tuple[str, str, str]] = field(default_factory=list)
    release: Release | None = None


def read_schedule(content: bytes) -> ParsedSchedule:
    """The programme in `content`, whose format is told by what is in it, not by a file name.

    Raises NotASchedule, TooLarge, Broken, Dangerous, NothingInIt.
    """
    if len(content) > MAX_BYTES:
        raise too_large()
    start = content[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"{"):
        return read_json(content)
    if start.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        return read_xml(content)
    raise NotASchedule


def edition_for(
    *,
    schedule: ParsedSchedule,
    slug: str,
    create: bool,
    time_zone: str | None,
    language: str | None,
    at: datetime,
) -> Edition:
    """The edition with this slug, made from the file if `create` allows it.

    Raises NoSuchEdition, NoTimeZone, UnknownTimeZone, SlugRefused.
    """
    found = edition_queries.edition_by_slug(slug)
    if found is not None:
        return found
    if not create:
        raise NoSuchEdition(slug=slug)
    zone = time_zone or schedule.time_zone
    if not zone:
        raise NoTimeZone
    languages = _languages(schedule, language)
    title = schedule.title or slug
    name = TranslatedText.from_plain({languages[0]: title}, languages[0])
    forum_slug = re.sub(r"-?\d{4}$", "", slug) or slug
    forum_title = re.sub(r"\s*\b\d{4}$", "", title) or title
    days = [event.day_on for event in schedule.events]
    edition = edition_services.make_edition(
        forum=edition_services.make_forum(
            slug=forum_slug, name=TranslatedText.from_plain({languages[0]: forum_title}, languages[0])
        ),
        slug=slug,
        name=name,
        starts_on=min(days),
        ends_on=max(days),
        time_zone=zone,
        languages=languages,
        at=at,
    )
    if schedule.venue or schedule.city:
        edition_services.set_venue(
            edition=edition,
            name=TranslatedText.from_plain({languages[0]: schedule.venue}, languages[0]),
            city=TranslatedText.from_plain({languages[0]: schedule.city}, languages[0]),
        )
    return edition


def import_schedule(
    *, schedule: ParsedSchedule, edition: Edition, at: datetime, listed: bool = True, watch: Watch = iter
) -> Report:
    """Make the edition's imported sessions equal those of `schedule` and release the result if it differs.

    Sessions that came with an earlier import and are missing now become cancelled; sessions made
    here, and texts in other languages, stay. Doing it twice changes nothing the second time.
    """
    hold(edition)
    run = _Import(edition, schedule, at, listed)
    for event in watch(schedule.events):
        run.take(event)
    run.cancel_missing()
    db.session.flush()
    report = run.report
    report.left.update(schedule.left)
    report.refused.extend(schedule.refused)
    report.release = services.publish(edition=edition, at=at)
    _find_clashes(edition, report)
    return report


def _find_clashes(edition: Edition, report: Report) -> None:
    sessions = queries.draft_sessions(edition)
    titles = {one.code: one.title.shown(edition.main_language).text for one in sessions}
    rooms = {room.code: room.name.shown(edition.main_language).text for room in queries.rooms(edition)}
    people = {speaker.code: speaker.name for speaker in queries.speakers(edition)}
    by_room, by_person = queries.clashes(sessions)
    report.room_clashes = [(rooms[r], titles[a], titles[b]) for r, pairs in by_room.items() for a, b in pairs]
    report.person_clashes = [
        (people[p], titles[a], titles[b]) for p, pairs in by_person.items() for a, b in pairs
    ]
    report.sessions = sum(one.state is not SessionState.CANCELLED for one in sessions)
    report.speakers = len(people)


class _Import:
    """The rows there are, by what the file calls them, and what has been done to them so far."""

    def __init__(self, edition: Edition, schedule: ParsedSchedule, at: datetime, listed: bool) -> None:
        self.edition, self.schedule, self.at, self.listed = edition, schedule, at, listed
        self.zone: ZoneInfo = edition.zone
        self.report = Report()
        sessions = queries.draft_sessions(edition)
        self.by_key = {one.source_key: one for one in sessions if one.source_key}
        self.by_guid = {str(one.guid): one for one in sessions}
        self.codes = {one.code for one in sessions}
        self.numbers = {one.number for one in sessions}
        speakers = queries.speakers(edition)
        self.speakers = {one.source_key: one for one in speakers if one.source_key}
        self.speakers_by_code = {one.code: one for one in speakers}
        self.speakers_by_guid = {str(one.guid): one for one in speakers}
        self.rooms = {name: room for room in queries.rooms(edition) for name in _names(room)}
        self.tracks = {name: track for track in queries.tracks(edition) for name in _names(track)}
        self.formats = {name: kind for kind in queries.formats(edition) for name in _names(kind)}
        self.taken_guids = queries.guids_outside(edition, _guids(event.key for event in schedule.events))
        people = _guids(person.guid for event in schedule.events for person in event.persons)
        self.taken_speaker_guids = queries.taken_speaker_guids(people)
        self.seen: set[int] = set()
        with db.session.no_autoflush:
            self._make_frame()

    def _make_frame(self) -> None:
        used = {_line(event.room) for event in self.schedule.events}
        for name, capacity in _by_line(self.schedule.rooms):
            if name and name in used and name not in self.rooms:
                self.rooms[name] = self._new_room(name, capacity)
            elif name and name not in used:
                self.report.left["room"] += 1
        for name, colour in _by_line(self.schedule.tracks):
            if name and name not in self.tracks:
                self.tracks[name] = self._new_track(name, colour)
        for name in dict.fromkeys(_line(event.format) for event in self.schedule.events):
            if name and name not in self.formats:
                self.formats[name] = self._new_format(name)
        db.session.flush()

    def _new_room(self, name: str, capacity: int | None) -> Room:
        self.report.made["room"] += 1
        code = _slug(name, {room.code for room in self.rooms.values()})
        return edition_services.add_room(
            edition=self.edition, code=code, name=self._text(name), capacity=capacity
        )

    def _new_track(self, name: str, colour: str) -> Track:
        self.report.made["track"] += 1
        position = len(self.tracks) + 1
        chosen = colour.lower() if _COLOUR.fullmatch(colour) else PALETTE[(position - 1) % len(PALETTE)]
        code = _slug(name, {track.code for track in self.tracks.values()})
        return services.add_track(
            edition=self.edition, code=code, name=self._text(name), colour=chosen, position=position
        )

    def _new_format(self, name: str) -> Format:
        self.report.made["format"] += 1
        code = _slug(name, {kind.code for kind in self.formats.values()})
        return services.add_format(
            edition=self.edition, code=code, name=self._text(name), position=len(self.formats) + 1
        )

    def _text(self, words: str) -> TranslatedText:
        return TranslatedText.from_plain(
            {self.edition.main_language: printable(words)}, self.edition.main_language
        )

    def take(self, event: ParsedEvent) -> None:
        """Make or change one session."""
        with db.session.no_autoflush:
            forum_session = self.by_key.get(event.key) or self.by_guid.get(event.key.lower())
            if forum_session is None:
                forum_session = self._new_session(event)
                self._fill(forum_session, event)
                self.report.made["session"] += 1
            elif self._fill(forum_session, event):
                self.report.changed["session"] += 1
            self.seen.add(id(forum_session))

    def _new_session(self, event: ParsedEvent) -> ForumSession:
        number = (
            event.number
            if event.number and event.number not in self.numbers
            else max(self.numbers, default=0) + 1
        )
        given = event.code if _CODE.fullmatch(event.code) and event.code not in self.codes else ""
        code = given or new_code(self.codes)
        self.numbers.add(number)
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
        try:
            guid = uuid.UUID(key)
        except ValueError:
            guid = None
        if guid is None or guid in self.taken_guids:
            return uuid.uuid5(self.edition.guid, key)
        return guid

    def _fill(self, one: ForumSession, event: ParsedEvent) -> bool:
        """Write what differs; whether anything did."""
        is_same = event.language == one.language
        language = one.language if is_same else known_language(event.language) if event.language else None
        if event.language and language is None:
            self.report.notes["language"] += 1
        words = language or self.edition.main_language
        spoken = one.language or self.edition.main_language
        wanted = {
            "title": _original(one.title, words, event.title, _line, spoken),
            "subtitle": _original(one.subtitle, words, event.subtitle, _line, spoken),
            "abstract": _original(one.abstract, words, event.abstract, to_markdown, spoken),
            "description": _original(one.description, words, event.description, to_markdown, spoken),
            "language": language,
            "links": event.links,
            "track": _named(event.track, one.track, self.tracks),
            "format": _named(event.format, one.format, self.formats),
            "state": SessionState.CONFIRMED if one.state is SessionState.CANCELLED else one.state,
        }
        differs = {name: value for name, value in wanted.items() if getattr(one, name) != value}
        for name, value in differs.items():
            setattr(one, name, value)
        before = _slot_and_cast(one)
        starts_at = self._moment(event)
        services.place(
            forum_session=one,
            room=_named(event.room, one.slot.room if one.slot else None, self.rooms),
            day_on=event.day_on,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=event.minutes),
        )
        services.cast(forum_session=one, speakers=self._people(event, one))
        return bool(differs) or before != _slot_and_cast(one)

    def _moment(self, event: ParsedEvent) -> datetime:
        """The start in UTC. Where the file's offset contradicts the zone, the clock on the wall is believed."""
        given = event.starts_at
        if given.tzinfo is None:
            return given.replace(tzinfo=self.zone).astimezone(UTC)
        wall = given.replace(tzinfo=None)
        if given.astimezone(self.zone).time() == event.local_start or wall.time() != event.local_start:
            return given.astimezone(UTC)
        self.report.notes["offset"] += 1
        return wall.replace(tzinfo=self.zone).astimezone(UTC)

    def _people(self, event: ParsedEvent, one: ForumSession) -> list[Part]:
        """Who appears, in the file's order. Roles that the file does not give stay; new people are speakers.

        A file of our own names nobody who is not listed, so those stay where they are.
        """
        before: list[Part] = [(part.speaker, part.role, part.credited_name or "") for part in one.appearances]
        found: dict[tuple[Speaker, SpeakerRole], str] = {}
        for person in event.persons:
            speaker = self._speaker(person)
            credited = "" if _line(person.name) == _line(speaker.name) else _line(person.name)
            had = [role for somebody, role, _ in before if somebody is speaker] or [SpeakerRole.SPEAKER]
            for role in [_role(person.role)] if person.role else had:
                found.setdefault((speaker, role), credited)
        named = list(dict.fromkeys(speaker for speaker, _role in found))
        if self.schedule.generator == OWN_GENERATOR:
            found.update({(who, role): credited for who, role, credited in before if who.listed_at is None})
        wanted = [(speaker, role, credited) for (speaker, role), credited in found.items()]
        in_order = [who for who in dict.fromkeys(who for who, _role, _credited in before) if who in named]
        return before if set(before) == set(wanted) and in_order == named else wanted

    def _speaker(self, person: ParsedPerson) -> Speaker:
        known = (
            self.speakers.get(person.key)
            or self.speakers_by_code.get(person.code)
            or self.speakers_by_guid.get(person.guid.lower())
        )
        return known or self._new_speaker(person)

    def _new_speaker(self, person: ParsedPerson) -> Speaker:
        code = person.code if _CODE.fullmatch(person.code) else new_code(self.speakers_by_code)
        free = _guids([person.guid]) - self.taken_speaker_guids
        self.taken_speaker_guids |= free
        speaker = services.add_speaker(
            edition=self.edition,
            code=code,
            name=_line(person.name),
            guid=next(iter(free), None) or uuid.uuid4(),
            source_key=person.key,
            listed_at=self.at if self.listed else None,
            source=ListingSource.PUBLISHED_PROGRAMME if self.listed else None,
        )
        self.speakers[person.key] = self.speakers_by_code[code] = speaker
        self.report.made["speaker"] += 1
        return speaker

    def cancel_missing(self) -> None:
        """Sessions of an earlier import that the file no longer has."""
        for one in self.by_key.values():
            if id(one) not in self.seen and one.state is not SessionState.CANCELLED:
                one.state = SessionState.CANCELLED
                self.report.changed["cancelled"] += 1


def _role(name: str) -> SpeakerRole:
    return next((role for role in SpeakerRole if role.value == name), SpeakerRole.SPEAKER)


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


def _line(text: str) -> str:
    return " ".join(printable(text).split())


def _by_line(named: Mapping[str, Value]) -> Iterable[tuple[str, Value]]:
    """The pairs by the name as it is kept; of two names that differ in mere encoding, the first."""
    found: dict[str, Value] = {}
    for name, value in named.items():
        found.setdefault(_line(name), value)
    return found.items()


def _names(thing: Room | Track | Format) -> list[str]:
    return [_line(name) for name in thing.name.plain().values()]


def _named(name: str, before: Named | None, known: Mapping[str, Named]) -> Named | None:
    """What the file calls `name`: what was there before if it can be called so, since two may share a name."""
    line = _line(name)
    return before if before is not None and line in _names(before) else known.get(line)


def _slot_and_cast(one: ForumSession) -> tuple[object, ...]:
    slot = one.slot
    where = (slot.room, slot.day_on, slot.starts_at, slot.ends_at) if slot else None
    return where, [(part.speaker, part.role, part.credited_name) for part in one.appearances]


def _guids(keys: Iterable[str]) -> set[uuid.UUID]:
    """Those of `keys` that are UUIDs."""
    found = set()
    for key in set(keys):
        try:
            found.add(uuid.UUID(key))
        except ValueError:
            continue
    return found


def _languages(schedule: ParsedSchedule, main: str | None) -> list[str]:
    spoken = Counter(known_language(event.language) for event in schedule.events if event.language)
    found = [language for language, _ in spoken.most_common() if language]
    first = main or (found[0] if found else "en")
    return [first, *(language for language in found if language != first)]


def _slug(name: str, taken: set[str]) -> str:
    """`name` as a short readable code that is not in `taken`; a random one for scripts without ASCII letters."""
    plain = re.sub(r"[^a-z0-9]+", "-", folded(name)).strip("-")[:40].strip("-") or new_code(taken).lower()
    return next(code for code in (plain, *(f"{plain}-{n}" for n in range(2, 10_000))) if code not in taken)
