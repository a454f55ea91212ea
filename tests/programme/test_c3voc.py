"""Reading c3voc JSON: the form frab and pretalx write, and the newer one of the hub."""

import json
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest

from forum.programme.c3voc import read_json
from forum.programme.importing import read_schedule
from forum.programme.parsed import Broken, NotASchedule, NothingInIt, ParsedEvent, ParsedPerson, TooLarge
from tests.programme.files import bring, c3voc, json_event, sessions_of

LUSAKA = timezone(timedelta(hours=2))


def only(content):
    """The one event in the file."""
    (event,) = read_json(content).events
    return event


def hub(*events, **conference):
    """A file in the hub's newer form, of one day that ends at six the next morning."""
    day = {"index": 1, "date": "2026-05-12", "start": "2026-05-12T06:00:00+02:00", "end": "2026-05-13T06:00:00+02:00"}
    tracks = [{"slug": "rights", "name": "Rights", "colors": {"light": "#AA0000", "dark": "#FF0000"}}]
    named = {"title": "Umoja 2026", "time_zone_name": "Africa/Lusaka", "days": [day], "tracks": tracks, **conference}
    return json.dumps({"schedule": {"version": "1", "conference": named, "events": list(events)}}).encode()


def hub_event(**fields):
    return {
        "guid": "0f6a3b1c-0000-4000-8000-000000000001",
        "title": "Water",
        "start": "2026-05-12T07:00:00Z",
        "end": "2026-05-12T08:30:00Z",
        **fields,
    }


def test_event_is_read_with_all_it_says():
    everything = json_event(
        id=7,
        guid="0f6a3b1c-0000-4000-8000-000000000007",
        code="AB12CD",
        title=" Water\n for all ",
        subtitle="A start",
        abstract="Short\n\nand *sweet*",
        description="Long",
        language="fr",
        track="Rights",
        type="panel",
        duration="1:30",
        persons=[
            {"id": 5, "code": "ADAADA", "guid": "aa", "public_name": "Ada Otieno", "name": "No"},
            {"name": "Bo", "role": "moderator"},
            {"public_name": ""},
            "nobody",
        ],
        links=[{"url": "https://example.org/a", "title": "Paper"}, {"url": "javascript:alert(1)"}, None],
        attachments=[{"url": "https://example.org/b"}],
        logo="x.png",
        do_not_record=True,
    )

    schedule = read_json(
        c3voc(everything, rooms=[{"name": "Hall", "capacity": 90}], tracks=[{"name": "Rights", "color": "#a00"}])
    )

    assert schedule.events == [
        ParsedEvent(
            key="0f6a3b1c-0000-4000-8000-000000000007",
            number=7,
            code="AB12CD",
            title="Water for all",
            subtitle="A start",
            abstract="Short\n\nand *sweet*",
            description="Long",
            language="fr",
            track="Rights",
            format="panel",
            room="Hall",
            day_on=date(2026, 5, 12),
            starts_at=datetime(2026, 5, 12, 9, tzinfo=LUSAKA),
            local_start=time(9),
            minutes=90,
            persons=[
                ParsedPerson(key="5", name="Ada Otieno", code="ADAADA", guid="aa"),
                ParsedPerson(key="name:Bo", name="Bo", role="moderator"),
            ],
            links=[{"url": "https://example.org/a", "title": "Paper"}, {"url": "https://example.org/b", "title": ""}],
        )
    ]
    assert schedule.left == {"link": 2, "logo": 1, "do_not_record": 1}
    assert schedule.rooms == {"Hall": 90}
    assert schedule.tracks == {"Rights": "#a00"}
    assert (schedule.title, schedule.time_zone) == ("Umoja 2026", "Africa/Lusaka")


def test_byte_order_mark_is_no_harm():
    assert read_schedule(b"\xef\xbb\xbf" + c3voc(json_event())) == read_schedule(c3voc(json_event()))


def test_event_without_a_room_of_its_own_is_in_the_one_it_stands_under():
    assert only(c3voc(json_event(room=None))).room == "Hall"


def test_start_without_a_clock_is_the_moment_itself():
    event = only(c3voc(json_event(date="2026-05-12T07:00:00Z", start=None)))

    assert (event.starts_at, event.local_start) == (datetime(2026, 5, 12, 7, tzinfo=UTC), None)


def test_halves_of_surrogate_pairs_and_controls_are_dropped():
    event = only(
        c3voc(json_event(title="Wa\ud800ter\x00\x1b[31m", persons=[{"name": "A\udfffda\x07"}], guid="a\x00\ud800b"))
    )

    assert (event.title, event.persons[0].name, event.key) == ("Water[31m", "Ada", "ab")


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("title", {"title": None}),
        ("title", {"title": "\x00\ud800"}),
        ("title", {"title": {"en": "Water"}}),
        ("id", {"id": None}),
        ("id", {"id": [1]}),
        ("id", {"id": True}),
        ("date", {"date": "soon"}),
        ("date", {"date": "9999-12-31T23:00:00-12:00"}),
        ("start", {"start": "soon"}),
        ("duration", {"duration": -30}),
        ("duration", {"duration": 1e300}),
        ("duration", {"duration": float("nan")}),
        ("duration", {"duration": []}),
    ],
)
def test_event_that_cannot_be_read_is_left_and_the_others_are_taken(field, wrong):
    schedule = read_json(c3voc(json_event(**{"id": 2, **wrong}), json_event(), None, 5))

    assert [event.key for event in schedule.events] == ["1"]
    assert schedule.refused == [("?" if field == "id" else "2", field), ("?", "id"), ("?", "id")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"days": None},
        {"days": {"a": 1}},
        {"days": [{"date": "2026-05-12", "rooms": []}]},
        {"days": [{"date": "2026-05-12", "rooms": {"Hall": {}}}]},
        {"days": ["x", None, [[]]]},
        {"rooms": "Hall", "tracks": 5, "days": []},
    ],
)
def test_parts_of_the_wrong_kind_are_as_good_as_empty(wrong):
    with pytest.raises(NothingInIt):
        read_json(c3voc(json_event(), **wrong))


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (c3voc(json_event())[:-9], Broken),
        (b'{"schedule": ' + b"[" * 100_000, NotASchedule),
        (b'{"schedule": ' * 100_000, NotASchedule),
        (b'{"schedule": {"conference": {"days": [' + b"{}," * 2_000_000 + b"{}]}}}", TooLarge),
        (c3voc(*[json_event()] * 20_001), TooLarge),
        (c3voc(*[json_event(persons=[{"name": "A"}] * 110)] * 1_000), TooLarge),
        (c3voc(*(json_event(room=f"Room {n}") for n in range(1_001))), TooLarge),
        (b'{"schedule": {"conference": {}}}', NotASchedule),
        (b'{"events": []}', NotASchedule),
        (b'{"schedule": 5}', NotASchedule),
        (b'{"n": ' + b"9" * 5_000 + b"}", NotASchedule),
        (c3voc(json_event()).replace(b"Water", b"\xff"), NotASchedule),
        (b"[]", NotASchedule),
        (b"5", NotASchedule),
        (b"null", NotASchedule),
        (b"", NotASchedule),
    ],
)
def test_broken_or_hostile_file_is_refused(content, refusal):
    with pytest.raises(refusal):
        read_schedule(content)


def test_refusal_names_the_damaged_line():
    with pytest.raises(Broken) as caught:
        read_json(b'{"schedule":\n{"conference":\n{"days": [,]}}}')

    assert str(caught.value) == "This file is damaged near line 3, so nothing was taken from it."


def test_event_of_the_hub_is_read_with_all_it_says():
    everything = hub_event(
        type="TALK",
        code="AB12CD",
        title={"en": "Water", "fr": "L’eau"},
        subtitle=None,
        abstract={"de": "Kurz"},
        description="Long",
        language="fr",
        room={"name": "Saal 1", "guid": "x"},
        track={"slug": "rights"},
        participants=[{"guid": "aa", "name": "Ada", "role": "MODERATOR"}, {"guid": "bb", "name": "Bo"}, None],
        links=[{"url": "https://example.org/a", "title": "Paper"}],
    )

    schedule = read_json(hub(everything, rooms=[{"name": "Saal 1", "capacity": 3025}]))

    assert schedule.events == [
        ParsedEvent(
            key="0f6a3b1c-0000-4000-8000-000000000001",
            code="AB12CD",
            title="L’eau",
            abstract="Kurz",
            description="Long",
            language="fr",
            track="Rights",
            format="TALK",
            room="Saal 1",
            day_on=date(2026, 5, 12),
            starts_at=datetime(2026, 5, 12, 7, tzinfo=UTC),
            local_start=None,
            minutes=90,
            persons=[
                ParsedPerson(key="aa", name="Ada", guid="aa", role="moderator"),
                ParsedPerson(key="bb", name="Bo", guid="bb"),
            ],
            links=[{"url": "https://example.org/a", "title": "Paper"}],
        )
    ]
    assert schedule.rooms == {"Saal 1": 3025}
    assert schedule.tracks == {"Rights": "#AA0000"}


@pytest.mark.parametrize(
    ("start", "day_on"),
    [
        ("2026-05-12T23:30:00+02:00", date(2026, 5, 12)),
        ("2026-05-13T05:59:00+02:00", date(2026, 5, 12)),
        ("2026-05-13T06:00:00+02:00", date(2026, 5, 13)),
    ],
)
def test_event_of_the_hub_belongs_to_the_day_it_starts_within(start, day_on):
    assert only(hub(hub_event(start=start, end="2026-05-13T09:00:00+02:00"))).day_on == day_on


@pytest.mark.parametrize("state", ["DRAFT", "CANCELED", "WITHDRAWN", None, []])
def test_event_of_the_hub_that_is_off_is_left(state):
    schedule = read_json(hub(hub_event(state="CONFIRMED"), hub_event(state=state)))

    assert len(schedule.events) == 1
    assert schedule.left == {"event": 1}


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("day", {"start": None}),
        ("day", {"start": "soon"}),
        ("day", {"start": "2026-05-12T09:00:00"}),
        ("duration", {"end": None}),
        ("duration", {"end": "2026-05-12T06:00:00Z"}),
        ("title", {"title": {}}),
        ("title", {"title": {"en": {"en": 1}}}),
    ],
)
def test_event_of_the_hub_that_cannot_be_read_is_left(field, wrong):
    broken = hub_event(guid="2", room=[], track="rights", participants={"a": 1}, **wrong)

    schedule = read_json(hub(broken, hub_event()))

    assert schedule.refused == [("2", field)]
    assert len(schedule.events) == 1


EXAMPLES = {
    "frab-camp2019.json": (79, 5, 2, 90),
    "hub-schedule2.json": (2, 1, 2, 4),
    "invalid-example.json": (1, 1, 1, 1),
    "pretalx-democon.json": (36, 3, 2, 27),
    "pretalx-rc3.json": (48, 4, 5, 56),
}
"""Sessions, days, rooms used and people of each published example."""


@pytest.mark.parametrize("name", EXAMPLES)
def test_published_example_is_imported(app, data, name):
    edition, report = bring((data / "c3voc-examples/json/examples" / name).read_bytes(), time_zone="Europe/Berlin")

    slots = [one.slot for one in sessions_of(edition).values()]
    people = {part.speaker for one in sessions_of(edition).values() for part in one.appearances}
    assert (
        len(slots),
        len({slot.day_on for slot in slots}),
        len({slot.room for slot in slots}),
        len(people),
    ) == EXAMPLES[name]
    assert report.refused == []
