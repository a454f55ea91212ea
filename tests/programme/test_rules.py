"""What overlaps, and what a reader of an earlier version finds different."""

from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.programme.rules import MOST_PAIRS, Occupied, changes_of, overlaps

NINE = datetime(2026, 5, 12, 9, tzinfo=UTC)


def held(code, start, end):
    """A stretch in minutes after nine."""
    return Occupied(code, NINE + timedelta(minutes=start), NINE + timedelta(minutes=end))


@pytest.mark.parametrize(
    ("stretches", "pairs"),
    [
        ([held("A", 0, 60), held("B", 60, 90)], []),
        ([held("A", 0, 60), held("B", 59, 90)], [("A", "B")]),
        ([held("B", 0, 60), held("A", 0, 60)], [("A", "B")]),
        ([held("A", 0, 100), held("B", 10, 20), held("C", 30, 40)], [("A", "B"), ("A", "C")]),
        ([held("A", 0, 30), held("B", 20, 50), held("C", 40, 60)], [("A", "B"), ("B", "C")]),
        ([held("A", 0, 60), held("B", 30, 30)], []),
        ([held("A", 0, 60)], []),
    ],
    ids=["touching", "by a minute", "same time", "within", "chain", "no length", "alone"],
)
def test_overlaps_are_told_in_pairs(stretches, pairs):
    assert overlaps({"hall": stretches}) == ({"hall": pairs} if pairs else {})


def test_overlaps_of_one_room_are_not_those_of_another():
    assert overlaps({"hall": [held("A", 0, 60)], "yard": [held("B", 0, 60)]}) == {}


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), max_size=12))
def test_overlaps_are_those_found_by_comparing_each_with_each(stretches):
    all_held = [held(f"{n:02}", start, start + length) for n, (start, length) in enumerate(stretches)]
    wanted = {
        frozenset((a.code, b.code))
        for a, b in combinations(all_held, 2)
        if a.starts_at < b.ends_at and b.starts_at < a.ends_at
    }

    found = overlaps({"hall": all_held}).get("hall", [])

    assert {frozenset(pair) for pair in found} == wanted
    assert len(found) == len(wanted)


def test_hall_of_twenty_thousand_posters_tells_no_more_overlaps_than_one_can_read():
    posters = [held(f"{n}", 0, 60) for n in range(20_000)]

    assert len(overlaps({"hall": posters, "yard": posters[:2]})["hall"]) == MOST_PAIRS
    assert len(overlaps({"hall": posters, "yard": posters[:2]})["yard"]) == 1


def an_entry(**given):
    return {
        "code": "AB12CD",
        "title": {"en": "Water"},
        "state": "confirmed",
        "room": "hall",
        "day": "2026-05-12",
        "starts_at": "2026-05-12T07:00:00+00:00",
        "ends_at": "2026-05-12T08:00:00+00:00",
        "people": [],
        "sequence": 0,
        "changed_at": "2026-05-01T12:00:00+00:00",
        "marks": [],
        **given,
    }


def a_timetable(*entries):
    return {"rooms": [], "sessions": list(entries)}


def test_nothing_has_changed_in_a_first_version():
    assert changes_of(None, a_timetable(an_entry())) == []


def test_nothing_has_changed_where_only_the_history_differs():
    again = an_entry(sequence=3, changed_at="2026-05-02T12:00:00+00:00", marks=["moved"])

    assert changes_of(a_timetable(an_entry()), a_timetable(again)) == []


@pytest.mark.parametrize(
    ("given", "kinds", "was"),
    [
        ({"room": None}, ["moved"], {"room": "hall"}),
        (
            {"starts_at": "2026-05-12T07:30:00+00:00"},
            ["retimed"],
            {"day": "2026-05-12", "starts_at": "2026-05-12T07:00:00+00:00", "ends_at": "2026-05-12T08:00:00+00:00"},
        ),
        (
            {"day": "2026-05-11"},
            ["retimed"],
            {"day": "2026-05-12", "starts_at": "2026-05-12T07:00:00+00:00", "ends_at": "2026-05-12T08:00:00+00:00"},
        ),
        ({"title": {"en": "Air"}}, ["retitled"], {"title": {"en": "Water"}}),
        ({"state": "cancelled"}, ["cancelled"], {}),
        ({"state": "planned"}, ["edited"], {}),
        ({"people": [["ADAADA", "speaker"]]}, ["edited"], {}),
        ({"room": "yard", "title": {"en": "Air"}}, ["moved", "retitled"], {"room": "hall", "title": {"en": "Water"}}),
        ({"room": "yard", "people": [["ADAADA", "speaker"]]}, ["moved"], {"room": "hall"}),
    ],
)
def test_change_of_a_session_is_told_by_kind_with_what_it_was(given, kinds, was):
    after = an_entry(**given)

    changes = changes_of(a_timetable(an_entry()), a_timetable(after))

    assert changes == [{"code": "AB12CD", "kinds": kinds, "title": after["title"], "was": was}]


def test_session_that_takes_place_after_all_is_restored():
    (change,) = changes_of(a_timetable(an_entry(state="cancelled")), a_timetable(an_entry()))

    assert change["kinds"] == ["restored"]


def test_new_and_removed_sessions_are_told_after_the_others():
    before = a_timetable(an_entry(code="GONE00"), an_entry(code="STAYS0"))
    after = a_timetable(an_entry(code="NEW000"), an_entry(code="STAYS0", room="yard"))

    changes = changes_of(before, after)

    assert [(change["code"], change["kinds"]) for change in changes] == [
        ("NEW000", ["new"]),
        ("STAYS0", ["moved"]),
        ("GONE00", ["removed"]),
    ]
