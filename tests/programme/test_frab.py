"""Reading frab and Pentabarf XML, in all the shapes it has in the wild."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest

from forum.programme.frab import read_xml
from forum.programme.importing import read_schedule
from forum.programme.parsed import (
    Broken,
    Dangerous,
    NotASchedule,
    NothingInIt,
    ParsedEvent,
    ParsedPerson,
    TooLarge,
)
from tests.programme.files import frab, xml_event

DAY = date(2026, 5, 12)
LUSAKA = timezone(timedelta(hours=2))


def only(content):
    """The one event in the file."""
    (event,) = read_xml(content).events
    return event


def test_event_is_read_with_all_it_says():
    everything = xml_event(
        attributes={"id": "7", "guid": "0F6A3B1C-0000-4000-8000-000000000007", "code": "AB12CD"},
        title="  Water\n for all ",
        subtitle="A start",
        abstract="Short\n\nand *sweet*",
        description="Long",
        language="fr",
        track="Rights",
        type="panel",
        duration="1:30",
        persons='<person id="5" code="ADAADA" guid="aa">Ada  Otieno</person><person>Bo</person><person> </person>',
        inside='<links><link href="https://example.org/a">Paper</link><link href="ftp://example.org">No</link></links>'
        '<attachments><attachment href="https://example.org/b"/></attachments><logo>x.png</logo><recording/>',
    )

    schedule = read_xml(frab(everything))

    assert schedule.events == [
        ParsedEvent(
            key="0F6A3B1C-0000-4000-8000-000000000007",
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
            day_on=DAY,
            starts_at=datetime(2026, 5, 12, 9, tzinfo=LUSAKA),
            local_start=time(9),
            minutes=90,
            persons=[
                ParsedPerson(key="5", name="Ada Otieno", code="ADAADA", guid="aa"),
                ParsedPerson(key="name:Bo", name="Bo"),
            ],
            links=[
                {"url": "https://example.org/a", "title": "Paper"},
                {"url": "https://example.org/b", "title": ""},
            ],
        )
    ]
    assert schedule.left == {"link": 1, "logo": 1}


def test_conference_is_read_with_tracks_and_their_colours():
    conference = "<venue>Mulungushi</venue><city>Lusaka</city>"
    conference += '<track name="Rights" color="#AA0000"/><track>Access</track><track/>'

    schedule = read_xml(frab(xml_event(track="Access"), conference=conference))

    assert (schedule.title, schedule.time_zone) == ("Umoja 2026", "Africa/Lusaka")
    assert (schedule.venue, schedule.city) == ("Mulungushi", "Lusaka")
    assert schedule.tracks == {"Rights": "#AA0000", "Access": ""}
    assert schedule.rooms == {"Hall": None}


def test_generator_is_known_by_name():
    content = frab(xml_event()).replace(b"<schedule>", b'<schedule><generator name="pretalx" version="1"/>')

    assert read_xml(content).generator == "pretalx"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<schedule>", b'<schedule xmlns="http://pentabarf.org/schedule">'),
        (b"schedule>", b"p:schedule>"),
    ],
    ids=["default", "prefix"],
)
def test_namespace_makes_no_difference(old, new):
    plain = frab(xml_event())
    named = plain.replace(old, new).replace(b"<p:schedule>", b'<p:schedule xmlns:p="http://pentabarf.org/schedule">')
    assert b"xmlns" in named

    assert read_xml(named) == read_xml(plain)


def test_every_element_in_a_namespace_makes_no_difference():
    plain = frab(xml_event(persons='<person id="5">Ada</person>'))
    prefixed = plain.replace(b"</", b"</p:").replace(b"<", b"<p:").replace(b"<p:/p:", b"</p:").replace(b"<p:?", b"<?")
    prefixed = prefixed.replace(b"<p:schedule>", b'<p:schedule xmlns:p="urn:x">')

    assert read_xml(prefixed) == read_xml(plain)


def test_events_straight_under_a_day_have_their_own_room():
    schedule = read_xml(frab(xml_event(room="Chavanne"), xml_event(attributes={"id": "2"}, room="Janson"), room=""))

    assert [event.room for event in schedule.events] == ["Chavanne", "Janson"]
    assert schedule.rooms == {"Chavanne": None, "Janson": None}


def test_event_without_a_room_is_in_the_room_around_it():
    assert only(frab(xml_event(room=None), room="Baobab")).room == "Baobab"


def test_event_without_guid_is_known_by_its_id():
    assert only(frab(xml_event(attributes={"id": "2814"}))).key == "2814"


def test_events_of_the_same_id_are_told_apart():
    twice = [xml_event(), xml_event(), xml_event(attributes={"id": "1#2"}), xml_event()]

    assert [event.key for event in read_xml(frab(*twice)).events] == ["1", "1#2", "1#2#2", "1#3"]


def test_id_too_long_for_an_index_becomes_a_digest():
    key = only(frab(xml_event(attributes={"id": "9" * 100_000}))).key

    assert key.startswith("sha256:")
    assert len(key) == 71


@pytest.mark.parametrize(("number", "kept"), [("12", 12), ("-4", 0), ("x", 0), ("9" * 30, 0), ("2147483647", 0)])
def test_number_is_kept_where_a_column_can_hold_it(number, kept):
    assert only(frab(xml_event(attributes={"id": number}))).number == kept


@pytest.mark.parametrize(
    ("moment", "clock", "starts_at", "local_start"),
    [
        ("2026-05-12T09:00:00+02:00", "09:00", datetime(2026, 5, 12, 9, tzinfo=LUSAKA), time(9)),
        ("2026-05-12T07:00:00Z", None, datetime(2026, 5, 12, 7, tzinfo=UTC), None),
        ("2026-05-13T00:30:00", "00:30", datetime(2026, 5, 13, 0, 30), time(0, 30)),
        ("2026-05-13T00:30:00", None, datetime(2026, 5, 13, 0, 30), None),
        ("2026-05-14T09:00:00", "09:00", datetime(2026, 5, 14, 9), time(9)),
        ("2026-05-12", "9:05", datetime(2026, 5, 12, 9, 5), time(9, 5)),
        (None, "09:05:30", datetime(2026, 5, 12, 9, 5), time(9, 5)),
        (None, "05:59", datetime(2026, 5, 13, 5, 59), time(5, 59)),
        (None, "06:00", datetime(2026, 5, 12, 6), time(6)),
    ],
)
def test_start_is_read_from_date_clock_and_change_of_day(moment, clock, starts_at, local_start):
    content = frab(xml_event(date=moment, start=clock), conference="<day_change>06:00:00</day_change>")

    event = only(content)

    assert (event.starts_at, event.local_start, event.day_on) == (starts_at, local_start, DAY)


def test_change_of_day_that_cannot_be_read_is_reported():
    schedule = read_xml(frab(xml_event(date=None), conference="<day_change>dawn</day_change>"))

    assert schedule.left == {"day_change": 1}
    assert schedule.events[0].starts_at == datetime(2026, 5, 12, 9)


@pytest.mark.parametrize(
    ("text", "minutes"), [("1:30", 90), ("01:30:00", 90), ("90", 90), ("0:05", 5), ("168:00", 10080)]
)
def test_duration_is_read_in_minutes(text, minutes):
    assert only(frab(xml_event(duration=text))).minutes == minutes


def test_elements_inside_an_abstract_are_kept_as_html():
    content = frab(
        xml_event(inside='<abstract>A &amp; b <p xmlns="http://www.w3.org/1999/xhtml">One</p><p>Two</p></abstract>')
    )

    assert only(content).abstract == "A &amp; b <p>One</p><p>Two</p>"


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("date", {"date": "tomorrow"}),
        ("date", {"date": "0001-01-01T00:00:00+14:00"}),
        ("date", {"date": "9999-12-31T23:59:00-12:00"}),
        ("start", {"start": "noon"}),
        ("start", {"start": "25:00"}),
        ("start", {"start": f"{'9' * 40}:00"}),
        ("start", {"start": None, "date": None}),
        ("duration", {"duration": None}),
        ("duration", {"duration": "0:00"}),
        ("duration", {"duration": "-1:00"}),
        ("duration", {"duration": "1:-30"}),
        ("duration", {"duration": "9" * 40}),
        ("duration", {"duration": "168:01"}),
        ("duration", {"duration": "an hour"}),
        ("title", {"title": " \n "}),
        ("title", {"title": "x" * 100_000}),
        ("subtitle", {"subtitle": "x" * 1_001}),
        ("room", {"room": "x" * 1_001}),
        ("track", {"track": "x" * 1_001}),
        ("format", {"type": "x" * 1_001}),
        ("abstract", {"abstract": "x" * 200_001}),
        ("description", {"description": "x" * 200_001}),
        ("person", {"persons": f"<person>{'x' * 1_001}</person>"}),
        ("id", {"attributes": {"id": " "}}),
    ],
)
def test_event_that_cannot_be_read_is_left_and_the_others_are_taken(field, wrong):
    schedule = read_xml(frab(xml_event(**{"attributes": {"id": "2"}, **wrong}), xml_event()))

    assert [event.key for event in schedule.events] == ["1"]
    assert schedule.refused == [("?" if field == "id" else "2", field)]


@pytest.mark.parametrize("day", ["", "tomorrow", "2026-13-45", "0001-01-01", "9999-12-31"])
def test_events_of_a_day_that_cannot_be_read_are_left(day):
    undated = f'<day date="{day}">{xml_event(attributes={"id": "2"})}</day></schedule>'
    content = frab(xml_event()).replace(b"</schedule>", undated.encode())

    schedule = read_xml(content)

    assert [event.key for event in schedule.events] == ["1"]
    assert schedule.refused == [("2", "day")]


def test_characters_that_no_page_can_hold_are_dropped_and_the_others_stay():
    title = "Wa\ufeffter\ufdd0  \u202eretaw\u202c \U0001fae8 e\u0301"

    assert only(frab(xml_event(title=title))).title == "Water \u202eretaw\u202c \U0001fae8 \u00e9"


@pytest.mark.parametrize(
    ("encoding", "declared"), [("utf-16", "utf-16"), ("iso-8859-1", "iso-8859-1"), ("cp1252", "windows-1252")]
)
def test_encoding_is_the_one_declared(encoding, declared):
    content = frab(xml_event(title="Éducation")).decode().replace('encoding="utf-8"', f'encoding="{declared}"')

    (event,) = read_schedule(content.encode(encoding)).events

    assert event.title == "Éducation"


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\n\n", b" \r\n\t"])
def test_what_careless_programs_put_before_the_first_character_is_no_harm(before):
    assert read_schedule(before + frab(xml_event())) == read_schedule(frab(xml_event()))


BOMB = (
    '<!DOCTYPE schedule [<!ENTITY a "ha">{}]><schedule><conference><title>&j;</title></conference></schedule>'.format(
        "".join(
            f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefghi", "bcdefghij", strict=True)
        )
    )
)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (BOMB.encode(), Dangerous),
        (b'<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><schedule><title>&x;</title></schedule>', Dangerous),
        (b'<!DOCTYPE s [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x">%x;]><schedule/>', Dangerous),
        (frab(xml_event())[:-30], Broken),
        (frab(xml_event()).replace(b"</title>", b"</tilte>"), Broken),
        (frab(xml_event()).replace(b"Water", b"\xff\xfe"), Broken),
        (frab(xml_event()).replace(b"Water", b"\x00"), Broken),
        (b"<schedule>" + b"<a>" * 100_000, TooLarge),
        (b"<schedule>" + b"<a/>" * 2_000_000 + b"</schedule>", TooLarge),
        (frab(*[xml_event(persons="<person>A</person>" * 110)] * 1_000), TooLarge),
        (frab(*(xml_event(room=f"Room {n}") for n in range(1_001))), TooLarge),
        (frab(*(xml_event(track=f"Track {n}") for n in range(1_001))), TooLarge),
        (frab(*(xml_event(type=f"Format {n}") for n in range(1_001))), TooLarge),
        (b"<html><body><p>Not found</p></body></html>", NotASchedule),
        (b"<!DOCTYPE html><html><head><meta charset=utf-8><title>No</title></html>", NotASchedule),
        (b'<?xml version="1.0" encoding="klingon"?><schedule/>', NotASchedule),
        (b"<", NotASchedule),
        (b"<schedule/>", NothingInIt),
        (frab(), NothingInIt),
        (frab(xml_event(title=None)), NothingInIt),
    ],
)
def test_broken_or_hostile_file_is_refused(content, refusal):
    with pytest.raises(refusal):
        read_schedule(content)


def test_thirty_thousand_events_are_refused():
    with pytest.raises(TooLarge):
        read_xml(frab(*[xml_event()] * 30_000))


def test_refusal_names_the_damaged_line():
    content = frab(xml_event()).replace(b"<day ", b"\n\n<day ").replace(b"</title><date>", b"</tilte><date>")

    with pytest.raises(Broken) as caught:
        read_xml(content)

    assert str(caught.value) == "This file is damaged near line 5, so nothing was taken from it."
