"""What the log shows of an error: where it came from, and of an error of the database no value of a row."""

import json
import logging

import pytest
from sqlalchemy import text
from sqlalchemy.exc import PendingRollbackError, StatementError

from forum.accounts import services
from forum.accounts.models import Person
from forum.db import db
from forum.faults import traceback_text
from forum.http import JsonLines
from tests import make
from tests.make import NOON

CANARY = "canary-7f3a"


def logged(error, message="unexpected", *arguments):
    """The line that the log gets of `error`."""
    given = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("forum", logging.ERROR, __file__, 1, message, arguments, given)
    return json.loads(JsonLines().format(record))


def raised(act):
    """What `act` raises."""
    try:
        act()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def twice_the_same():
    db.session.add_all([_persona(), _persona()])
    db.session.flush()


def _persona():
    return Person(name="", alias="", language="en", persona=CANARY, created_at=NOON)


def not_a_number():
    db.session.execute(text(f"select cast('{CANARY}' as integer) + abs('{CANARY}')"))


def no_such_table():
    db.session.execute(text(f'select * from "{CANARY}"'))


def not_a_choice():
    services.sign_in(person=make.a_person(), proof=CANARY, at=NOON)


def no_such_moment():
    db.session.execute(text(f"select cast('{CANARY}' as timestamp)"))


def after_one_that_failed():
    raised(twice_the_same)
    db.session.execute(text("select 1"))


@pytest.mark.parametrize(
    "act",
    [
        twice_the_same,
        pytest.param(not_a_number, marks=pytest.mark.on_database("postgresql")),  # SQLite takes any text for a number.
        no_such_table,
        not_a_choice,
        pytest.param(no_such_moment, marks=pytest.mark.on_database("postgresql")),
        after_one_that_failed,
    ],
)
def test_error_of_the_database_shows_no_value(app, act):
    error = raised(act)
    line = logged(error)
    db.session.rollback()

    if db.engine.dialect.name == "postgresql" or act is no_such_table:  # SQLite repeats few values.
        assert CANARY in f"{error} {error.__cause__} {error.__context__}"
    assert CANARY not in json.dumps(line)
    assert f"in {act.__name__}" in line["traceback"]


def test_violated_constraint_is_told_by_name(app):
    error = raised(twice_the_same)
    db.session.rollback()

    lines = [
        line for line in logged(error)["traceback"].splitlines() if line and not line.startswith((" ", "Traceback"))
    ]

    told = {
        "sqlite": ("sqlite3.IntegrityError", "SQLITE_CONSTRAINT_UNIQUE"),
        "postgresql": ("psycopg.errors.UniqueViolation", "23505, uq_person_persona"),
    }
    driver, facts = told[db.engine.dialect.name]
    assert lines == [
        f"{driver} ({facts})",
        "The above exception was the direct cause of the following exception:",
        f"sqlalchemy.exc.IntegrityError ({facts})",
    ]


def caused():
    try:
        twice_the_same()
    except Exception as error:
        raise ValueError("our own words") from error


def while_handling():
    try:
        twice_the_same()
    except Exception:
        raise KeyError("our own words")  # noqa: B904  # Without a cause: that is what is tried.


def grouped():
    raise ExceptionGroup("several", [raised(twice_the_same), ValueError("our own words")])


@pytest.mark.parametrize("act", [caused, while_handling, grouped])
def test_error_that_comes_after_one_of_the_database_keeps_its_words(app, act):
    line = logged(raised(act))
    db.session.rollback()

    assert CANARY not in json.dumps(line)
    assert "our own words" in line["traceback"]
    assert "IntegrityError" in line["traceback"]


def test_error_that_the_database_layer_wraps_shows_no_value():
    try:
        raise StatementError("x", None, None, LookupError(CANARY)) from LookupError(CANARY)
    except StatementError as error:
        line = logged(error)

    assert CANARY not in json.dumps(line)


def test_error_among_the_words_of_a_line_shows_no_value(app):
    error = raised(twice_the_same)
    db.session.rollback()

    lines = [
        logged(None, "it failed: %s", error),
        logged(None, "it failed: %(why)s", {"why": error}),
        logged(None, error),
        logged(None, "it failed: %s, %s", PendingRollbackError(CANARY), "else"),
    ]

    assert [CANARY in json.dumps(line) for line in lines] == [False] * 4
    assert lines[3]["message"] == "it failed: sqlalchemy.exc.PendingRollbackError, else"


def test_other_errors_are_told_as_python_tells_them(app):
    def inner():
        raise ValueError("all of it")

    def outer():
        try:
            inner()
        except ValueError as error:
            raise RuntimeError("more") from error

    error = raised(outer)

    assert logged(error)["traceback"] == _as_python_tells(error)
    assert logged(None, "plain %s", 1)["message"] == "plain 1"


def _as_python_tells(error):
    return logging.Formatter().formatException((type(error), error, error.__traceback__))


def test_errors_that_go_in_a_circle_come_to_an_end():
    one, other = ValueError("one"), ValueError("other")
    one.__context__, other.__context__ = other, one

    assert traceback_text(one).count("ValueError: one") == 1
