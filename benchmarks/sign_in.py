"""Whether the time of an answer tells who has an account: known and unknown addresses, in pairs."""

import http.client
import re
import time
from collections.abc import Iterator
from random import Random
from statistics import median
from urllib.parse import urlencode

from benchmarks.edition import MADE_AT, SEED, app_for
from benchmarks.figures import Figure, written
from benchmarks.load import Refusals
from benchmarks.place import Place
from benchmarks.servers import Server, jukwaa
from forum.accounts.services import make_person
from forum.db import db

PAIRS = 200
APART_MS = 5.0
APART_SHARE = 0.05


def measure(place: Place) -> Iterator[Figure]:
    """How far apart the medians are, as milliseconds; within the target if under 5 ms or under 5%."""
    database = place.copy_of_empty()
    app = app_for(database)
    with app.app_context():
        for number in range(PAIRS):
            make_person(email=f"known-{number}@example.org", language="en", at=MADE_AT)
        db.session.commit()
        db.engine.dispose()
    known: list[float] = []
    unknown: list[float] = []
    order = Random(SEED)
    with jukwaa(database, FORM_SECONDS=0) as site:
        place.patience.wait()
        for number in range(PAIRS):
            pair = [(known, f"known-{number}@example.org"), (unknown, f"nobody-{number}@example.org")]
            order.shuffle(pair)
            for taken, address in pair:
                taken.append(asked(site, address))
    ours, theirs = median(known), median(unknown)
    apart = abs(ours - theirs)
    yield Figure(
        "sign-in, known and unknown address apart",
        apart,
        "ms",
        at_most=max(APART_MS, APART_SHARE * theirs),
        note=f"medians {written(ours, 'ms')} and {written(theirs, 'ms')}, ratio {ours / theirs:.3f}",
    )


def asked(site: Server, address: str) -> float:
    """Milliseconds of the POST that asks for a link, by a new visitor with a form of their own."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    try:
        connection.request("GET", "/en/sign-in")
        page = connection.getresponse()
        body, cookie = page.read().decode(), str(page.getheader("Set-Cookie")).partition(";")[0]
        hidden = {
            name: re.findall(rf'name="{name}"[^>]* value="([^"]+)"', body)[0] for name in ("csrf_token", "opened")
        }
        form = urlencode({**hidden, "email": address})
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        started = time.perf_counter()
        connection.request("POST", "/en/sign-in", form, headers)
        answer = connection.getresponse()
        answer.read()
        taken = time.perf_counter() - started
    finally:
        connection.close()
    if answer.status != 303:
        raise Refusals(f"asking for a link answered {answer.status}")
    return taken * 1000
