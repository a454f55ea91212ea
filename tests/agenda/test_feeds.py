import json
import re
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from icalendar import Calendar
from sqlalchemy import event

from forum.agenda.plain import one_line
from forum.db import db
from forum.i18n import TranslatedText
from forum.programme import services
from tests import make
from tests.agenda.readers import by_ical_js
from tests.conftest import absent

WHOLE = ("agenda.ics", "agenda.json", "schedule.xml", "schedule.json", "releases.atom")
TYPES = {
    "agenda.ics": "text/calendar; charset=utf-8",
    "agenda.json": "application/json",
    "schedule.xml": "application/xml; charset=utf-8",
    "schedule.json": "application/json",
    "releases.atom": "application/atom+xml; charset=utf-8",
}


def titles_in_calendar(client, query: str) -> list[str]:
    answer = client.get(f"/en/drif/agenda.ics{query}")
    assert answer.status_code == 200
    return [str(event["summary"]) for event in Calendar.from_ical(answer.data).events]


def titles_in_json(client, query: str) -> list[str]:
    answer = client.get(f"/en/drif/agenda.json{query}")
    assert answer.status_code == 200
    return [one["title"]["en"] for one in json.loads(answer.data)["sessions"]]


@pytest.mark.parametrize("name", WHOLE)
def test_feed_says_its_type_and_may_be_kept_and_read_from_anywhere(app, client, name: str):
    edition = make.an_edition(slug="drif")
    make.a_session(edition)
    make.a_release(edition)

    answer = client.get(f"/en/drif/{name}")

    told = ("Content-Type", "Access-Control-Allow-Origin", "Cross-Origin-Resource-Policy", "Cache-Control")
    assert (answer.status_code, [answer.headers[header] for header in told]) == (
        200,
        [TYPES[name], "*", "cross-origin", "public, max-age=60, stale-while-revalidate=60"],
    )
    assert "Set-Cookie" not in answer.headers
    again = client.get(f"/en/drif/{name}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("name", WHOLE)
def test_feed_is_not_there_before_the_first_release_or_without_an_edition(app, client, name: str):
    edition = make.an_edition(slug="draft")
    make.a_session(edition, code="SECRET")

    paths = (f"/en/draft/{name}", f"/en/nowhere/{name}", f"/xx/draft/{name}")
    assert [client.get(path).status_code for path in paths] == [404, 404, 404]
    assert client.get("/en/draft/sessions/SECRET.ics").status_code == 404


def test_calendar_of_a_session_is_not_there_for_drafts_and_other_editions(app, client):
    ours, theirs = make.an_edition(slug="ours"), make.an_edition(slug="theirs")
    make.a_session(ours, code="OURS01")
    make.a_session(theirs, code="THEIRS")
    make.a_release(ours)
    make.a_release(theirs)
    make.a_session(ours, code="DRAFT1")

    codes = ("OURS01", "DRAFT1", "THEIRS", "NOBODY", "ours01")
    assert [client.get(f"/en/ours/sessions/{code}.ics").status_code for code in codes] == [200, 404, 404, 404, 404]


@pytest.mark.parametrize("path", [*WHOLE, "sessions/OPEN01.ics"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_people_who_are_not_listed_are_in_no_feed(app, client, path: str, language: str):
    edition = make.an_edition(slug="drif")
    shown = make.a_speaker(edition, name="Amina Shown", code="AMINAA")
    hidden = make.a_speaker(edition, name="Canary Hidden", code="CANARY", listed=False, affiliation="Canary Ltd")
    leaver = make.a_speaker(edition, name="Leaver Canary", code="LEAVER", bio=make.words("Canary bio"))
    make.a_session(edition, code="OPEN01", speakers=[shown, hidden, leaver])
    make.a_release(edition)
    before = client.get(f"/{language}/drif/{path}").data

    services.withdraw_listing(speaker=leaver)

    after = client.get(f"/{language}/drif/{path}").data
    names_people = path != "releases.atom"
    for content, leaver_is_shown in ((before, names_people), (after, False)):
        assert (b"Amina Shown" in content) == names_people
        assert (b"Leaver" in content) == leaver_is_shown
        traces = (b"Canary Hidden", b"CANARY", b"Canary Ltd", str(hidden.guid).encode())
        assert [trace for trace in traces if trace in content] == []
    gone = (b"Canary", b"LEAVER", str(leaver.guid).encode())
    assert [trace for trace in gone if trace in after] == []


def a_programme_to_filter():
    edition = make.an_edition(slug="drif")
    hall, tent = make.a_room(edition, code="hall"), make.a_room(edition, code="tent", name="The tent")
    access = make.a_track(edition, code="access", name=TranslatedText.of("en", en="Access", fr="Accès"))
    panel = make.a_format(edition, code="panel")
    grace = make.a_speaker(edition, name="Grâce Ilunga")
    make.a_session(edition, title="One", room=hall, track=access, format=panel)
    make.a_session(edition, title="Two", room=tent, language="fr", day=1, speakers=[grace])
    make.a_session(edition, title="Three", at="24:30", room=tent, interpretation_languages=["fr", "sw"])
    make.a_session(edition, title="Four", room=hall, day=1, abstract="About interconnection")
    make.a_release(edition)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["One", "Three", "Two", "Four"]),
        ("?day=2026-05-12", ["One", "Three"]),
        ("?track=access", ["One"]),
        ("?room=tent", ["Three", "Two"]),
        ("?format=panel", ["One"]),
        ("?language=fr", ["Three", "Two"]),
        ("?language=fr&language=sw", ["Three", "Two"]),
        ("?room=tent&day=2026-05-13", ["Two"]),
        ("?q=interconnection", ["Four"]),
        ("?q=grace", ["Two"]),
        ("?q=nothing+like+it", []),
        ("?day=&track=&room=&format=&q=&tz=", ["One", "Three", "Two", "Four"]),
        ("?utm_source=elsewhere", ["One", "Three", "Two", "Four"]),
    ],
)
def test_filters_choose_the_sessions(app, client, query: str, found: list[str]):
    a_programme_to_filter()

    # Of sessions that start together the timetable has those in a room first, in the order of rooms.
    assert sorted(titles_in_calendar(client, query)) == sorted(found)
    assert titles_in_json(client, query) == titles_in_calendar(client, query)


@pytest.mark.parametrize(
    "query", ["day=2026-05-20", "day=x", "track=x", "room=x", "format=x", "language=xx", "language="]
)
@pytest.mark.parametrize("name", ["agenda.ics", "agenda.json"])
def test_filter_that_the_programme_does_not_have_is_refused(app, client, name: str, query: str):
    a_programme_to_filter()

    assert client.get(f"/en/drif/{name}?{query}").status_code == 400


def test_speakers_of_the_json_are_those_of_its_sessions(app, client):
    a_programme_to_filter()

    counts = [len(json.loads(client.get(f"/en/drif/agenda.json{q}").data)["speakers"]) for q in ("", "?day=2026-05-12")]

    assert counts == [1, 0]


def test_filtered_calendar_is_named_after_what_was_chosen(app, client):
    a_programme_to_filter()

    def calendar(path: str) -> Calendar:
        return Calendar.from_ical(client.get(path).data)

    assert str(calendar("/fr/drif/agenda.ics?track=access&language=sw")["name"]).endswith(": Accès et swahili")
    assert str(calendar("/en/drif/agenda.ics?day=2026-05-12&room=tent")["name"]).endswith(
        ": Tuesday\\, 12 May 2026 and The tent"  # The library leaves this property escaped.
    )
    assert str(calendar("/en/drif/agenda.ics?q=one")["x-wr-calname"]).endswith(": “one”")
    source = calendar("/en/drif/agenda.ics?language=fr&language=sw")["source"]
    assert str(source) == "http://localhost/en/drif/agenda.ics?language=fr&language=sw"


def test_source_of_a_calendar_cannot_be_broken_out_of(app, client):
    a_programme_to_filter()

    content = client.get("/en/drif/agenda.ics?q=x%0D%0ABEGIN:VEVENT%0D%0A&tz=UTC").data

    assert b"\r\nBEGIN:VEVENT" not in content
    assert b"SOURCE;VALUE=URI:http://localhost/en/drif/agenda.ics?q=x%0D%0ABEGIN%3AVE" in content


def test_naughty_strings_come_through_every_feed_as_they_are(app, client, data: Path, tmp_path: Path):
    naughty = data / "blns" / "blns.json"
    if not naughty.exists():
        absent("blns")
    edition = make.an_edition(slug="drif")
    strings = sorted({one_line(text) for text in json.loads(naughty.read_text())} - {""})
    for text in strings:
        make.a_session(edition, title=text, abstract=f"`{text}`", speakers=[make.a_speaker(edition, name=text)])
    make.a_release(edition)

    found = {
        "ics": [one.summary for one in by_ical_js(client.get("/en/drif/agenda.ics").data, tmp_path)],
        "json": [one["title"]["en"] for one in json.loads(client.get("/en/drif/agenda.json").data)["sessions"]],
        "frab": [one.text for one in ElementTree.fromstring(client.get("/en/drif/schedule.xml").data).iter("title")][
            1:
        ],
        "c3voc": re.findall(r'"title":("(?:[^"\\]|\\.)*"),"subtitle"', client.get("/en/drif/schedule.json").text),
    }

    assert len(strings) > 400
    assert len(Calendar.from_ical(client.get("/en/drif/agenda.ics").data).events) == len(strings)
    found["c3voc"] = [json.loads(title) for title in found["c3voc"]]
    assert {name: sorted(titles) for name, titles in found.items()} == dict.fromkeys(found, strings)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("name", WHOLE)
def test_feed_costs_the_same_queries_whatever_the_rows(app, client, name: str, count: int):
    edition = make.an_edition(slug="drif")
    for n in range(count):
        make.a_session(edition, speakers=[make.a_speaker(edition)], room=make.a_room(edition))
        make.a_release(edition, at=make.NOON + timedelta(hours=n))

    assert count_queries(f"/en/drif/{name}", client) == 5


def count_queries(path: str, client) -> int:
    """Statements that a page takes, apart from the question whether kept pages still hold."""
    asked: list[str] = []

    def note(connection, cursor, statement: str, *_: object) -> None:
        if "public_state" not in statement:
            asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert client.get(path).status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len([statement for statement in asked if statement.startswith("SELECT")])
