"""Releases: numbered, immutable, with what changed; and who may be named."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from forum.db import db, public_generation
from forum.programme import services
from forum.programme.models import ReleasedSession, SessionState
from tests import make


@pytest.fixture
def edition(app):
    return make.an_edition()


LATER = make.NOON + timedelta(days=1)


def test_publish_numbers_releases_from_one(edition):
    one = make.a_session(edition)
    first = make.a_release(edition)
    one.title = make.words("Renamed")
    second = make.a_release(edition)

    assert (first.number, second.number) == (1, 2)


def test_publish_without_a_difference_releases_nothing(edition):
    make.a_session(edition)
    make.a_release(edition)

    assert services.publish(edition=edition, at=LATER) is None


@pytest.mark.parametrize("table", ["release", "released_session"])
def test_database_refuses_to_change_a_release(edition, table):
    make.a_session(edition)
    make.a_release(edition)
    db.session.commit()
    column = "number" if table == "release" else "folded"

    with pytest.raises(DBAPIError, match=f"{table} is immutable"):
        db.session.execute(text(f"update {table} set {column} = {column}"))
    db.session.rollback()


def test_release_says_what_changed(edition):
    hall, baobab = make.a_room(edition, code="hall"), make.a_room(edition)
    moved = make.a_session(edition, code="MOVED", room=hall)
    retimed = make.a_session(edition, code="RETIMED", at="10:00")
    retitled = make.a_session(edition, code="RETITLED", title="Before")
    cancelled = make.a_session(edition, code="CANCELLED")
    edited = make.a_session(edition, code="EDITED", abstract="Before")
    make.a_session(edition, code="SAME")
    make.a_release(edition)

    moved.slot.room = baobab
    retimed.slot.starts_at += timedelta(minutes=30)
    retitled.title = make.words("After")
    cancelled.state = SessionState.CANCELLED
    edited.abstract = make.words("After")
    make.a_session(edition, code="NEW")
    second = make.a_release(edition)
    cancelled.state = SessionState.CONFIRMED
    third = make.a_release(edition)

    kinds = {change["code"]: change["kinds"] for change in second.changes}
    assert kinds == {
        "MOVED": ["moved"],
        "RETIMED": ["retimed"],
        "RETITLED": ["retitled"],
        "CANCELLED": ["cancelled"],
        "EDITED": ["edited"],
        "NEW": ["new"],
    }
    assert next(one for one in second.changes if one["code"] == "MOVED")["was"] == {"room": "hall"}
    assert [change["kinds"] for change in third.changes] == [["restored"]]


def test_sequence_grows_with_each_change_of_the_session_alone(edition):
    one, _same = make.a_session(edition, code="ONE"), make.a_session(edition, code="SAME")
    make.a_release(edition)
    one.title = make.words("Second")
    make.a_release(edition, at=LATER)
    one.title = make.words("Third")
    third = make.a_release(edition, at=LATER + timedelta(days=1))

    told = {s["code"]: (s["sequence"], s["changed_at"][:10]) for s in third.timetable["sessions"]}
    assert told == {"ONE": (2, "2026-05-03"), "SAME": (0, "2026-05-01")}


def test_release_holds_no_name_of_a_person(edition):
    make.a_session(edition, title="Water", speakers=[make.a_speaker(edition, name="Canary Wharf")])
    release = make.a_release(edition)

    kept = db.session.scalars(select(ReleasedSession)).all()
    assert "Canary" not in str(release.timetable)
    assert not any("canary" in f"{one.texts}{one.folded}".lower() for one in kept)


def test_checksum_follows_from_the_content(edition):
    one = make.a_session(edition, abstract="Before")
    first = make.a_release(edition)
    one.abstract = make.words("After")
    second = make.a_release(edition)

    assert len({first.checksum, second.checksum}) == 2
    assert len(first.checksum) == 64


def test_public_change_raises_the_generation_and_a_draft_does_not(edition):
    one = make.a_session(edition)
    make.a_release(edition)
    db.session.commit()
    before = public_generation()

    one.title = make.words("Draft")
    db.session.commit()
    assert public_generation() == before

    make.a_release(edition)
    db.session.commit()
    assert public_generation() == before + 1


def test_rolled_back_change_raises_nothing(edition):
    speaker = make.a_speaker(edition)
    db.session.commit()
    before = public_generation()

    services.withdraw_listing(speaker=speaker)
    db.session.flush()
    db.session.rollback()

    assert public_generation() == before


def test_change_after_a_savepoint_rolled_back_still_counts(edition):
    speaker, other = make.a_speaker(edition), make.a_speaker(edition)
    db.session.commit()
    before = public_generation()

    savepoint = db.session.begin_nested()
    services.withdraw_listing(speaker=other)
    db.session.flush()
    savepoint.rollback()
    services.withdraw_listing(speaker=speaker)
    db.session.commit()

    assert public_generation() == before + 1
