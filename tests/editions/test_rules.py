"""When an edition takes place, by its own clock."""

from datetime import UTC, datetime

import pytest

from forum.editions.rules import can_be_slug, next_midnight, takes_place
from tests import make


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 5, 11, 21, 59, tzinfo=UTC), False),
        (datetime(2026, 5, 11, 22, 0, tzinfo=UTC), True),
        (datetime(2026, 5, 14, 21, 59, tzinfo=UTC), True),
        (datetime(2026, 5, 14, 22, 0, tzinfo=UTC), False),
    ],
)
def test_edition_takes_place_on_its_days_in_its_own_zone(app, at, expected):
    assert takes_place(make.an_edition(time_zone="Africa/Lusaka"), at) is expected


def test_next_midnight_is_that_of_the_edition(app):
    edition = make.an_edition(time_zone="Africa/Lusaka")

    assert next_midnight(edition, datetime(2026, 5, 11, 23, tzinfo=UTC)) == datetime(2026, 5, 12, 22, tzinfo=UTC)


@pytest.mark.parametrize("slug", ["", "-a", "a--b", "A", "a/b", "a\0", "sign-in", "static", "é", "a" * 61])
def test_what_cannot_be_an_address_is_no_slug(slug):
    assert not can_be_slug(slug)


@pytest.mark.parametrize("slug", ["a", "drif-2026", "a" * 60])
def test_small_letters_digits_and_single_hyphens_are(slug):
    assert can_be_slug(slug)
