"""People of an edition, by what a file knows them by."""

import re
import uuid
from datetime import datetime

from forum.editions.models import Edition
from forum.programme import queries, services
from forum.programme.codes import new_code
from forum.programme.importing.names import line, uuid_of, uuids
from forum.programme.importing.report import Report
from forum.programme.models import ForumSession, ListingSource, Speaker, SpeakerRole
from forum.programme.parsed import OWN_GENERATOR, ParsedEvent, ParsedPerson, ParsedSchedule

Part = tuple[Speaker, SpeakerRole, str]
_CODE = re.compile(r"[A-Z0-9]{6}")


class People:
    """The edition's speakers, with those that the file adds: listed from `at` on, or hidden."""

    def __init__(self, edition: Edition, schedule: ParsedSchedule, at: datetime, listed: bool, report: Report) -> None:
        self.edition, self.at, self.listed, self.report = edition, at, listed, report
        self.is_own_file = schedule.generator == OWN_GENERATOR
        speakers = queries.speakers(edition)
        self.by_key = {one.source_key: one for one in speakers if one.source_key}
        self.by_code = {one.code: one for one in speakers}
        self.by_guid = {one.guid: one for one in speakers}
        self.names = _names(schedule)
        self.taken_guids = queries.taken_speaker_guids(
            uuids(person.guid for event in schedule.events for person in event.persons)
        )

    def cast_of(self, event: ParsedEvent, one: ForumSession) -> list[Part]:
        """Who appears, in the file's order. Roles that the file does not give stay; new people are speakers.

        A file of our own names nobody who is not listed, so those stay where they are.
        """
        before: list[Part] = [(part.speaker, part.role, part.credited_name or "") for part in one.appearances]
        found: dict[tuple[Speaker, SpeakerRole], str] = {}
        for person in event.persons:
            speaker = self._speaker(person)
            credited = "" if person.name == line(speaker.name) else person.name
            had = [role for somebody, role, _ in before if somebody is speaker] or [SpeakerRole.SPEAKER]
            for role in [_role(person.role)] if person.role else had:
                found.setdefault((speaker, role), credited)
        named = list(dict.fromkeys(speaker for speaker, _role in found))
        if self.is_own_file:
            found.update({(who, role): credited for who, role, credited in before if who.listed_at is None})
        wanted = [(speaker, role, credited) for (speaker, role), credited in found.items()]
        in_order = [who for who in dict.fromkeys(who for who, _role, _credited in before) if who in named]
        return before if set(before) == set(wanted) and in_order == named else wanted

    def _speaker(self, person: ParsedPerson) -> Speaker:
        guid = uuid_of(person.guid)
        known = self.by_key.get(person.key) or self.by_code.get(person.code)
        known = known or (self.by_guid.get(guid) if guid else None)
        if known is None:
            return self._new_speaker(person)
        self._correct(known, person)
        return known

    def _correct(self, speaker: Speaker, person: ParsedPerson) -> None:
        """Take over a name that the file gives throughout, unless the person chose theirs."""
        chosen = speaker.source_key is None or speaker.listing_source is ListingSource.OWN_CONFIRMATION
        if not chosen and self.names[person.key] == {person.name} and person.name != line(speaker.name):
            services.rename_speaker(speaker=speaker, name=person.name)
            self.report.changed["speaker"] += 1

    def _new_speaker(self, person: ParsedPerson) -> Speaker:
        code = person.code if _CODE.fullmatch(person.code) else new_code(self.by_code)
        free = uuids([person.guid]) - self.taken_guids
        self.taken_guids |= free
        speaker = services.add_speaker(
            edition=self.edition,
            code=code,
            name=person.name,
            guid=next(iter(free), None) or uuid.uuid4(),
            source_key=person.key,
            listed_at=self.at if self.listed else None,
            source=ListingSource.PUBLISHED_PROGRAMME if self.listed else None,
        )
        self.by_key[person.key] = self.by_code[code] = speaker
        self.report.made["speaker"] += 1
        return speaker


def _names(schedule: ParsedSchedule) -> dict[str, set[str]]:
    """Every name that the file gives a person, by their key."""
    found: dict[str, set[str]] = {}
    for person in (person for event in schedule.events for person in event.persons):
        found.setdefault(person.key, set()).add(person.name)
    return found


def _role(name: str) -> SpeakerRole:
    return next((role for role in SpeakerRole if role.value == name), SpeakerRole.SPEAKER)
