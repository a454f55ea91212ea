"""Tracebacks for the log, in which no error of the database shows what stood in a row.

PostgreSQL repeats values in its messages ("Key (email)=(…) already exists"), and SQLAlchemy repeats those messages. Of
such an error its type alone is told, and where known its SQLSTATE and the constraint.
"""

import logging
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy.exc import PendingRollbackError, StatementError

DRIVERS = ("psycopg", "sqlite3")
CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
CONTEXT = "\nDuring handling of the above exception, another exception occurred:\n\n"


def traceback_text(error: BaseException) -> str:
    """The traceback of `error` and of all that led to it, as Python writes it, without values of rows."""
    silent = {id(one) for one in _of_database(error)}
    return "".join(_pieces(error, silent, set())).rstrip("\n")


def is_of_database(error: object) -> bool:
    """Whether the message of `error` may repeat what stands in a row."""
    of_driver = type(error).__module__.partition(".")[0] in DRIVERS
    return of_driver or isinstance(error, StatementError | PendingRollbackError)


def told(error: BaseException) -> str:
    """An error of the database without its message: `psycopg.errors.UniqueViolation (23505, uq_address_digest)`."""
    of_driver = getattr(error, "orig", None) or error
    known = (
        getattr(of_driver, "sqlstate", None) or getattr(of_driver, "sqlite_errorname", None),
        getattr(getattr(of_driver, "diag", None), "constraint_name", None),
    )
    facts = ", ".join(fact for fact in known if fact)
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    return f"{name} ({facts})" if facts else name


def without_values(record: logging.LogRecord) -> str:
    """The message of a record, errors of the database among its words told as above."""
    quiet = logging.makeLogRecord(record.__dict__)
    quiet.msg = _quiet(record.msg)
    if isinstance(record.args, Mapping):
        quiet.args = {name: _quiet(one) for name, one in record.args.items()}
    elif record.args:
        quiet.args = tuple(_quiet(one) for one in record.args)
    return quiet.getMessage()


def _quiet(words: Any) -> Any:
    return told(words) if isinstance(words, BaseException) and is_of_database(words) else words


def _chain(error: BaseException | None, seen: set[int]) -> Iterator[BaseException]:
    """An error, what caused it and what it came upon, each once."""
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    yield error
    grouped = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    for one in (error.__cause__, error.__context__, getattr(error, "orig", None), *grouped):
        if one is None or isinstance(one, BaseException):
            yield from _chain(one, seen)


def _of_database(error: BaseException) -> Iterator[BaseException]:
    """The errors of the database in the chain of `error`, and all that led to them: a driver may wrap what it met."""
    seen: set[int] = set()
    for one in _chain(error, set()):
        if is_of_database(one):
            yield from _chain(one, seen)


def _pieces(error: BaseException, silent: set[int], seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _pieces(before, silent, seen)
        yield CAUSE if error.__cause__ else CONTEXT
    if error.__traceback__:
        yield "Traceback (most recent call last):\n"
        yield from traceback.format_tb(error.__traceback__)
    yield f"{told(error)}\n" if id(error) in silent else "".join(traceback.format_exception_only(error))
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            if id(one) not in seen:
                yield from _pieces(one, silent, seen)
