"""What others notice while slow clients hold connections open with requests that never end."""

import asyncio
import resource
import time
from collections.abc import Iterator
from contextlib import suppress
from statistics import quantiles

from benchmarks.edition import SLUG
from benchmarks.figures import Figure
from benchmarks.front import HOST, behind_front_server
from benchmarks.load import Refusals
from benchmarks.place import Place
from benchmarks.servers import Server, has_nginx, jukwaa

SLOW = 300
MANY = 1_000
VISITORS = 4
SECONDS = 4.0
P95_MS = 100.0
KEPT = f"/en/{SLUG}/agenda"
MADE_ANEW = "/readyz"
"""A page that is never kept: it enters Flask and asks the database."""


def measure(place: Place) -> Iterator[Figure]:
    """Milliseconds within which 95 of 100 visitors are answered, each on a new connection, beside slow clients."""
    _allow_many_files()
    with jukwaa(place.usual) as site:
        for what, path in (("kept page", KEPT), ("page not kept", MADE_ANEW)):
            alone = _p95(place, site, path, 0)
            beside = _p95(place, site, path, SLOW)
            yield Figure(f"p95 beside 300 slow, {what}", beside, "ms", at_most=P95_MS, note=f"alone {alone:.2f}")
        yield Figure("p95 beside 1,000 slow", _p95(place, site, KEPT, MANY), "ms", at_most=P95_MS)
    if not has_nginx():
        yield Figure("p95 behind the front server", None, at_most=P95_MS, note="nginx is not installed")
        return
    with behind_front_server(place) as front:
        for slow in (SLOW, MANY):
            beside = _p95(place, front, KEPT, slow, HOST)
            yield Figure(f"p95 behind the front server, {slow:,} slow", beside, "ms", at_most=P95_MS)


def _p95(place: Place, server: Server, path: str, slow: int, host: str = "127.0.0.1") -> float:
    place.patience.wait()
    return asyncio.run(p95_beside(server, path, slow=slow, host=host))


def _allow_many_files() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def p95_beside(server: Server, path: str, *, slow: int, host: str = "127.0.0.1") -> float:
    """The 95th percentile in milliseconds over `SECONDS`, with `slow` half-sent requests open."""
    opened = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(slow)]
    writers = [writer for _, writer in opened]
    for writer in writers:
        writer.write(f"GET / HTTP/1.1\r\nHost: {host}\r\nX-Slow: ".encode())
    await asyncio.sleep(0.5)
    until = time.perf_counter() + SECONDS
    visits = [_visits(server, path, host, until) for _ in range(VISITORS)]
    _, *each = await asyncio.gather(_drip(writers, until), *visits)
    for writer in writers:
        writer.close()
    return 1000 * quantiles([taken for one in each for taken in one or ()], n=20)[-1]


async def _drip(writers: list[asyncio.StreamWriter], until: float) -> None:
    """Add a byte of a header every second, as those do who want to hold a connection for ever."""
    while time.perf_counter() < until:
        for writer in writers:
            with suppress(OSError):
                writer.write(b"a")
        await asyncio.sleep(1)


async def _visits(server: Server, path: str, host: str, until: float) -> list[float]:
    """Seconds of one visit after the other, each on a new connection. One of over ten ends the run."""
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: gzip, br\r\nConnection: close\r\n\r\n".encode()
    times: list[float] = []
    while time.perf_counter() < until:
        started = time.perf_counter()
        async with asyncio.timeout(10):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(request)
            answer = await reader.read(-1)
        times.append(time.perf_counter() - started)
        writer.close()
        if not answer.startswith(b"HTTP/1.1 200"):
            raise Refusals(f"{path} answered {answer[:40]!r} beside slow clients")
    return times
