from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar

from forum.agenda.ical import folded_line
from forum.editions.models import Edition
from forum.editions.services import set_venue
from forum.i18n import TranslatedText
from forum.programme import services
from forum.programme.models import SessionState
from tests import make
from tests.agenda.readers import READERS, Read

INJECTION = 'Bobby\r\nEND:VEVENT\r\nBEGIN:VEVENT\nUID:evil, a; b: "c" \\n C:\\Temp \\, \x01\x0b\u2028\\'
HARMLESS = 'Bobby END:VEVENT BEGIN:VEVENT UID:evil, a; b: "c" \\n C:\\Temp \\, \\'
ARABIC = "حقوقنا على الشبكة، ومن يقطعها؟"


@pytest.fixture
def berlin(app) -> Edition:
    """An edition over the night of 29 March 2026, when Berlin's clocks went from 2 to 3."""
    return make.an_edition(
        slug="berlin-2026",
        name="Berlin, 2026; or so",
        time_zone="Europe/Berlin",
        starts_on=date(2026, 3, 28),
        ends_on=date(2026, 3, 29),
    )


def get(client, path: str) -> bytes:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.data


def events(content: bytes) -> list:
    return Calendar.from_ical(content).events


@pytest.mark.parametrize("reader", READERS)
def test_every_program_reads_the_same_events_times_and_words(berlin, client, tmp_path: Path, reader: str):
    hall = make.a_room(berlin, name="Saal, 1; groß")
    set_venue(edition=berlin, name=make.words("Alte Münze"), city=make.words("Berlin"))
    amina = make.a_speaker(berlin, name="Amina; Diallo")
    rows = {
        "into the night": make.a_session(berlin, title="Music", at="22:00", minutes=180, room=hall),
        "over the change": make.a_session(berlin, title="Dance", at="25:30", minutes=60),
        "just after it": make.a_session(berlin, title="Sunrise", at="03:30", day=1, minutes=45),
        "hostile": make.a_session(berlin, title=INJECTION, at="09:00", day=1, speakers=[amina], abstract=INJECTION),
        "arabic": make.a_session(
            berlin, title=TranslatedText.of("ar", ar=ARABIC), at="10:00", day=1, abstract=make.words(ARABIC * 6, "ar")
        ),
        "cancelled": make.a_session(berlin, title="Off", at="12:00", day=1, state=SessionState.CANCELLED),
    }
    make.a_release(berlin)
    address = "http://localhost/en/berlin-2026/sessions/"
    hostile_text = HARMLESS.replace(" \\n C:\\Temp \\, \\", " \\n C:\\Temp , \\")
    expected = [
        ("into the night", "2026-03-28 21:00", "2026-03-29 00:00", "Music", "", "Saal, 1; groß, Alte Münze, Berlin"),
        ("over the change", "2026-03-29 00:30", "2026-03-29 01:30", "Dance", "", "Alte Münze, Berlin"),
        ("just after it", "2026-03-29 01:30", "2026-03-29 02:15", "Sunrise", "", "Alte Münze, Berlin"),
        ("hostile", "2026-03-29 07:00", "2026-03-29 08:00", HARMLESS, hostile_text, "Alte Münze, Berlin"),
        ("arabic", "2026-03-29 08:00", "2026-03-29 09:00", ARABIC, ARABIC * 6, "Alte Münze, Berlin"),
        (
            "cancelled",
            "2026-03-29 10:00",
            "2026-03-29 11:00",
            "Off",
            "This session has been cancelled.",
            "Alte Münze, Berlin",
        ),
    ]

    found = READERS[reader](get(client, "/en/berlin-2026/agenda.ics"), tmp_path)

    people = {"hostile": "Speaker: Amina; Diallo\n"}
    assert sorted(found, key=lambda one: one.start) == [
        Read(
            str(rows[name].guid),
            start,
            end,
            summary,
            f"{text}\n\n{people.get(name, '')}Language: English\n\n{address}{rows[name].code}".lstrip("\n"),
            place,
        )
        for name, start, end, summary, text, place in expected
    ]


@pytest.mark.parametrize("reader", ["vobject", "ical.js"])
def test_backslash_and_capital_n_are_not_an_end_of_line(berlin, client, tmp_path: Path, reader: str):
    # The icalendar library would write an end of line for it; reading, it makes the N small (7.3.0), so it is no judge.
    make.a_session(berlin, title="C:\\New")
    make.a_release(berlin)

    found = READERS[reader](get(client, "/en/berlin-2026/agenda.ics"), tmp_path)

    assert [one.summary for one in found] == ["C:\\New"]


def test_time_zone_is_described_for_the_years_of_the_programme(berlin, client):
    make.a_session(berlin)
    make.a_release(berlin)

    content = get(client, "/en/berlin-2026/agenda.ics").decode()

    start, end = content.index("BEGIN:VTIMEZONE"), content.index("END:VTIMEZONE")
    assert content[start:end].split() == [
        "BEGIN:VTIMEZONE",
        "TZID:Europe/Berlin",
        "BEGIN:STANDARD",
        "DTSTART:20260101T000000",
        "TZNAME:CET",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0100",
        "END:STANDARD",
        "BEGIN:DAYLIGHT",
        "DTSTART:20260329T020000",
        "TZNAME:CEST",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "END:DAYLIGHT",
        "BEGIN:STANDARD",
        "DTSTART:20261025T030000",
        "TZNAME:CET",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
        "END:STANDARD",
    ]
    assert "DTSTART;TZID=Europe/Berlin:20260328T090000\r\n" in content


@pytest.mark.parametrize(
    ("utc_hour", "written"),
    [(0, "DTSTART;TZID=Europe/Berlin:20261025T020000"), (1, "DTSTART:20261025T010000Z")],
)
def test_hour_that_comes_twice_is_told_apart(app, client, utc_hour: int, written: str):
    day = date(2026, 10, 25)
    edition = make.an_edition(slug="autumn", time_zone="Europe/Berlin", starts_on=day, ends_on=day)
    one = make.a_session(edition)
    start = datetime(2026, 10, 25, utc_hour, tzinfo=UTC)
    services.place(
        forum_session=one,
        room=None,
        day_on=day,
        starts_at=start,
        ends_at=start + timedelta(hours=2),
    )
    make.a_release(edition)

    content = get(client, "/en/autumn/agenda.ics")

    assert f"{written}\r\n".encode() in content
    assert in_utc_of(content) == [(start, start + timedelta(hours=2))]


def in_utc_of(content: bytes) -> list[tuple[datetime, datetime]]:
    return [(one.start.astimezone(UTC), one.end.astimezone(UTC)) for one in events(content)]


def test_edition_in_utc_needs_no_time_zone(app, client):
    edition = make.an_edition(slug="online", time_zone="Etc/UTC")
    make.a_session(edition, at="09:00")
    make.a_release(edition)

    content = get(client, "/en/online/agenda.ics").decode()

    assert "DTSTART:20260512T090000Z\r\n" in content
    assert "VTIMEZONE" not in content


def test_event_has_the_fields_that_calendars_use(app, client):
    edition = make.an_edition(slug="drif", name=TranslatedText.of("en", en="DRIF", fr="Le DRIF"))
    hall = make.a_room(edition, name=TranslatedText.of("en", en="Hall", fr="Salle"))
    track = make.a_track(edition, name=TranslatedText.of("en", en="Access, rights", fr="Accès, droits"))
    one = make.a_session(
        edition,
        title=TranslatedText.of("en", en="Shutdowns; why", fr="Coupures"),
        abstract=TranslatedText.of("en", en="*Who* [pays](https://pay.example)?", fr="Qui *paie* ?"),
        room=hall,
        track=track,
        state=SessionState.PLANNED,
        interpretation_languages=["fr", "sw"],
        speakers=[make.a_speaker(edition, name="Amina"), make.a_speaker(edition, name="Bupe")],
        moderators=[make.a_speaker(edition, name="Chola"), make.a_speaker(edition, name="Hidden", listed=False)],
    )
    make.a_release(edition)

    content = get(client, "/en/drif/agenda.ics").decode()

    start, end = content.index("BEGIN:VEVENT"), content.index("END:VEVENT")
    assert sorted(content[start:end].replace("\r\n ", "").split("\r\n")) == [
        "",
        "BEGIN:VEVENT",
        "CATEGORIES:Access\\, rights",
        "DESCRIPTION:Who pays (https://pay.example)?\\n\\nSpeakers: Amina and Bupe\\nModerator: Chola\\n"
        "Language: English\\nInterpretation: French and Swahili\\n\\n"
        f"http://localhost/en/drif/sessions/{one.code}",
        "DTEND;TZID=Africa/Lusaka:20260512T100000",
        "DTSTAMP:20260501T120000Z",
        "DTSTART;TZID=Africa/Lusaka:20260512T090000",
        "LAST-MODIFIED:20260501T120000Z",
        "LOCATION:Hall",
        "SEQUENCE:0",
        "STATUS:TENTATIVE",
        "SUMMARY:Shutdowns\\; why",
        "TRANSP:TRANSPARENT",
        f"UID:{one.guid}",
        f"URL:http://localhost/en/drif/sessions/{one.code}",
    ]


def test_calendar_says_what_it_is_and_how_often_to_ask(app, client):
    edition = make.an_edition(
        slug="drif",
        name=TranslatedText.of("en", en="DRIF", fr="Le DRIF"),
        description=make.words("For *three* days."),
    )
    make.a_session(edition)
    make.a_release(edition)

    content = get(client, "/fr/drif/agenda.ics").decode()

    assert content[: content.index("BEGIN:VTIMEZONE")].split("\r\n") == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Jukwaa//NONSGML Agenda//EN",
        "DESCRIPTION:For three days.",
        "X-WR-CALDESC:For three days.",
        "NAME:Le DRIF",
        "X-WR-CALNAME:Le DRIF",
        "LAST-MODIFIED:20260501T120000Z",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "SOURCE;VALUE=URI:http://localhost/fr/drif/agenda.ics",
        "URL:http://localhost/fr/drif/agenda",
        "X-PUBLISHED-TTL:PT1H",
        "X-WR-TIMEZONE:Africa/Lusaka",
        "",
    ]


def test_title_in_another_language_says_which(app, client):
    edition = make.an_edition(slug="drif")
    make.a_session(edition, title=TranslatedText.of("ar", ar="حقوقنا"))
    make.a_release(edition)

    (event,) = events(get(client, "/fr/drif/agenda.ics"))

    assert (str(event["summary"]), dict(event["summary"].params)) == ("حقوقنا", {"LANGUAGE": "ar"})


def test_identity_stays_over_languages_and_releases_and_the_sequence_grows(app, client):
    edition = make.an_edition(slug="drif")
    one = make.a_session(edition, title="One", at="09:00")
    two = make.a_session(edition, title="Two", at="11:00")
    make.a_release(edition)
    later = make.NOON + timedelta(days=1)
    one.title = one.title.with_original("en", "One, renamed")
    two.state = SessionState.CANCELLED
    make.a_session(edition, title="Three", at="13:00")
    make.a_release(edition, at=make.NOON + timedelta(hours=1))
    one.title = one.title.with_original("en", "One, renamed again")
    make.a_release(edition, at=later)

    def told(language: str) -> list[tuple[str, int, datetime, str]]:
        found = events(get(client, f"/{language}/drif/agenda.ics"))
        return [(str(e["uid"]), e["sequence"], e.LAST_MODIFIED, str(e["status"])) for e in found]

    between = make.NOON + timedelta(hours=1)
    three = events(get(client, "/en/drif/agenda.ics"))[2]
    assert told("fr") == told("en")
    assert told("en") == [
        (str(one.guid), 2, later, "CONFIRMED"),
        (str(two.guid), 1, between, "CANCELLED"),
        (str(three["uid"]), 0, between, "CONFIRMED"),
    ]


def test_session_of_its_own_takes_up_time_unless_cancelled(app, client):
    edition = make.an_edition(slug="drif")
    held = make.a_session(edition, title="Held")
    off = make.a_session(edition, title="Off", state=SessionState.CANCELLED)
    make.a_release(edition)

    answers = [client.get(f"/en/drif/sessions/{one.code}.ics") for one in (held, off)]

    found = [[(str(e["summary"]), str(e["transp"])) for e in events(answer.data)] for answer in answers]
    assert found == [[("Held", "OPAQUE")], [("Off", "TRANSPARENT")]]
    assert [answer.headers["Content-Disposition"] for answer in answers] == [
        f'inline; filename="drif-{held.code}.ics"',
        f'inline; filename="drif-{off.code}.ics"',
    ]


def test_online_room_is_not_at_the_venue(app, client):
    edition = make.an_edition(slug="drif")
    set_venue(edition=edition, name=TranslatedText(), city=make.words("Lusaka"))
    make.a_session(edition, room=make.a_room(edition, name="Online A", mode="online"))
    make.a_session(edition, room=make.a_room(edition, name="Hall", mode="hybrid"), at="10:00")
    make.a_release(edition)

    found = events(get(client, "/en/drif/agenda.ics"))

    assert [str(event["location"]) for event in found] == ["Online A", "Hall, Lusaka"]


def test_lines_are_short_and_end_as_they_should(app, client):
    edition = make.an_edition(slug="drif")
    make.a_session(edition, title=ARABIC * 20, abstract="\\" * 300 + "\U0001f331" * 99 + ("x" * 73 + ",") * 9)
    make.a_release(edition)

    content = get(client, "/en/drif/agenda.ics")

    lines = content.split(b"\r\n")
    assert lines.pop() == b""
    assert max(len(line) for line in lines) == 75
    assert b"\r" not in b"".join(lines)
    assert b"\n" not in b"".join(lines)
    assert [line.decode() for line in lines]  # No character is cut in two.


@example("\\" * 200)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\\,;é한🌱"), max_size=400))
def test_folding_keeps_every_octet(text: str):
    line = text.encode()

    pieces = folded_line(line).split(b"\r\n ")

    assert b"".join(pieces) == line
    assert all(len(piece) <= 74 for piece in pieces[1:])
    assert len(pieces[0]) <= 75
    assert "".join(piece.decode() for piece in pieces) == text
    assert all((len(piece) - len(piece.rstrip(b"\\"))) % 2 == 0 for piece in pieces[:-1])


def test_abstract_is_brief_among_many_and_whole_alone(app, client):
    edition = make.an_edition(slug="drif")
    make.a_session(edition, code="LONG", abstract="water " * 60)
    make.a_release(edition)

    many = Calendar.from_ical(client.get("/en/drif/agenda.ics").data).events[0]["description"]
    alone = Calendar.from_ical(client.get("/en/drif/sessions/LONG.ics").data).events[0]["description"]

    assert many.partition("\n\n")[0] == "water " * 32 + "water …"
    assert alone.partition("\n\n")[0] == ("water " * 60).strip()
