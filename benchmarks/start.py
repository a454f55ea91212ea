"""How long the site takes to start, and how much memory it holds."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import brotli

from benchmarks.edition import SLUG
from benchmarks.figures import Figure, of_rounds
from benchmarks.load import Refusals
from benchmarks.place import Place
from benchmarks.servers import WORKERS, Server, children, jukwaa
from forum.i18n import LANGUAGES

ROUNDS = 5
START_SECONDS = 1.5
WORKER_MB = 90.0
AGENDA = f"/en/{SLUG}/agenda"
FEEDS = ("agenda.ics", "agenda.json", "schedule.xml", "schedule.json", "releases.atom")
LISTS = ("", "agenda", "speakers/", "releases/", *FEEDS)


def measure(place: Place) -> Iterator[Figure]:
    """Seconds from the command to the first agenda; megabytes of 1,000,000 bytes once every page was asked for."""
    database = place.usual
    yield of_rounds("start to first page", [_started(place) for _ in range(ROUNDS)], "s", at_most=START_SECONDS)
    with jukwaa(database) as site:
        count = visit_everything(site)
        workers = [memory(pid) for pid in children(site.pid)]
        parent = memory(site.pid)
    if len(workers) != WORKERS:
        raise Refusals(f"expected {WORKERS} processes, found {len(workers)}")
    total = parent["Pss"] + sum(one["Pss"] for one in workers)
    yield Figure(
        "memory per worker",
        max(one["Pss"] for one in workers),
        "MB",
        at_most=WORKER_MB,
        note=f"PSS after {count:,} pages; RSS {max(one['Rss'] for one in workers):.1f}; "
        f"all processes together {total:.1f}, so {total / WORKERS:.1f} each",
    )


def _started(place: Place) -> float:
    place.patience.wait()
    started = time.perf_counter()
    with jukwaa(place.usual, ready=AGENDA):
        return time.perf_counter() - started


def memory(pid: int) -> dict[str, float]:
    """Megabytes of a process: RSS, and PSS, which counts what n processes share as an nth."""
    told = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return {name: int(value) * 1024 / 1e6 for name, value in re.findall(r"^(Rss|Pss): +(\d+) kB$", told, re.M)}


def visit_everything(site: Server) -> int:
    """Ask for every list and feed in every language and every session in one, of both processes; how many addresses."""
    addresses = [f"/{language}/{SLUG}/{path}" for language in LANGUAGES for path in LISTS]
    agenda = brotli.decompress(site.get(AGENDA).body).decode()
    addresses += sorted(set(re.findall(rf"/en/{SLUG}/sessions/\w+", agenda)))
    for address in (*addresses, *addresses, *addresses[: len(LISTS) * len(LANGUAGES)]):
        if (answer := site.get(address)).status != 200:  # A new connection each: the kernel spreads them.
            raise Refusals(f"{address} answered {answer.status}")
    return len(addresses)
