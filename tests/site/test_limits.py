"""How often something may be done: per subject, per window, the same for every process."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import select, text

from forum import limits
from forum.db import begin_writing, db
from forum.limits import LIMITS, Counted, LimitCount, TooOften

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
CANARY = "amina.canary@example.org"
WHAT = Counted.LINK_BY_ADDRESS
MOST = LIMITS[WHAT].times
AT_ONCE = 16


def spend(subject="a", *, what=WHAT, at=NOON):
    return limits.spend(what, subject, at=at)


def passed(times, **given):
    """How many of so many tries pass."""
    done = 0
    for _ in range(times):
        try:
            spend(**given)
            done += 1
        except TooOften:
            pass
    return done


@pytest.mark.parametrize("what", list(Counted))
def test_everything_that_is_counted_has_a_limit_and_says_how_many_are_left(app, what):
    assert [spend(what=what), spend(what=what)] == [LIMITS[what].times - 1, LIMITS[what].times - 2]


def test_limit_is_reached_after_so_many_and_no_fewer(app):
    assert passed(MOST) == MOST
    assert passed(3) == 0


def test_limit_is_of_one_subject_and_one_thing_alone(app):
    passed(MOST + 1)

    assert spend("b") == MOST - 1
    assert spend(what=Counted.CODE_BY_ADDRESS) == LIMITS[Counted.CODE_BY_ADDRESS].times - 1


def test_subject_is_not_mistaken_for_part_of_what_is_counted(app):
    """`a|b` of one thing is not `b` of the thing `…|a`."""
    spend("x|y")

    assert [spend("x"), spend("y")] == [MOST - 1, MOST - 1]


def test_limit_counts_anew_in_the_next_window(app):
    passed(MOST + 1, at=NOON + timedelta(minutes=59, seconds=59))

    assert spend(at=NOON + timedelta(hours=1)) == MOST - 1
    assert passed(1, at=NOON) == 0


@pytest.mark.parametrize(
    ("at", "minutes"),
    [
        (NOON, 60),
        (NOON + timedelta(seconds=1), 60),
        (NOON + timedelta(minutes=30), 30),
        (NOON + timedelta(seconds=3599.5), 1),
    ],
)
def test_refusal_says_how_long_to_wait(app, at, minutes):
    passed(MOST)

    with pytest.raises(TooOften) as refusal:
        spend(at=at)

    assert str(refusal.value) == f"That was tried too often. Try again in {minutes} min; nothing was lost."


def test_waiting_as_long_as_told_is_enough(app):
    passed(MOST)
    for second in (0, 1, 59, 60, 61, 3540, 3599):
        at = NOON + timedelta(seconds=second)
        with pytest.raises(TooOften) as refusal:
            spend(at=at)
        assert spend(f"later {second}", at=at + timedelta(minutes=refusal.value.values["minutes"])) == MOST - 1
        row = db.session.scalars(select(LimitCount).order_by(LimitCount.id.desc())).first()
        assert row.window_at == NOON + timedelta(hours=1)


def test_what_was_tried_counts_once_committed_and_not_before(app):
    spend()
    db.session.rollback()
    assert spend() == MOST - 1
    db.session.commit()

    assert spend() == MOST - 2


@pytest.mark.parametrize("is_begun", [True, False])
def test_of_many_at_once_exactly_so_many_pass(app, is_begun):
    before = 1 if is_begun else 0
    if is_begun:
        spend()
    db.session.commit()
    db.session.remove()
    start = Barrier(AT_ONCE)

    def attempt(_):
        with app.app_context():
            start.wait()
            begin_writing()
            try:
                spend()
            except TooOften:
                return 0
            else:
                return 1
            finally:
                db.session.commit()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        done = sum(pool.map(attempt, range(AT_ONCE)))

    assert done == MOST - before
    assert db.session.scalars(select(LimitCount.times)).all() == [AT_ONCE + before]


def test_nothing_of_the_subject_can_be_read(app):
    spend(CANARY)
    db.session.commit()

    row = db.session.execute(text("select * from limit_count")).one()

    assert [one for one in row if CANARY.encode() in repr(one).encode() or b"canary" in bytes(str(one), "utf-8")] == []
    assert len(bytes(row.subject)) == 32


def test_subject_cannot_be_told_without_the_key(app, monkeypatch):
    spend(CANARY)
    kept = db.session.scalar(select(LimitCount.subject))
    monkeypatch.setitem(app.config, "LOOKUP_KEY", app.config["LOOKUP_KEY"][::-1])
    spend(CANARY)

    assert [one == kept for one in db.session.scalars(select(LimitCount.subject).order_by(LimitCount.id))] == [
        True,
        False,
    ]


def test_windows_that_are_over_are_forgotten_and_no_others(app):
    spend("past")
    spend("now", at=NOON + timedelta(hours=1))
    spend("long", what=Counted.CODE_BY_ADDRESS)

    limits.forget_past(at=NOON + timedelta(hours=1, minutes=1))

    ends = db.session.scalars(select(LimitCount.ends_at).order_by(LimitCount.ends_at)).all()
    assert ends == [NOON + timedelta(hours=2), NOON.replace(hour=0) + timedelta(days=1)]
