"""The real server in a process of its own, on a database of its own, and a plain HTTP client to ask it."""

import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from tests.conftest import TEST_KEY

ROOT = Path(__file__).parents[2]
KEYS = {"MASTER_KEYS": TEST_KEY, "LOOKUP_KEY": TEST_KEY[::-1]}
_FOLDER = tempfile.TemporaryDirectory(prefix="jukwaa-sites-")
"""Where sites keep mail and jobs; gone with this process."""
START_SECONDS = 20
STOP_SECONDS = 10


@dataclass(frozen=True)
class Answer:
    """An answer as it came over the wire, its body still packed."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def header_set(self, *varying: str) -> dict[str, str]:
        """Every header by its lower-case name, without the date and those named in `varying`."""
        left_out = {"date", *varying}
        return {name.lower(): value for name, value in self.headers.items() if name.lower() not in left_out}


@dataclass(frozen=True)
class Site:
    """A running site, its settings and its log."""

    port: int
    settings: Mapping[str, str]
    log_file: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What the server has written to standard output and standard error so far."""
        return self.log_file.read_text()

    def ask(
        self, path: str, *, method: str = "GET", visitor: str = "127.0.0.1", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """What the server answers to a visitor at the address `visitor`. Nothing is unpacked or followed."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=START_SECONDS, source_address=(visitor, 0))
        try:
            connection.request(method, path, headers=dict(headers or {}))
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()


def jukwaa(settings: Mapping[str, str], *words: str) -> str:
    """What the command prints; CalledProcessError where it fails."""
    ended = subprocess.run([command(), *words], env=settings, cwd=ROOT, capture_output=True, text=True, check=True)
    return ended.stdout


def command() -> str:
    """The console script of the environment that runs the tests."""
    beside = shutil.which("jukwaa", path=str(Path(sys.executable).parent))
    assert beside, "the project is not installed in this environment: pip install -e ."
    return beside


def settings_for(database_url: str, **changes: str) -> dict[str, str]:
    """An environment with nothing of ours in it but what is given here."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    ours = {"DATABASE_URL": database_url, "SECRET_KEY": "for tests alone", "WORKERS": "1", **KEYS, "FORM_SECONDS": "0"}
    own = tempfile.mkdtemp(dir=_FOLDER.name)
    places = {"MAIL_FOLDER": f"{own}/mail", "JOBS_URL": f"{own}/jobs.sqlite"}
    return {**kept, "LANG": "C.UTF-8", **ours, **places, **changes}


@contextmanager
def running(settings: Mapping[str, str], folder: Path) -> Iterator[Site]:
    """`jukwaa serve` with these settings on a free port, until the block ends."""
    port = free_port()
    site = Site(port, {**settings, "PORT": str(port)}, folder / f"server-{port}.log")
    with site.log_file.open("wb") as log:
        process = subprocess.Popen([command(), "serve"], env=site.settings, cwd=ROOT, stdout=log, stderr=log)
    try:
        _wait_until_alive(site, process)
        yield site
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_alive(site: Site, process: subprocess.Popen[bytes]) -> None:
    patience_ends = time.monotonic() + START_SECONDS
    while True:
        assert process.poll() is None, f"the server ended by itself:\n{site.log}"
        try:
            assert site.ask("/healthz").body == b"ok\n"
        except OSError:
            assert time.monotonic() < patience_ends, f"the server does not answer:\n{site.log}"
            time.sleep(0.05)
        else:
            return


def free_port() -> int:
    """A port that nobody listens on at this moment, and below those that the system gives to clients.

    Who asks such a one too early can be given the very port they ask, and then hears their own question.
    """
    while True:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", random.randrange(20_000, 32_000)))
            return int(probe.getsockname()[1])


@contextmanager
def empty_database(name: str, folder: Path) -> Iterator[str]:
    """The URL of a database without tables: on the server of TEST_DATABASE_URL, else SQLite in `folder`."""
    given = os.environ.get("TEST_DATABASE_URL")
    if not given:
        yield f"sqlite:///{folder / name}.sqlite"
        return
    url = make_url(given.replace("postgresql://", "postgresql+psycopg://", 1))
    own = f"{url.database}_{name}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool).connect() as server:
        server.execute(text(f'drop database if exists "{own}" with (force)'))
        server.execute(text(f'create database "{own}"'))
        try:
            yield url.set(database=own).render_as_string(hide_password=False)
        finally:
            server.execute(text(f'drop database "{own}" with (force)'))
