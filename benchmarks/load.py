"""How many requests a second a server answers: by wrk where it is installed, else by a client of our own."""

import asyncio
import re
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence

from benchmarks.servers import BROWSER, Server

CONNECTIONS = 32
THREADS = 2
REFUSED = re.compile(r"Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)")


class Refusals(RuntimeError):
    """Under load, a server gave other answers than 200."""


def has_wrk() -> bool:
    """Whether wrk is on this machine."""
    return shutil.which("wrk") is not None


def rate(server: Server, path: str, *, seconds: float, **headers: str) -> float:
    """Requests a second over 32 kept connections for `seconds`. Raises Refusals."""
    given = {**BROWSER, **headers}
    return _rate_by_wrk(server, path, seconds, given) if has_wrk() else _rate_by_hand(server, path, seconds, given)


def _rate_by_wrk(server: Server, path: str, seconds: float, headers: Mapping[str, str]) -> float:
    named = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = ["wrk", f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s", *named]
    said = subprocess.run(
        [*command, f"http://127.0.0.1:{server.port}{path}"], capture_output=True, text=True, check=True
    ).stdout
    if refused := REFUSED.search(said):
        raise Refusals(f"{path}: {refused[0]}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    if found is None:
        raise Refusals(f"{path}: wrk said no rate")
    return float(found[1])


def _rate_by_hand(server: Server, path: str, seconds: float, headers: Mapping[str, str]) -> float:
    started = time.perf_counter()
    times = asyncio.run(ask_again_and_again(server, path, CONNECTIONS, seconds, headers))
    return len(times) / (time.perf_counter() - started)


async def ask_again_and_again(
    server: Server, path: str, connections: int, seconds: float, headers: Mapping[str, str]
) -> list[float]:
    """Seconds that each answer took, all of them 200, over `connections` kept open. Raises Refusals."""
    head = "".join(f"{name}: {value}\r\n" for name, value in {"Host": f"127.0.0.1:{server.port}", **headers}.items())
    request = f"GET {path} HTTP/1.1\r\n{head}\r\n".encode()
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    pairs = [
        await loop.create_connection(lambda: _Asking(request, until), "127.0.0.1", server.port)
        for _ in range(connections)
    ]
    askers: Sequence[_Asking] = [asker for _, asker in pairs]
    await asyncio.wait_for(asyncio.gather(*(asker.done for asker in askers)), seconds + 10)
    return [taken for asker in askers for taken in asker.times]


class _Asking(asyncio.Protocol):
    """One connection that asks again as soon as it is answered, until the time is up."""

    def __init__(self, request: bytes, until: float) -> None:
        self.request, self.until = request, until
        self.loop = asyncio.get_running_loop()
        self.done: asyncio.Future[None] = self.loop.create_future()
        self.times: list[float] = []
        self.awaited = 0
        self.got = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._ask()

    def _ask(self) -> None:
        self.awaited = 0
        self.got.clear()
        self.asked_at = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.got += data
        if not self.awaited and (head := self.got.find(b"\r\n\r\n")) >= 0:
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", self.got[:head])
            if length is None or not self.got.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200")):
                self._fail(Refusals(bytes(self.got[:80]).decode("latin-1")))
                return
            self.awaited = head + 4 + int(length[1])
        if self.awaited and len(self.got) >= self.awaited:
            self.times.append(time.perf_counter() - self.asked_at)
            if self.loop.time() < self.until:
                self._ask()
            else:
                self.transport.close()
                self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(Refusals("the server closed a connection it should have kept"))

    def _fail(self, refusal: Refusals) -> None:
        if not self.done.done():
            self.done.set_exception(refusal)

    def _end(self) -> None:
        if not self.done.done():
            self.done.set_result(None)
