"""Bringing a file into an edition: what is made, changed, cancelled and left alone, and what is released of it."""

import json
import re
import string
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forum.db import db
from forum.editions.services import SlugRefused, UnknownTimeZone
from forum.errors import ForumError
from forum.i18n import Text, TextState
from forum.programme import queries, services
from forum.programme.importing import edition_for, import_schedule, read_schedule
from forum.programme.importing.edition import LanguageNotKnown, NoSuchEdition, NoTimeZone
from forum.programme.models import ListingSource, SessionState, SpeakerRole
from tests import make
from tests.page import get
from tests.programme.files import AT, bring, c3voc, frab, json_event, sessions_of, xml_event
from tests.rows import all_rows, rows_of

LATER = AT + timedelta(days=1)
ADA = '<person id="5">Ada</person>'
BO = '<person id="6">Bo</person>'


def numbered(number, **fields):
    """An event of this id and a start at as many hours past eight, in rooms that do not clash."""
    hour = 8 + number
    return xml_event(
        **{
            "attributes": {"id": str(number)},
            "title": f"Session {number}",
            "date": f"2026-05-12T{hour:02}:00:00+02:00",
            "start": f"{hour:02}:00",
            **fields,
        }
    )


def changes(report):
    """What the release says changed, by title."""
    return {change["title"]["en"]: change["kinds"] for change in report.release.changes}


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


@pytest.mark.parametrize("make_file", [lambda *e: frab(*e), lambda *_: c3voc(json_event(id=1), json_event(id=2))])
def test_second_import_changes_nothing(app, make_file):
    content = make_file(numbered(1, persons=ADA), numbered(2, track="Rights", type="panel", abstract="<p>a</p>"))
    bring(content)
    before = all_rows()

    _, report = bring(content, at=LATER)

    assert all_rows() == before
    assert (report.made, report.changed, report.release) == ({}, {}, None)


def test_same_programme_in_the_other_format_changes_nothing(app, data):
    folder = data / "good2025/schedule/export"
    bring((folder / "schedule.xml").read_bytes())
    before = all_rows()

    _, report = bring((folder / "schedule.json").read_bytes(), at=LATER)

    assert all_rows() == before
    assert report.release is None


def test_updated_file_becomes_a_release_with_exactly_its_changes(app):
    first = [numbered(n) for n in range(1, 8)]
    edition, _ = bring(frab(*first))
    second = [
        numbered(1, room="Yard"),
        numbered(2, start="17:15", date="2026-05-12T17:15:00+02:00"),
        numbered(3, title="Renamed"),
        numbered(4, duration="0:30", room="Yard"),
        numbered(6, persons=ADA),
        numbered(7),
        numbered(8),
    ]

    _, report = bring(frab(*second), at=LATER)

    assert changes(report) == {
        "Session 1": ["moved"],
        "Session 2": ["retimed"],
        "Renamed": ["retitled"],
        "Session 4": ["moved", "retimed"],
        "Session 5": ["cancelled"],
        "Session 6": ["edited"],
        "Session 8": ["new"],
    }
    assert (report.release.number, report.release.published_at) == (2, LATER)
    assert report.made == {"session": 1, "room": 1, "speaker": 1}
    assert report.changed == {"session": 5, "cancelled": 1}
    assert sessions_of(edition)["5"].state is SessionState.CANCELLED
    assert sessions_of(edition)["5"].slot.room.name.plain() == {"en": "Hall"}


def test_session_that_comes_back_into_the_file_is_restored(app):
    bring(frab(numbered(1), numbered(2)))
    bring(frab(numbered(1)))

    edition, report = bring(frab(numbered(1), numbered(2)), at=LATER)

    assert changes(report) == {"Session 2": ["restored"]}
    assert sessions_of(edition)["2"].state is SessionState.CONFIRMED


def test_earlier_release_stays_as_it_was(app):
    edition, _ = bring(frab(numbered(1)))
    before = all_rows()["release"]

    bring(frab(numbered(1, room="Yard")), at=LATER)

    assert all_rows()["release"][:1] == before
    assert [release.number for release in queries.releases(edition)] == [2, 1]


def test_translation_stays_and_is_outdated_once_the_original_changes(app):
    edition, _ = bring(frab(numbered(1), numbered(2)))
    for one in sessions_of(edition).values():
        one.title = one.title.with_translation("sw", "Kikao")
    db.session.commit()

    bring(frab(numbered(1, title="Renamed"), numbered(2, room="Yard")), at=LATER)

    assert dict(sessions_of(edition)["1"].title) == {
        "en": Text("Renamed", TextState.ORIGINAL),
        "sw": Text("Kikao", TextState.OUTDATED),
    }
    assert dict(sessions_of(edition)["2"].title) == {
        "en": Text("Session 2", TextState.ORIGINAL),
        "sw": Text("Kikao", TextState.HUMAN),
    }


def test_what_people_did_here_stays(app):
    edition, _ = bring(frab(numbered(1, persons=ADA), numbered(2)))
    own = make.a_session(edition, code="OWN000", number=99, title="Made here")
    one = sessions_of(edition)["1"]
    services.cast(forum_session=one, speakers=[(one.appearances[0].speaker, SpeakerRole.MODERATOR, "")])
    one.language, one.interpretation_languages = "sw", ["fr"]
    one.slot.room.name = one.slot.room.name.with_translation("fr", "Salle")
    db.session.commit()

    _, report = bring(frab(numbered(1, persons=ADA), numbered(2)), at=LATER)

    assert changes(report) == {"Made here": ["new"], "Session 1": ["edited"]}
    assert (own.state, sessions_of(edition)["OWN000"]) == (SessionState.CONFIRMED, own)
    assert (one.language, one.interpretation_languages) == ("sw", ["fr"])
    assert [part.role for part in one.appearances] == [SpeakerRole.MODERATOR]
    assert sessions_of(edition)["2"].slot.room.name.plain() == {"en": "Hall", "fr": "Salle"}


def test_people_of_a_published_programme_are_listed_since_the_import(app):
    edition, _ = bring(frab(numbered(1, persons=ADA)))

    (ada,) = queries.speakers(edition)
    assert (ada.listed_at, ada.listing_source) == (AT, ListingSource.PUBLISHED_PROGRAMME)


def test_unlisted_people_are_hidden_and_stay_so_until_they_confirm(app):
    edition, _ = bring(frab(numbered(1, persons=ADA)), listed=False)
    _, _ = bring(frab(numbered(1, persons=ADA + BO)), at=LATER)

    ada, bo = queries.speakers(edition)
    assert (ada.listed_at, ada.listing_source) == (None, None)
    assert (bo.listed_at, bo.listing_source) == (LATER, ListingSource.PUBLISHED_PROGRAMME)


def test_person_who_withdrew_is_not_listed_again(app):
    edition, _ = bring(frab(numbered(1, persons=ADA)))
    services.withdraw_listing(speaker=queries.speakers(edition)[0])
    db.session.commit()

    bring(frab(numbered(1, persons=ADA), numbered(2, persons=ADA)), at=LATER)

    (ada,) = queries.speakers(edition)
    assert (ada.listed_at, ada.listing_source) == (None, None)


def test_person_is_one_in_all_sessions_and_credited_as_each_says(app):
    persons = '<person id="5">Ada Otieno</person><person id="5">Ada</person>'

    edition, _ = bring(frab(numbered(1, persons=ADA), numbered(2, persons=persons)))

    (ada,) = queries.speakers(edition)
    parts = [part for one in sessions_of(edition).values() for part in one.appearances]
    assert [(part.speaker, part.credited_name) for part in parts] == [(ada, ""), (ada, "Ada Otieno")]


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


SMALL_XML = frab(
    numbered(1, persons=ADA, track="Rights", language="en", abstract="<p>a</p>"),
    xml_event(attributes={"id": "2", "guid": "0f6a3b1c-0000-4000-8000-000000000007"}, start=None),
    conference='<day_change>06:00</day_change><track name="Rights" color="#aa0000"/>',
)
SMALL_JSON = json.loads(
    c3voc(
        json_event(persons=[{"id": 5, "name": "Ada"}], track="Rights", language="en", links=[{"url": "https://a.org"}]),
        json_event(id=2, guid="0f6a3b1c-0000-4000-8000-000000000007", start=None),
        rooms=[{"name": "Hall", "capacity": 5}],
        tracks=[{"name": "Rights", "color": "#aa0000"}],
    )
)
NASTY = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["", "0001-01-01T00:00:00+14:00", "9999-12-31", "-1:00", "24:00", "\ud800", "\x00", "en", "UTC", "#2"]
    )
    | st.sampled_from(["00000000-0000-0000-0000-000000000000", "1" * 5_000, "../x", "<b>", "{", "2026-05-12T09:00:00"])
)
ANYTHING = st.recursive(
    NASTY, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)


@st.composite
def mutated_bytes(draw):
    """The small XML with a few pieces cut out, repeated, or replaced."""
    content = SMALL_XML
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 40)))
        piece = draw(
            st.binary(max_size=6)
            | st.sampled_from(
                [b"<", b">", b"&", b"]]>", b"<event>", b"</event>", b"<day/>", b"\x00", b'="', b"&#0;", b"&x;"]
            )
            | st.text(string.digits + "-+:TZ", max_size=8).map(str.encode)
            | st.just(content[start:end] * 2)
        )
        content = content[:start] + piece + content[end:]
    return content


@st.composite
def mutated_json(draw):
    """The small JSON with a few of its values replaced by anything."""
    document = json.loads(json.dumps(SMALL_JSON))
    for _ in range(draw(st.integers(1, 4))):
        node = document
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if not isinstance(node[key], dict | list) or draw(st.integers(0, 5)) == 0:
                node[key] = draw(ANYTHING)
                break
            node = node[key]
    return json.dumps(document).encode()


FUZZED = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def import_and_forget(content):
    """Import `content` twice in a transaction that is rolled back; refusals are what it may raise, nothing else."""
    try:
        for at in (AT, LATER):
            schedule = read_schedule(content)
            edition = edition_for(
                schedule=schedule, slug="umoja-2026", create=True, time_zone=None, language=None, at=at
            )
            report = import_schedule(schedule=schedule, edition=edition, at=at)
        db.session.flush()
        assert (report.made, report.changed, report.release) == ({}, {}, None)
    except ForumError as refusal:
        str(refusal)  # Its words can be put together.
    finally:
        db.session.rollback()


@FUZZED
@given(mutated_bytes())
def test_mutated_xml_is_imported_or_refused(app, content):
    import_and_forget(content)


@FUZZED
@given(mutated_json())
def test_mutated_json_is_imported_or_refused(app, content):
    import_and_forget(content)


@FUZZED
@given(
    st.binary(max_size=60),
    st.sampled_from([b"", b"{", b"<", b"<schedule>", b'{"schedule":', b"\xff\xfe<\x00", b"\xef\xbb\xbf{"]),
)
def test_any_bytes_are_refused(noise, start):
    with pytest.raises(ForumError):
        read_schedule(start + noise)


def test_naughty_strings_become_pages_that_run_nothing_and_say_what_was_written(client, data):
    naughty = json.loads((data / "blns/blns.json").read_text())
    written = [text for text in naughty if len(text) < 200 and " ".join(text.split())]
    events = [
        json_event(
            id=n, guid=f"e{n}", code="", title=text, abstract=text, persons=[{"id": f"p{n}", "name": text}], track=text
        )
        for n, text in enumerate(written, 1)
    ]
    edition, report = bring(c3voc(*events, title="Umoja 2026"))
    kept = sessions_of(edition)
    assert len(kept) + len(report.refused) == len(written)

    for text, event in zip(written, events, strict=True):
        one = kept.get(event["guid"])
        if one is None:
            continue
        if text.isprintable() and text == " ".join(text.split()) and text.isascii():
            assert one.title.plain() == {"en": text}
            assert one.appearances[0].speaker.name == text
    suspicious = [one for one in kept.values() if re.search("[<>\"'&:]", one.title.shown("en").text)]
    assert len(suspicious) > 200
    for one in suspicious[::4]:  # The agenda and the list of speakers below show them all.
        title = one.title.shown("en").text
        page = get(client, f"/en/umoja-2026/sessions/{one.code}")
        assert page.h1 == title
        assert_runs_nothing(page)
    assert_runs_nothing(get(client, "/en/umoja-2026/agenda"))
    assert_runs_nothing(get(client, "/en/umoja-2026/speakers/"))


def assert_runs_nothing(page):
    """No script but data, no handler, no address that is a programme; `get` refuses inline scripts and styles."""
    for element in page.tree.iter():
        assert element.tag not in ("iframe", "object", "embed", "base")
        for name, value in element.attrib.items():
            assert not name.lower().startswith("on"), f"{name}={value!r}"
            if name in ("href", "src", "action", "formaction"):
                assert not re.match(r"[\x00-\x20]*(javascript|data|vbscript):", value, re.I), value
    for script in page.all("script"):
        assert json.loads(script.text)


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
