"""The demo edition: its size, its timetable, its people, its texts and its two releases."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from urllib.parse import urlsplit

import pytest

from forum.agenda.queries import matching_codes, published
from forum.db import db
from forum.demo.build import make_demo
from forum.editions.models import Mode
from forum.editions.services import SlugTaken
from forum.programme import queries
from forum.programme.models import SessionState, SpeakerRole
from forum.programme.rules import Occupied, overlaps

AT = datetime(2026, 11, 21, 8, 20, tzinfo=UTC)
DAYS = [date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)]
SIX = {"en", "fr", "pt", "es", "ar", "sw"}
TOGETHER = ("break", "social")


@pytest.fixture
def steps():
    return []


@pytest.fixture
def edition(app, steps):
    made = make_demo(at=AT, step=lambda: steps.append(1))
    db.session.commit()
    return made


@pytest.fixture
def sessions(edition):
    return queries.draft_sessions(edition)


def titled(sessions, start):
    (found,) = [one for one in sessions if one.title.shown("en").text.startswith(start)]
    return found


def local(moment, edition):
    return moment.astimezone(edition.zone).replace(tzinfo=None)


def hours(one):
    """Day of the edition from 1, start and end on Lusaka's clock."""
    start, end = (f"{local(moment, one.edition):%H:%M}" for moment in (one.slot.starts_at, one.slot.ends_at))
    return (one.slot.day_on - one.edition.starts_on).days + 1, start, end


def in_role(one, *roles):
    return [part.speaker for part in one.appearances if part.role in roles]


def test_make_demo_has_the_size_of_a_real_forum(edition, sessions, steps):
    assert len(steps) == 80
    assert [one.number for one in sessions] == list(range(1, 81))
    assert sorted({one.slot.day_on for one in sessions}) == DAYS
    assert len(queries.speakers(edition)) == 200
    assert len(queries.rooms(edition)) == 6
    assert len({one.slot.room.code for one in sessions}) == 6
    assert len(queries.tracks(edition)) == 6
    assert len({one.format.code for one in sessions}) == len(queries.formats(edition)) == 9


def test_make_demo_says_that_it_is_a_demo_in_lusaka(edition):
    assert (edition.slug, edition.forum.slug, edition.is_demo) == ("umoja-2026", "umoja", True)
    assert (edition.time_zone, edition.venue.country) == ("Africa/Lusaka", "ZM")
    assert edition.languages == ["en", "fr", "pt", "es", "ar", "sw"]
    assert (edition.starts_on, edition.ends_on) == (DAYS[0], DAYS[2])
    assert edition.name.plain()["fr"] == "Forum Umoja des droits numériques 2026"
    assert set(edition.name) == set(edition.description) == set(edition.forum.description) == SIX


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("at", "starts_on", "slug"),
    [
        (datetime(2026, 3, 1, 9, tzinfo=UTC), date(2026, 2, 28), "umoja-2026"),
        (datetime(2026, 7, 14, 22, 30, tzinfo=UTC), date(2026, 7, 14), "umoja-2026"),
        (datetime(2026, 12, 31, 12, tzinfo=UTC), date(2026, 12, 30), "umoja-2026"),
        (datetime(2026, 12, 31, 23, tzinfo=UTC), date(2026, 12, 31), "umoja-2026"),
        (datetime(2027, 1, 1, 22, tzinfo=UTC), date(2027, 1, 1), "umoja-2027"),
        (datetime(2028, 2, 29, 0, tzinfo=UTC), date(2028, 2, 28), "umoja-2028"),
    ],
)
def test_make_demo_at_any_moment_is_around_today_in_lusaka(at, starts_on, slug):
    edition = make_demo(at=at, step=lambda: None)
    sessions = queries.draft_sessions(edition)
    days = sorted({one.slot.day_on for one in sessions})

    assert edition.slug == slug
    assert days == [starts_on + timedelta(days=n) for n in range(3)]
    assert (days[0], days[2]) == (edition.starts_on, edition.ends_on)
    assert hours(titled(sessions, "Opening plenary")) == (1, "09:00", "10:00")
    assert hours(titled(sessions, "Night cinema")) == (2, "22:45", "00:45")
    assert queries.clashes(sessions) == ({}, {})
    assert [release.number for release in queries.releases(edition)] == [2, 1]


def test_make_demo_a_second_time_is_refused(edition):
    with pytest.raises(SlugTaken):
        make_demo(at=AT, step=lambda: None)


def test_nobody_and_no_room_is_in_two_places_at_once_in_either_release(edition, sessions):
    assert queries.clashes(sessions) == ({}, {})
    for release in queries.releases(edition):
        db.session.refresh(release, ["timetable"])
        held = defaultdict(list)
        for entry in release.timetable["sessions"]:
            if entry["state"] == "cancelled":
                continue
            starts_at, ends_at = (datetime.fromisoformat(entry[edge]) for edge in ("starts_at", "ends_at"))
            for thing in {entry["room"], *(code for code, _role in entry["people"])}:
                held[thing].append(Occupied(entry["code"], starts_at, ends_at))
        assert len(held) == 206
        assert overlaps(held) == {}


def test_sessions_of_a_room_leave_15_minutes_between_them(edition, sessions):
    by_room = defaultdict(list)
    for one in sessions:
        if one.format.code not in TOGETHER:
            by_room[one.slot.room.code, one.slot.day_on].append(one.slot)
    gaps = [
        later.starts_at - earlier.ends_at
        for slots in by_room.values()
        for earlier, later in pairwise(sorted(slots, key=lambda slot: slot.starts_at))
    ]

    assert min(gaps) == timedelta(minutes=15)


def test_talks_stay_between_nine_and_half_past_six_and_clear_of_lunch(sessions):
    talks = [hours(one) for one in sessions if one.format.code not in TOGETHER]

    assert (min(start for _, start, _ in talks), max(end for _, _, end in talks)) == ("09:00", "18:30")
    assert [one for one in talks if one[1] < "14:30" and one[2] > "13:00"] == []
    assert sorted((*hours(one), one.slot.room.code) for one in sessions if one.format.code == "break") == [
        (day, "13:00", "14:30", "umoja-hall") for day in (1, 2, 3)
    ]


def test_opening_is_before_everything_and_closing_after(sessions):
    opening, closing = titled(sessions, "Opening plenary"), titled(sessions, "Closing plenary")
    others = [one.slot for one in sessions if one not in (opening, closing)]

    assert min(slot.starts_at for slot in others) > opening.slot.ends_at
    assert max(slot.ends_at for slot in others) < closing.slot.starts_at
    assert hours(opening) == (1, "09:00", "10:00")
    assert hours(closing) == (3, "17:30", "18:30")
    assert hours(titled(sessions, "Welcome reception")) == (1, "18:30", "20:30")


def test_night_cinema_past_midnight_belongs_to_the_second_day(edition, sessions):
    night = titled(sessions, "Night cinema")

    assert night.slot.day_on == DAYS[1]
    assert local(night.slot.ends_at, edition) == datetime(2026, 11, 22, 0, 45)
    assert [one for one in sessions if local(one.slot.ends_at, edition).date() != one.slot.day_on] == [night]


def test_every_session_is_interpreted_by_the_booths_of_its_room(sessions):
    spoken = [one for one in sessions if one.language is not None]
    assert len(spoken) == 77
    for one in spoken:
        served = {*one.slot.room.interpretation_languages} - {one.language}
        assert served.issuperset(one.interpretation_languages), one.title
        if one.slot.room.code == "umoja-hall":
            assert served == set(one.interpretation_languages), one.title


def test_rooms_that_can_be_joined_online_have_an_invented_link(edition):
    rooms = queries.rooms(edition)

    assert Counter(room.mode for room in rooms) == {Mode.HYBRID: 3, Mode.ONLINE: 2, Mode.IN_PERSON: 1}
    assert {urlsplit(room.online_url).hostname for room in rooms if room.mode is not Mode.IN_PERSON} == {"example.org"}
    assert [room.online_url for room in rooms if room.mode is Mode.IN_PERSON] == [""]


def test_everybody_appears_and_speaks_the_language_of_the_session(edition, sessions):
    parts = [(one, part.speaker) for one in sessions for part in one.appearances]

    assert {speaker.code for _, speaker in parts} == {speaker.code for speaker in queries.speakers(edition)}
    assert [(one.title, speaker.name) for one, speaker in parts if one.language not in speaker.languages] == []


def test_panels_have_one_moderator_and_mix_at_least_three_groups(sessions):
    panels = [one for one in sessions if one.format.code in ("panel", "roundtable")]

    assert len(panels) == 40
    for one in panels:
        assert len(in_role(one, SpeakerRole.MODERATOR)) == 1, one.title
        assert 2 <= len(in_role(one, SpeakerRole.SPEAKER)) <= 5, one.title
        assert len({part.speaker.stakeholder_group for part in one.appearances}) >= 3, one.title


def test_short_formats_have_one_or_two_speakers(sessions):
    short = [one for one in sessions if one.format.code in ("keynote", "lightning_talk", "demo")]

    assert len(short) == 17
    assert {len(in_role(one, SpeakerRole.SPEAKER)) for one in short} == {1, 2}


def test_eleven_sessions_have_a_rapporteur(sessions):
    assert Counter(len(in_role(one, SpeakerRole.RAPPORTEUR)) for one in sessions) == {0: 69, 1: 11}


def test_eight_who_have_not_confirmed_are_on_the_programme_and_not_in_public(edition):
    hidden = {one.code for one in queries.speakers(edition) if one.listing_source is None}
    now_public = published(edition)
    in_the_release = {code for entry in now_public.release.timetable["sessions"] for code, _role in entry["people"]}

    assert len(hidden) == 8
    assert hidden < in_the_release
    assert set(now_public.speakers) == in_the_release - hidden
    assert len(now_public.speakers) == 192


def test_25_sessions_are_written_in_six_languages_and_the_others_in_two_or_three(sessions):
    texts = [one for one in sessions if one.format.code != "break"]
    everywhere = [one for one in texts if set(one.title) == set(one.abstract) == SIX]
    others = [one for one in texts if one not in everywhere]

    assert len(everywhere) == 25
    assert {len(one.title) for one in others} == {2, 3}
    assert Counter(len(one.title) > len(one.abstract) for one in others) == {False: 45, True: 7}
    assert Counter(len(one.abstract) for one in others if len(one.title) > len(one.abstract)) == {0: 3, 1: 4}


def test_the_spoken_language_is_the_one_it_was_written_in(sessions):
    for one in sessions:
        assert one.title.original_language == (one.language or "en"), one.title
        assert one.abstract.original_language == ((one.language or "en") if one.abstract else None), one.title
        assert len(one.description) == 0


def test_bios_are_written_in_the_first_language_of_the_person_that_is_there(edition):
    bios = [one for one in queries.speakers(edition) if one.bio]
    first = {one.name: next(tag for tag in one.languages if tag in one.bio) for one in bios}

    assert len(bios) == 60
    assert {one.name: one.bio.original_language for one in bios} == first


def test_search_finds_a_session_by_either_apostrophe(edition, sessions):
    now_public = published(edition)
    farms = titled(sessions, "The price of a gigabyte where")

    assert matching_codes(now_public, "women's farming") == {farms.code}
    assert matching_codes(now_public, "women’s farming") == {farms.code}


def test_release_2_moves_one_session_and_cancels_another(edition, sessions):
    second, first = queries.releases(edition)
    changes = {tuple(change["kinds"]): change for change in second.changes}
    by_code = {one.code: one for one in sessions}
    moved, cancelled = (by_code[changes[kinds]["code"]] for kinds in (("moved", "retimed"), ("cancelled",)))

    assert (first.changes, len(second.changes)) == ([], 2)
    assert (first.published_at, second.published_at) == (AT - timedelta(days=5), AT - timedelta(hours=6))
    assert set(first.note) == set(second.note) == SIX
    assert moved.slot.day_on in DAYS[1:]
    assert changes["moved", "retimed"]["was"]["room"] == "acacia"
    assert (moved.slot.room.code, hours(moved)) == ("baobab", (3, "16:15", "17:15"))
    assert cancelled.slot.day_on in DAYS[1:]
    assert Counter(one.state for one in sessions) == {
        SessionState.CONFIRMED: 76,
        SessionState.PLANNED: 3,
        SessionState.CANCELLED: 1,
    }
