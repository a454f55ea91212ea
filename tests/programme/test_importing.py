"""Bringing a file into an edition: what is made of it, and how its names and ids are kept apart."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from forum.db import db
from forum.editions.services import SlugRefused, UnknownTimeZone
from forum.i18n import Text, TextState
from forum.programme import queries, services
from forum.programme.importing import edition_for, read_schedule
from forum.programme.importing.edition import EditionIsThere, LanguageNotKnown, NoSuchEdition, NoTimeZone
from forum.programme.models import ListingSource, SessionState, SpeakerRole
from tests import make
from tests.programme.files import (
    ADA,
    AT,
    BO,
    LATER,
    bring,
    c3voc,
    frab,
    json_event,
    numbered,
    sessions_of,
    xml_event,
)
from tests.rows import all_rows, rows_of


def test_edition_is_made_from_the_file(app):
    events = [
        numbered(1, language="fr"),
        numbered(2, language="fr"),
        numbered(3, language="en"),
        numbered(4, language="xx"),
    ]
    content = frab(*events, conference="<venue>Mulungushi</venue><city>Lusaka</city>")

    edition, report = bring(content)

    assert (edition.slug, edition.name.plain()) == ("umoja-2026", {"fr": "Umoja 2026"})
    assert (edition.forum.slug, edition.forum.name.plain()) == ("umoja", {"fr": "Umoja"})
    assert (edition.starts_on, edition.ends_on) == (date(2026, 5, 12), date(2026, 5, 12))
    assert (edition.time_zone, edition.languages) == ("Africa/Lusaka", ["fr", "en"])
    assert (edition.venue.name.plain(), edition.venue.city.plain()) == ({"fr": "Mulungushi"}, {"fr": "Lusaka"})
    assert report.notes == {"language": 1}
    assert report.release.number == 1


def test_edition_is_made_as_the_options_say(app):
    edition, _ = bring(frab(numbered(1, language="fr")), time_zone="Africa/Nairobi", language="EN_us")

    assert (edition.time_zone, edition.languages) == ("Africa/Nairobi", ["en-US", "fr"])


@pytest.mark.parametrize(
    ("options", "zone", "refusal"),
    [
        ({"create": False}, "Africa/Lusaka", NoSuchEdition),
        ({}, None, NoTimeZone),
        ({}, "", NoTimeZone),
        ({}, "Berlin", UnknownTimeZone),
        ({}, "../../etc/passwd", UnknownTimeZone),
        ({}, "Africa", UnknownTimeZone),
        ({"time_zone": "Nowhere/Land"}, "Africa/Lusaka", UnknownTimeZone),
        ({"language": "klingonese"}, "Africa/Lusaka", LanguageNotKnown),
        ({"slug": "Übung 2026"}, "Africa/Lusaka", SlugRefused),
        ({"slug": "static"}, "Africa/Lusaka", SlugRefused),
    ],
)
def test_edition_is_refused(app, options, zone, refusal):
    schedule = read_schedule(frab(xml_event(), zone=zone))
    named = {"slug": "umoja-2026", "create": True, "time_zone": None, "language": None, **options}

    with pytest.raises(refusal):
        edition_for(schedule=schedule, at=AT, **named)


def test_session_is_made_with_all_the_file_says(app):
    event = xml_event(
        attributes={"id": "7", "guid": "0f6a3b1c-0000-4000-8000-000000000007", "code": "AB12CD"},
        subtitle="A start",
        abstract="<p>Short &amp; <b>sweet</b></p>",
        description="Long",
        language="fr",
        track="Rights",
        type="panel",
        persons=ADA + BO,
        inside='<links><link href="https://example.org/a">Paper</link></links>',
    )

    edition, report = bring(frab(event, conference='<track name="Rights" color="#AA0000"/>'), language="en")

    (one,) = sessions_of(edition).values()
    assert (one.code, one.number, str(one.guid)) == ("AB12CD", 7, "0f6a3b1c-0000-4000-8000-000000000007")
    assert (one.title["fr"], one.state, one.language) == (
        Text("Water", TextState.ORIGINAL),
        SessionState.CONFIRMED,
        "fr",
    )
    assert (one.subtitle.plain(), one.abstract.plain()) == ({"fr": "A start"}, {"fr": "Short & **sweet**"})
    assert one.description.plain() == {"fr": "Long"}
    assert (one.track.name.plain(), one.track.colour) == ({"en": "Rights"}, "#aa0000")
    assert (one.format.name.plain(), one.slot.room.name.plain()) == ({"en": "panel"}, {"en": "Hall"})
    assert (one.slot.starts_at, one.slot.ends_at) == (
        datetime(2026, 5, 12, 7, tzinfo=UTC),
        datetime(2026, 5, 12, 8, tzinfo=UTC),
    )
    assert [(part.speaker.name, part.role) for part in one.appearances] == [
        ("Ada", SpeakerRole.SPEAKER),
        ("Bo", SpeakerRole.SPEAKER),
    ]
    assert one.links == [{"url": "https://example.org/a", "title": "Paper"}]
    assert report.made == {"room": 1, "track": 1, "format": 1, "session": 1, "speaker": 2}
    assert (report.sessions, report.speakers) == (1, 2)


@pytest.mark.parametrize(
    ("zone", "moment", "clock", "starts_at", "contradicting"),
    [
        ("Africa/Lusaka", "2026-05-12T09:00:00+02:00", "09:00", "2026-05-12 07:00", 0),
        ("Africa/Lusaka", "2026-05-12T07:00:00+00:00", "09:00", "2026-05-12 07:00", 0),
        ("America/Toronto", "2026-05-12T09:00:00+00:00", "09:00", "2026-05-12 13:00", 1),
        ("America/Toronto", "2026-05-12T09:00:00+00:00", None, "2026-05-12 09:00", 0),
        ("America/Toronto", "2026-05-12T09:00:00+00:00", "08:00", "2026-05-12 09:00", 0),
        ("Africa/Lusaka", None, "09:00", "2026-05-12 07:00", 0),
        ("Europe/Brussels", "2026-03-29T02:30:00", "02:30", "2026-03-29 01:30", 0),
        ("Europe/Brussels", "2026-10-25T02:30:00", "02:30", "2026-10-25 00:30", 0),
    ],
    ids=[
        "offset and clock agree",
        "clock of the zone",
        "offset contradicts the clock",
        "no clock",
        "clock contradicts both",
        "clock alone",
        "in the gap of spring",
        "in the fold of autumn",
    ],
)
def test_clock_on_the_wall_is_believed(app, zone, moment, clock, starts_at, contradicting):
    edition, report = bring(frab(xml_event(date=moment, start=clock), zone=zone))

    (one,) = sessions_of(edition).values()
    assert f"{one.slot.starts_at:%Y-%m-%d %H:%M}" == starts_at
    assert one.slot.ends_at - one.slot.starts_at == timedelta(hours=1)
    assert report.notes["offset"] == contradicting


def test_session_past_midnight_stays_on_the_day_it_was_put_on(app):
    edition, _ = bring(frab(xml_event(date="2026-05-13T00:30:00+02:00", start="00:30")))

    (one,) = sessions_of(edition).values()
    assert (one.slot.day_on, one.slot.starts_at) == (date(2026, 5, 12), datetime(2026, 5, 12, 22, 30, tzinfo=UTC))


def test_clashes_are_reported_and_nothing_is_refused_for_them(app):
    at_nine = {"start": "09:00", "date": "2026-05-12T09:00:00+02:00"}

    _, report = bring(
        frab(
            numbered(1, persons=ADA),
            numbered(2, **at_nine),
            numbered(3, **at_nine, room="Yard", persons=ADA),
            numbered(4, persons=ADA),
        )
    )

    assert report.room_clashes == [("Hall", "Session 1", "Session 2")]
    assert report.person_clashes == [("Ada", "Session 1", "Session 3")]
    assert report.sessions == 4


def test_cancelled_session_clashes_with_nothing(app):
    twice = [numbered(1), numbered(2, start="09:00", date="2026-05-12T09:00:00+02:00")]
    _, before = bring(frab(*twice))

    _, after = bring(frab(twice[0]), at=LATER)

    assert (len(before.room_clashes), len(after.room_clashes)) == (1, 0)


def test_ids_of_another_edition_are_no_obstacle(app):
    guid = "0f6a3b1c-0000-4000-8000-000000000007"
    content = c3voc(json_event(guid=guid, code="AB12CD", persons=[{"name": "Ada", "guid": guid, "code": "ADAADA"}]))
    bring(content, slug="umoja-2025")

    edition, _ = bring(content)

    (one,) = sessions_of(edition).values()
    before = all_rows()
    bring(content, at=LATER)
    assert all_rows() == before
    assert (str(one.guid) != guid, one.code) == (True, "AB12CD")


def test_uuid_written_in_three_ways_is_three_sessions(app):
    guid = "0f6a3b1c-0000-4000-8000-00000000000a"
    bring(c3voc(json_event(guid=guid)))
    content = c3voc(*(json_event(guid=key) for key in (guid, guid.upper(), f"{{{guid}}}")))

    edition, _ = bring(content)

    before = all_rows()
    bring(content, at=LATER)
    assert all_rows() == before
    assert len(sessions_of(edition)) == 3


def test_session_made_here_is_known_by_its_uuid(app):
    edition = make.an_edition(slug="umoja-2026")
    own = make.a_session(edition, title="Water")
    own_guid = str(own.guid)

    bring(c3voc(json_event(guid=own_guid.upper(), title="Water for all")))

    (one,) = sessions_of(edition).values()
    assert (one.id, one.title.plain()) == (own.id, {"en": "Water for all"})


@pytest.mark.parametrize("number", ["1", "1073741823", "2147483647", "99999999999999999999", "-1"])
def test_numbers_stay_unique_and_within_the_column(app, number):
    edition, _ = bring(
        c3voc(json_event(guid="a", id=number), json_event(guid="b", id=number), json_event(guid="c", id=None))
    )

    numbers = [one.number for one in sessions_of(edition).values()]
    assert len(set(numbers)) == 3
    assert all(0 < number < 2**31 for number in numbers)


def test_rooms_named_alike_keep_codes_apart(app):
    rooms = ["Hall 1", "Hall, 1", "HALL-1", "القاعة", "القاعة ١"]

    edition, _ = bring(c3voc(*(json_event(id=n, room=room) for n, room in enumerate(rooms))))

    assert sorted(room.name.plain()["en"] for room in queries.rooms(edition)) == sorted(rooms)
    codes = [room.code for room in queries.rooms(edition)]
    assert codes[:3] == ["hall-1", "hall-1-2", "hall-1-3"]
    assert all(re.fullmatch("[a-z0-9-]+", code) for code in codes)
    assert len(set(codes)) == 5


def test_tracks_without_a_colour_get_ones_of_ours(app):
    edition, _ = bring(
        frab(*(numbered(n, track=f"T{n}") for n in range(1, 13)), conference='<track name="T3" color="red"/>')
    )

    colours = [track.colour for track in queries.tracks(edition)]
    assert len(set(colours)) == 10
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in colours)


def test_room_in_which_nothing_happens_is_left(app):
    edition, report = bring(c3voc(json_event(), rooms=[{"name": "Hall", "capacity": 90}, {"name": "Attic"}]))

    assert [(room.name.plain(), room.capacity) for room in queries.rooms(edition)] == [({"en": "Hall"}, 90)]
    assert report.left == {"room": 1}


def test_characters_that_no_database_holds_are_dropped_everywhere(app):
    nasty = "\x00\ud800\x1b\ufdd0"
    person = {"name": f"Ada{nasty}", "id": f"5{nasty}", "code": nasty, "guid": nasty}
    event = json_event(
        **{
            name: f"{name}{nasty}" for name in ("title", "subtitle", "abstract", "description", "track", "type", "room")
        },
        id=None,
        guid=f"a{nasty}",
        code=nasty,
        language=nasty,
        persons=[person],
        links=[{"url": f"https://example.org/{nasty}", "title": nasty}],
    )

    edition, _ = bring(c3voc(event, title=f"Umoja{nasty}", tracks=[{"name": nasty, "color": nasty}]))

    assert edition.name.plain() == {"en": "Umoja"}
    (one,) = sessions_of(edition).values()
    assert [one.title.plain(), one.subtitle.plain(), one.abstract.plain(), one.description.plain()] == [
        {"en": "title"},
        {"en": "subtitle"},
        {"en": "abstract"},
        {"en": "description"},
    ]
    assert [thing.name.plain()["en"] for thing in (one.track, one.format, one.slot.room)] == ["track", "type", "room"]
    assert [(part.speaker.name, part.speaker.source_key) for part in one.appearances] == [("Ada", "5")]
    assert one.links == [{"url": "https://example.org/", "title": ""}]


def test_crash_in_the_middle_leaves_nothing(app, monkeypatch):
    bring(frab(numbered(1)))
    before = all_rows()
    monkeypatch.setattr(services, "publish", lambda **_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        bring(frab(numbered(1, title="Renamed", persons=ADA), numbered(2, room="Yard")))
    db.session.rollback()

    assert all_rows() == before


def test_import_writes_to_the_tables_of_its_edition_alone(app):
    other = make.an_edition()
    make.a_session(other, speakers=[make.a_speaker(other)], room=make.a_room(other))
    make.a_release(other)
    db.session.commit()
    before = all_rows()

    bring(frab(numbered(1, persons=ADA)))

    after = all_rows()
    assert {name: after[name][: len(rows)] for name, rows in before.items()} == before
    assert rows_of(after)["forum_session"] == 2


def test_name_that_a_newer_file_corrects_is_corrected_everywhere(app):
    bring(frab(xml_event(persons='<person id="7">Ada Wrong</person>')))

    edition, report = bring(frab(xml_event(persons='<person id="7">Ada Right</person>')))

    (speaker,) = queries.speakers(edition)
    assert (speaker.name, speaker.folded_name) == ("Ada Right", "ada right")
    assert [part.credited_name for one in queries.draft_sessions(edition) for part in one.appearances] == [""]
    assert report.changed == {"speaker": 1}


def test_name_that_somebody_confirmed_stays_theirs(app):
    edition, _ = bring(frab(xml_event(persons='<person id="7">Ada Wrong</person>')))
    (speaker,) = queries.speakers(edition)
    speaker.name, speaker.listing_source = "Ada Alias", ListingSource.OWN_CONFIRMATION

    bring(frab(xml_event(persons='<person id="7">Ada Legal</person>')))

    assert speaker.name == "Ada Alias"


def test_newer_file_with_a_further_day_lengthens_the_edition(app):
    edition, _ = bring(frab(xml_event()))
    before = (edition.starts_on, edition.ends_on)

    bring(frab(xml_event()).replace(str(before[1]).encode(), b"2026-06-30"))

    assert (edition.starts_on, edition.ends_on) == (before[0], date(2026, 6, 30))


@pytest.mark.parametrize("options", [{"time_zone": "Asia/Tokyo"}, {"language": "sw"}])
def test_zone_and_language_of_an_edition_that_exists_cannot_be_given(app, options):
    bring(frab(xml_event()))

    with pytest.raises(EditionIsThere, match="exists with its own time zone and language"):
        bring(frab(xml_event()), **options)
