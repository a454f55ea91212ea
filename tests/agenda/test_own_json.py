import json
import re
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from forum.editions.services import set_venue
from forum.i18n import TranslatedText
from forum.programme import services
from forum.programme.models import SessionState, SpeakerRole
from tests import make

DOCS = Path(__file__).parents[2] / "docs"


def strict_schema() -> dict[str, Any]:
    """The schema, refusing properties it does not name; readers are to let them pass, we are not to forget them."""
    schema = json.loads((DOCS / "agenda.schema.json").read_text())
    for one in objects_in(schema):
        one["additionalProperties"] = False
    return schema


def objects_in(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, list):
        return [found for one in schema for found in objects_in(one)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if isinstance(schema.get("properties"), dict) and "required" in schema else []
    return [*own, *(found for one in schema.values() for found in objects_in(one))]


def a_full_programme() -> tuple[Any, ...]:
    edition = make.an_edition(
        slug="drif",
        name=TranslatedText.of("en", en="DRIF", ar="منتدى"),
        description=make.words("About."),
        forum=make.a_forum(slug="the-drif", name="The DRIF"),
    )
    set_venue(edition=edition, name=make.words("Centre"), city=make.words("Lusaka"), address="Plot 1", country="ZM")
    hall = make.a_room(edition, code="hall", name="Hall", mode="hybrid", capacity=40, online_url="https://join.example")
    track = make.a_track(edition, code="access", name="Access", colour="#2f5d9b")
    panel = make.a_format(edition, code="panel", name="Panel")
    amina = make.a_speaker(
        edition,
        name="Amina",
        affiliation="A Union",
        stakeholder_group="civil_society",
        country="KE",
        bio=TranslatedText.of("sw", sw="Wasifu"),
    )
    hidden = make.a_speaker(edition, name="Canary", listed=False, affiliation="Canary Ltd")
    one = make.a_session(
        edition,
        title=TranslatedText.of("fr", fr="Coupures", en="Shutdowns"),
        subtitle="Sub",
        abstract=TranslatedText.of("fr", fr="*Qui* paie ?"),
        description="Long",
        at="25:00",
        minutes=30,
        room=hall,
        track=track,
        format=panel,
        language="fr",
        interpretation_languages=["en"],
        links=[{"url": "https://slides.example/1", "title": "Slides"}],
        state=SessionState.PLANNED,
    )
    cast = [(amina, SpeakerRole.SPEAKER, "Dr Amina"), (hidden, SpeakerRole.MODERATOR, "")]
    services.cast(forum_session=one, speakers=cast)
    bare = make.a_session(
        edition, title=TranslatedText.of("ar", ar="بلا"), language=None, state=SessionState.CANCELLED, day=1
    )
    release = make.a_release(edition, note=make.words("First."))
    return edition, hall, amina, one, bare, release


def test_agenda_json_holds_everything_public_in_all_languages(app, client):
    edition, hall, amina, one, bare, release = a_full_programme()

    answer = client.get("/fr/drif/agenda.json")

    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert json.loads(answer.data) == {
        "format": "jukwaa-agenda",
        "format_version": 1,
        "edition": {
            "slug": "drif",
            "guid": str(edition.guid),
            "name": {"en": "DRIF", "ar": "منتدى"},
            "description": {"en": "About."},
            "forum": {"slug": "the-drif", "name": {"en": "The DRIF"}},
            "starts_on": "2026-05-12",
            "ends_on": "2026-05-14",
            "time_zone": "Africa/Lusaka",
            "languages": ["en", "fr"],
            "venue": {"name": {"en": "Centre"}, "city": {"en": "Lusaka"}, "address": "Plot 1", "country": "ZM"},
            "url": "http://localhost/fr/drif/",
        },
        "release": {
            "number": 1,
            "published_at": "2026-05-01T12:00:00Z",
            "note": {"en": "First."},
            "checksum": release.checksum,
        },
        "rooms": [{"code": "hall", "guid": str(hall.guid), "name": {"en": "Hall"}, "mode": "hybrid", "capacity": 40}],
        "tracks": [{"code": "access", "name": {"en": "Access"}, "colour": "#2f5d9b"}],
        "formats": [{"code": "panel", "name": {"en": "Panel"}}],
        "sessions": [
            {
                "code": one.code,
                "guid": str(one.guid),
                "number": one.number,
                "original_language": "fr",
                "title": {"fr": "Coupures", "en": "Shutdowns"},
                "subtitle": {"en": "Sub"},
                "abstract": {"fr": "*Qui* paie ?"},
                "description": {"en": "Long"},
                "state": "planned",
                "language": "fr",
                "interpretation": ["en"],
                "track": "access",
                "format": "panel",
                "room": "hall",
                "day": "2026-05-12",
                "starts_at": "2026-05-12T23:00:00Z",
                "ends_at": "2026-05-12T23:30:00Z",
                "local_starts_at": "2026-05-13T01:00:00+02:00",
                "local_ends_at": "2026-05-13T01:30:00+02:00",
                "people": [{"speaker": amina.code, "name": "Dr Amina", "role": "speaker"}],
                "links": [{"url": "https://slides.example/1", "title": "Slides"}],
                "sequence": 0,
                "changed_at": "2026-05-01T12:00:00Z",
                "changes": [],
                "url": f"http://localhost/fr/drif/sessions/{one.code}",
            },
            {
                "code": bare.code,
                "guid": str(bare.guid),
                "number": bare.number,
                "original_language": "ar",
                "title": {"ar": "بلا"},
                "subtitle": {},
                "abstract": {},
                "description": {},
                "state": "cancelled",
                "language": None,
                "interpretation": [],
                "track": None,
                "format": None,
                "room": None,
                "day": "2026-05-13",
                "starts_at": "2026-05-13T07:00:00Z",
                "ends_at": "2026-05-13T08:00:00Z",
                "local_starts_at": "2026-05-13T09:00:00+02:00",
                "local_ends_at": "2026-05-13T10:00:00+02:00",
                "people": [],
                "links": [],
                "sequence": 0,
                "changed_at": "2026-05-01T12:00:00Z",
                "changes": [],
                "url": f"http://localhost/fr/drif/sessions/{bare.code}",
            },
        ],
        "speakers": [
            {
                "code": amina.code,
                "guid": str(amina.guid),
                "name": "Amina",
                "affiliation": "A Union",
                "stakeholder_group": "civil_society",
                "country": "KE",
                "bio": {"sw": "Wasifu"},
                "url": f"http://localhost/fr/drif/speakers/{amina.code}",
            }
        ],
    }


def test_agenda_json_is_as_its_schema_says(app, client):
    a_full_programme()
    document = json.loads(client.get("/en/drif/agenda.json").data)
    schema = strict_schema()

    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)

    assert [error.message for error in validator.iter_errors(document)] == []


def test_schema_would_notice_a_property_it_does_not_name(app, client):
    a_full_programme()
    document = json.loads(client.get("/en/drif/agenda.json").data)
    document["sessions"][0]["people"][0]["email"] = "amina@example.org"

    faults = [error.message for error in Draft202012Validator(strict_schema()).iter_errors(document)]

    assert faults == ["Additional properties are not allowed ('email' was unexpected)"]


def test_every_property_is_named_in_the_description():
    names = {name for one in objects_in(strict_schema()) for name in one["properties"]}
    described = set(re.findall(r"`([a-z_]+)`", (DOCS / "agenda-json.md").read_text()))

    assert sorted(names - described) == []


def test_every_property_is_required_by_the_schema():
    assert all(set(one["required"]) == set(one["properties"]) for one in objects_in(strict_schema()))
