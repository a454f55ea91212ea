"""Bringing a newer file into an edition: what changes, what is cancelled, what stays, what is released."""

import pytest

from forum.db import db
from forum.i18n import Text, TextState
from forum.programme import queries, services
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
)
from tests.rows import all_rows


def changes(report):
    """What the release says changed, by title."""
    return {change["title"]["en"]: change["kinds"] for change in report.release.changes}


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
