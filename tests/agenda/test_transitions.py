from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from forum.agenda.transitions import Transition, transitions

HOUR = timedelta(hours=1)


def turns(zone: str, first: int, last: int) -> list[Transition]:
    return list(transitions(ZoneInfo(zone), datetime(first, 1, 1, tzinfo=UTC), datetime(last, 1, 1, tzinfo=UTC)))


def test_zone_that_never_changes_has_what_holds_alone():
    start = datetime(2026, 1, 1, tzinfo=UTC)

    assert turns("Africa/Lusaka", 2026, 2030) == [Transition(start, 2 * HOUR, 2 * HOUR, "CAT", is_daylight=False)]


def test_changes_are_found_to_the_second_and_told_by_the_clock_before_them():
    _, spring, autumn = turns("Europe/Berlin", 2026, 2027)

    assert (spring, spring.local_onset) == (
        Transition(datetime(2026, 3, 29, 1, tzinfo=UTC), HOUR, 2 * HOUR, "CEST", is_daylight=True),
        datetime(2026, 3, 29, 2),
    )
    assert (autumn, autumn.local_onset) == (
        Transition(datetime(2026, 10, 25, 1, tzinfo=UTC), 2 * HOUR, HOUR, "CET", is_daylight=False),
        datetime(2026, 10, 25, 3),
    )


@pytest.mark.parametrize(
    ("zone", "year"),
    [("Africa/Casablanca", 2026), ("Africa/Cairo", 2026), ("Australia/Lord_Howe", 2026), ("Asia/Pyongyang", 2018)],
)
def test_any_moment_of_the_year_is_told_right(zone: str, year: int):
    found = turns(zone, year, year + 1)
    assert len(found) > 1
    for hours in range(0, 365 * 24, 3):
        moment = datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
        last = [turn for turn in found if turn.at <= moment][-1]
        assert last.after == moment.astimezone(ZoneInfo(zone)).utcoffset()
