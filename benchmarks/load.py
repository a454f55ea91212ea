"""How many requests a second a server answers: by wrk where it is installed, else by a client of our own."""

import asyncio
import re
import shutil
import subprocess
import time
from collections.abc import Mapping

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
    until = time.perf_counter() + seconds
    askers = [_Asking(server.port, request, until) for _ in range(connections)]
    for asker in askers:
        await asker.connect()
    await asyncio.wait_for(asyncio.gather(*(asker.done for asker in askers)), seconds + 10)
    return [taken for asker in askers for taken in asker.times]


class _Asking(asyncio.Protocol):
    """A client that asks again as soon as it is answered, until the time is up."""

    def __init__(self, port: int, request: bytes, until: float) -> None:
        self.port, self.request, self.until = port, request, until
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.times: list[float] = []
        self.length = 0
        """Bytes of the whole answer; 0 until its head is here."""
        self.got = bytearray()

    async def connect(self) -> None:
        await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self.port)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._ask()

    def _ask(self) -> None:
        self.length = 0
        self.got.clear()
        self.asked_at = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.got += data
        if not self.length and (head := self.got.find(b"\r\n\r\n")) >= 0:
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", self.got[:head])
            if length is None or not self.got.startswith(b"HTTP/1.1 200"):
                self._fail(bytes(self.got[:80]).decode("latin-1"))
                return
            self.length = head + 4 + int(length[1])
        if self.length and len(self.got) >= self.length:
            self._answered()

    def _answered(self) -> None:
        now = time.perf_counter()
        self.times.append(now - self.asked_at)
        if now < self.until:
            self._ask()
        else:
            self.done.set_result(None)
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.done.done():
            return
        if self.got:
            self._fail("half an answer")
        else:  # A server may close between two answers; nginx does so after a thousand.
            self.connecting = asyncio.get_running_loop().create_task(self.connect())

    def _fail(self, why: str) -> None:
        self.done.set_exception(Refusals(why))
        self.transport.close()
