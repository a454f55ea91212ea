import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft6Validator, FormatChecker
from lxml import etree

from forum.db import db
from forum.editions.models import Edition
from forum.editions.queries import edition_by_slug
from forum.i18n import TranslatedText
from forum.programme import queries, services
from forum.programme.importing import Report, edition_for, import_schedule, read_schedule
from forum.programme.models import ForumSession, SessionState, SpeakerRole
from tests import make
from tests.conftest import absent

LATER = make.NOON + timedelta(days=1)
HOSTILE = 'A <b>"title"</b> & \x01\x0b\u202e]]> <script>'
FILES = ("schedule.xml", "schedule.json")
PUBLISHED = (
    "c3-31c3/schedule.xml",
    "debconf17/pentabarf.xml",
    "good2025/schedule/export/schedule.json",
    "c3voc-examples/json/examples/pretalx-rc3.json",
)


@pytest.fixture
def schemas(data: Path) -> Path:
    found = data / "c3voc-examples"
    if not found.is_dir():
        absent("c3voc-examples")
    return found


def a_difficult_edition() -> Edition:
    """A programme with all that has ever come back different from what went out."""
    edition = make.an_edition(
        slug="drif-2026",
        name=TranslatedText.of("en", en="DRIF 2026", ar="منتدى ٢٠٢٦"),
        time_zone="Europe/Berlin",
        starts_on=date(2026, 10, 24),
        ends_on=date(2026, 10, 26),
        languages=["en", "fr", "ar"],
    )
    hall = make.a_room(edition, name=TranslatedText.of("en", en="Hall  1", fr="Salle", ar="القاعة"), capacity=90)
    tent = make.a_room(edition, name=TranslatedText.of("fr", fr="Salle", en="Tent"))  # "Salle" twice in French.
    track = make.a_track(edition, code="civic_space", name=TranslatedText.of("en", en="Civic & space", sw="Nafasi"))
    panel = make.a_format(edition, name=TranslatedText.of("en", en="Panel", fr="Table ronde"))
    amina, bupe, chola = (make.a_speaker(edition, name=name) for name in ("Amina", "Bupe  B.", "شولا"))
    hidden = make.a_speaker(edition, name="Hidden", listed=False)

    opening = make.a_session(
        edition,
        title=TranslatedText.of("fr", fr="Ouverture", en="Opening", ar="افتتاح"),
        subtitle=TranslatedText.of("ar", ar="عنوان فرعي"),
        abstract=TranslatedText.of("fr", fr="Un *début*.\n\n- a\n- b", en="A & b, *c* `<i>`"),
        description=TranslatedText.of("en", en="Line one\nline\u2028two\n\n```\n<b>code</b>\n```"),
        room=hall,
        track=track,
        format=panel,
        language="en",
        interpretation_languages=["fr"],
        links=[{"url": "https://a.example/?x=1&y=2", "title": "Slides & <more>"}],
        state=SessionState.PLANNED,
    )
    services.cast(
        forum_session=opening,
        speakers=[
            (amina, SpeakerRole.SPEAKER, ""),
            (hidden, SpeakerRole.RAPPORTEUR, ""),
            (bupe, SpeakerRole.SPEAKER, "Prof. Bupe"),
            (amina, SpeakerRole.MODERATOR, ""),
        ],
    )
    make.a_session(edition, title=HOSTILE, room=tent, language=None, speakers=[chola, hidden])
    make.a_session(
        edition, title="Night", abstract="Dark\x01\nroom", at="25:30", minutes=90, room=tent, moderators=[bupe]
    )
    second_pass = make.a_session(edition, title="Second pass", day=1, room=hall, language="sw")
    start = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # 02:30 in Berlin, for the second time that night.
    services.place(
        forum_session=second_pass,
        room=hall,
        day_on=date(2026, 10, 25),
        starts_at=start,
        ends_at=start + timedelta(hours=1),
    )
    make.a_session(edition, title="Nowhere", at="12:00", day=1, minutes=60 * 30)
    make.a_session(edition, title="Before it", at="12:00", day=-1)
    make.a_session(edition, title="Off", at="13:00", state=SessionState.CANCELLED, speakers=[chola])
    make.a_release(edition)
    return edition


def an_empty_edition() -> Edition:
    edition = make.an_edition(slug="abc", name="Nothing yet", time_zone="Etc/GMT-3")
    make.a_session(edition, state=SessionState.CANCELLED)
    make.a_release(edition)
    return edition


def imported(content: bytes, slug: str) -> Report:
    schedule = read_schedule(content)
    edition = edition_for(schedule=schedule, slug=slug, create=True, time_zone=None, language="en", at=LATER)
    return import_schedule(schedule=schedule, edition=edition, at=LATER)


def as_shown(one: ForumSession, language: str, *, with_roles: bool) -> tuple[Any, ...]:
    """A session as a reader of `language` knows it, in the words that survive a file: single spaces, no controls."""

    def words(text: TranslatedText) -> str:
        return " ".join("".join(c for c in text.shown(language).text if c >= " " or c == "\n").split())

    assert one.slot is not None
    people = [(p.credited_name or p.speaker.name, p.role.value) for p in one.appearances if p.speaker.listed_at]
    return (
        one.code,
        one.number,
        words(one.title),
        words(one.subtitle),
        words(one.abstract),
        words(one.description),
        one.language,
        one.track and (words(one.track.name), one.track.colour),
        one.format and words(one.format.name),
        one.slot.room and words(one.slot.room.name),
        one.slot.day_on,
        one.slot.starts_at,
        one.slot.ends_at,
        [dict(link) for link in one.links],
        sorted(" ".join(name.split()) + f": {role}" for name, role in people)
        if with_roles
        else list(dict.fromkeys(" ".join(name.split()) for name, _role in people)),
    )


def held(slug: str, language: str, **given: bool) -> list[tuple[Any, ...]]:
    edition = edition_by_slug(slug)
    assert edition is not None
    sessions = [one for one in queries.draft_sessions(edition) if one.state is not SessionState.CANCELLED]
    return sorted(as_shown(one, language, **given) for one in sessions)


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("made", [a_difficult_edition, an_empty_edition])
def test_xml_is_valid_by_the_schema_of_c3voc(app, client, schemas: Path, made, language: str):
    edition = made()
    schema = etree.XMLSchema(etree.parse(schemas / "xsd" / "schedule.xml.xsd"))

    document = etree.fromstring(client.get(f"/{language}/{edition.slug}/schedule.xml").data)

    schema.validate(document)
    assert [str(fault) for fault in schema.error_log] == []


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("made", [a_difficult_edition, an_empty_edition])
def test_json_is_valid_by_the_schema_of_c3voc(app, client, schemas: Path, made, language: str):
    edition = made()
    schema = json.loads((schemas / "json" / "schema.json").read_text())

    document = json.loads(client.get(f"/{language}/{edition.slug}/schedule.json").data)

    faults = Draft6Validator(schema, format_checker=FormatChecker()).iter_errors(document)
    assert [fault.message for fault in faults] == []


def test_validators_would_notice_a_fault(app, client, schemas: Path):
    a_difficult_edition()
    xml = (
        client.get("/en/drif-2026/schedule.xml")
        .data.replace(b"<duration>", b"<length>")
        .replace(b"</duration>", b"</length>")
    )
    document = json.loads(client.get("/en/drif-2026/schedule.json").data)
    document["schedule"]["conference"]["days"][0]["date"] = "yesterday"

    schema = json.loads((schemas / "json" / "schema.json").read_text())
    assert not etree.XMLSchema(etree.parse(schemas / "xsd" / "schedule.xml.xsd")).validate(etree.fromstring(xml))
    assert not Draft6Validator(schema, format_checker=FormatChecker()).is_valid(document)


@pytest.mark.parametrize("language", ["en", "fr", "ar", "sw"])
@pytest.mark.parametrize("file", FILES)
def test_reading_it_back_into_the_same_edition_changes_nothing(app, client, file: str, language: str):
    a_difficult_edition()
    content = client.get(f"/{language}/drif-2026/{file}").data

    report = imported(content, "drif-2026")

    assert (report.made, report.changed, report.refused, report.notes, report.release) == ({}, {}, [], {}, None)


@pytest.mark.parametrize("language", ["en", "fr", "ar", "sw"])
@pytest.mark.parametrize("file", FILES)
def test_reading_it_into_a_new_edition_gives_the_same_programme(app, client, file: str, language: str):
    edition = a_difficult_edition()
    edition.rooms[1].name = TranslatedText.of("fr", fr="Tente", en="Tent")  # No new edition can tell two of one name.
    make.a_release(edition, at=make.NOON + timedelta(hours=1))
    content = client.get(f"/{language}/drif-2026/{file}").data

    report = imported(content, "copy-2026")

    has_roles = file == "schedule.json"
    copy = held("copy-2026", "en", with_roles=has_roles)
    original = held("drif-2026", language, with_roles=has_roles)
    assert len(original) == 6
    assert copy == original
    assert (report.refused, report.notes) == ([], {})
    assert imported(content, "copy-2026").release is None


@pytest.mark.parametrize("published", PUBLISHED)
def test_published_programmes_come_back_as_they_went(app, client, data: Path, published: str):
    schedule = read_schedule((data / published).read_bytes())
    edition = edition_for(
        schedule=schedule, slug="real", create=True, time_zone="Europe/Berlin", language=None, at=make.NOON
    )
    import_schedule(schedule=schedule, edition=edition, at=make.NOON)
    db.session.commit()

    for file in FILES:
        report = imported(client.get(f"/en/real/{file}").data, "real")
        assert (report.made, report.changed, report.refused, report.release) == ({}, {}, [], None)


def test_people_and_sessions_keep_their_identity_in_a_new_place(app):
    guid, person = "0b1c5c1e-54c5-4a4b-9c3d-6a1e0d5c7f11", "7d3f1c51-93c4-4f0e-8a43-0f8a2f5b9c22"
    content = f"""<schedule><version>1</version>
    <conference><title>T</title><time_zone_name>Africa/Lusaka</time_zone_name></conference>
    <day date="2026-05-12" index="1"><room name="Hall"><event guid="{guid}" id="7" code="ABC123">
    <date>2026-05-12T09:00:00+02:00</date><start>09:00</start><duration>01:00</duration><title>T</title>
    <persons><person guid="{person}">Amina</person></persons></event></room></day></schedule>""".encode()

    imported(content, "one-2026")
    imported(content, "two-2026")

    editions = [edition_by_slug(slug) for slug in ("one-2026", "two-2026")]
    sessions = [[str(one.guid) for one in queries.draft_sessions(edition)] for edition in editions]
    people = [[str(one.guid) for one in queries.speakers(edition)] for edition in editions]
    assert (sessions[0], people[0]) == ([guid], [person])
    assert sessions[1] != [guid]  # No identity is given out twice.
    assert people[1] != [person]


def test_roles_that_a_file_does_not_give_stay(app, client):
    edition = make.an_edition(slug="drif-2026")
    amina, bupe = make.a_speaker(edition, name="Amina"), make.a_speaker(edition, name="Bupe")
    make.a_session(edition, moderators=[amina], speakers=[bupe])
    make.a_release(edition)
    root = ElementTree.fromstring(client.get("/en/drif-2026/schedule.xml").data)
    (persons,) = root.iter("persons")
    persons[:] = reversed(persons)

    imported(ElementTree.tostring(root), "drif-2026")

    (one,) = queries.draft_sessions(edition)
    found = [(part.speaker.name, part.role.value) for part in one.appearances]
    assert found == [("Amina", "moderator"), ("Bupe", "speaker")]  # The other way round before.


def test_a_file_of_others_takes_away_whom_it_does_not_name(app, client):
    edition = make.an_edition(slug="drif-2026")
    hidden = make.a_speaker(edition, listed=False)
    make.a_session(edition, speakers=[hidden])
    make.a_release(edition)
    content = client.get("/en/drif-2026/schedule.xml").data

    imported(content, "drif-2026")
    ours = [len(one.appearances) for one in queries.draft_sessions(edition)]
    imported(content.replace(b'name="Jukwaa"', b'name="frab"'), "drif-2026")
    others = [len(one.appearances) for one in queries.draft_sessions(edition)]

    assert (ours, others) == ([1], [0])


def test_a_corrected_language_moves_the_words(app, client):
    edition = make.an_edition(slug="drif-2026")
    make.a_session(edition, title="Ouverture", language="en")
    make.a_release(edition)
    content = client.get("/en/drif-2026/schedule.xml").data

    imported(content.replace(b"<language>en<", b"<language>fr<"), "drif-2026")

    (one,) = queries.draft_sessions(edition)
    assert (one.language, one.title.original_language, one.title.shown("fr").text) == ("fr", "fr", "Ouverture")


def test_xml_says_what_the_programme_says(app, client):
    edition = make.an_edition(slug="drif", name="DRIF")
    hall = make.a_room(edition, name="Hall")
    one = make.a_session(
        edition, title="Late", at="24:30", minutes=45, room=hall, speakers=[make.a_speaker(edition, name="Amina")]
    )
    make.a_session(edition, title="Early", at="08:00", room=hall)
    make.a_session(edition, title="Off", at="07:00", room=hall, state=SessionState.CANCELLED)
    make.a_release(edition)

    root = ElementTree.fromstring(client.get("/en/drif/schedule.xml").data)

    assert root.findtext("conference/acronym") == "drif"
    assert [(day.get("index"), day.get("date"), day.get("start"), day.get("end")) for day in root.iter("day")] == [
        ("1", "2026-05-12", "2026-05-12T08:00:00+02:00", "2026-05-13T01:15:00+02:00"),
        ("2", "2026-05-13", "2026-05-13T00:00:00+02:00", "2026-05-14T00:00:00+02:00"),
        ("3", "2026-05-14", "2026-05-14T00:00:00+02:00", "2026-05-15T00:00:00+02:00"),
    ]
    assert [(room.get("name"), room.get("guid")) for room in root.iter("room") if room.get("name")] == [
        ("Hall", str(hall.guid))
    ]
    late = root.findall(".//event")[1]
    assert late.attrib == {"guid": str(one.guid), "id": str(one.number), "code": one.code}
    assert {child.tag: child.text for child in late if child.tag not in ("persons", "links")} == {
        "date": "2026-05-13T00:30:00+02:00",
        "start": "00:30",
        "duration": "00:45",
        "room": "Hall",
        "url": f"http://localhost/en/drif/sessions/{one.code}",
        "title": "Late",
        "subtitle": None,
        "track": None,
        "type": None,
        "language": "en",
        "abstract": None,
        "description": None,
    }
    assert [event.findtext("title") for event in root.iter("event")] == ["Early", "Late"]


def test_json_says_what_the_programme_says(app, client):
    edition = make.an_edition(slug="drif-26", name=TranslatedText.of("en", en="DRIF", fr="Le DRIF"), accent="#112233")
    hall = make.a_room(edition, name="Hall", capacity=40)
    track = make.a_track(edition, name="Access", colour="#445566")
    amina = make.a_speaker(edition, name="Amina")
    one = make.a_session(
        edition,
        title="Late",
        track=track,
        abstract="*Why*",
        at="24:30",
        minutes=45,
        room=hall,
        speakers=[amina],
        moderators=[amina],
        links=[{"url": "https://a.example", "title": "Slides"}, {"url": "mailto:x@a.example", "title": "No"}],
    )
    make.a_release(edition)

    document = json.loads(client.get("/fr/drif-26/schedule.json").data)

    home = "http://localhost/fr/drif-26/"
    conference = document["schedule"].pop("conference")
    days = conference.pop("days")
    assert document == {
        "$schema": "https://c3voc.de/schedule/schema.json",
        "generator": {"name": "Jukwaa", "url": home},
        "schedule": {"version": "1", "base_url": home},
    }
    assert conference == {
        "acronym": "drif_26",
        "title": "Le DRIF",
        "start": "2026-05-12",
        "end": "2026-05-14",
        "daysCount": 3,
        "timeslot_duration": "00:05",
        "time_zone_name": "Africa/Lusaka",
        "url": f"{home}agenda",
        "colors": {"primary": "#112233"},
        "tracks": [{"name": "Access", "color": "#445566"}],
        "rooms": [{"name": "Hall", "guid": str(hall.guid), "capacity": 40}],
    }
    assert [(day["index"], day["date"], list(day["rooms"])) for day in days] == [
        (1, "2026-05-12", ["Hall"]),
        (2, "2026-05-13", []),
        (3, "2026-05-14", []),
    ]
    assert (days[0]["day_start"], days[0]["day_end"]) == ("2026-05-13T00:30:00+02:00", "2026-05-13T01:15:00+02:00")
    assert days[0]["rooms"]["Hall"] == [
        {
            "guid": str(one.guid),
            "code": one.code,
            "id": one.number,
            "date": "2026-05-13T00:30:00+02:00",
            "start": "00:30",
            "end": "2026-05-13T01:15:00+02:00",
            "duration": "00:45",
            "room": "Hall",
            "slug": f"drif_26-{one.code.lower()}",
            "url": f"{home}sessions/{one.code}",
            "title": "Late",
            "subtitle": "",
            "track": "Access",
            "type": "",
            "language": "en",
            "abstract": "*Why*",
            "description": "",
            "persons": [
                {"code": amina.code, "name": "Amina", "guid": str(amina.guid), "roles": ["speaker", "moderator"]}
            ],
            "links": [{"url": "https://a.example", "title": "Slides"}],
        }
    ]
