"""How long the agenda takes when it must be made anew: queries, template, compression in both codings."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from flask import Flask
from sqlalchemy import event

from benchmarks.edition import SLUG, app_for
from benchmarks.figures import Figure, spread
from benchmarks.load import Refusals
from benchmarks.place import Place
from forum.db import db
from forum.pagestore import PageStore
from forum.serving import share

PATH = f"/en/{SLUG}/agenda"
WARM_UPS = 3
TIMES = 15
USUAL_MS = 60.0
LARGE_MS = 200.0


def measure(place: Place) -> Iterator[Figure]:
    """Milliseconds in this process, through the test client, with the page store emptied and the database warm."""
    asked = []
    for what, database, at_most in (
        ("cold render, 300 sessions", place.usual, USUAL_MS),
        ("cold render, 1,000 sessions", place.large, LARGE_MS),
    ):
        app = app_for(database)
        share(app)  # As `jukwaa serve` does before its processes start.
        times = [_rendered_in_quiet(app, place) for _ in range(WARM_UPS + TIMES)][WARM_UPS:]
        yield Figure(what, median(times), "ms", at_most=at_most, note=spread(times, "ms"))
        asked.append(queries(app))
    yield Figure("cold render: queries, 300", asked[0])
    yield Figure("cold render: queries, 1,000", asked[1], at_most=asked[0], at_least=asked[0])


def _rendered_in_quiet(app: Flask, place: Place) -> float:
    place.patience.wait()
    return rendered(app)


def rendered(app: Flask) -> float:
    """Milliseconds of one cold render."""
    forget(app)
    client = app.test_client()
    started = time.perf_counter()
    answer = client.get(PATH, headers={"Accept-Encoding": "br"})
    taken = time.perf_counter() - started
    if answer.status_code != 200 or answer.headers.get("Content-Encoding") != "br":
        raise Refusals(f"{PATH} answered {answer.status}")
    return 1000 * taken


def queries(app: Flask) -> int:
    """How many questions one cold render asks the database."""
    with counted(app) as statements:
        rendered(app)
    return len(statements)


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The SELECTs sent meanwhile, but for the question that comes once a second, whether kept pages still hold."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT") and "public_state" not in statement:
            sent.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def forget(app: Flask) -> None:
    """Empty the page store."""
    store: PageStore = app.extensions["pages"]
    store.pages.clear()
    store.plain.clear()
    store.filtered.clear()
