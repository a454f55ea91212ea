"""The servers that are measured, each in processes of its own on a port of its own: Jukwaa, a bare Flask, nginx."""

import http.client
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
WORKERS = 2
BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd"}
"""What browsers of these years say they take."""
SECRETS = {
    "SECRET_KEY": "for measuring alone",
    "MASTER_KEYS": "Zm9yIG1lYXN1cmluZyBhbG9uZSwgMzIgYnl0ZXMgbG8",
    "LOOKUP_KEY": "dG8gbG9vayB1cCBieSwgbWVhc3VyaW5nIGFsb25lLCA",
}
"""Keys of databases that live as long as a run."""
NOT_COPIED = {"content-length", "content-type", "date", "etag", "last-modified", "server", "connection"}
"""Headers that a server makes itself; the rest of a page's go into nginx's configuration."""


@dataclass(frozen=True)
class Server:
    """A running server."""

    pid: int
    port: int

    def get(self, path: str, **headers: str) -> "Answer":
        """The answer to one GET on a connection of its own, body as sent."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path, headers={**BROWSER, **headers})
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()


@dataclass(frozen=True)
class Answer:
    """Status, headers and body, the body still compressed."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        """The value of a header by its name in small letters; empty where there is none."""
        return next((value for given, value in self.headers if given.lower() == name), "")

    @property
    def bytes_on_the_wire(self) -> int:
        """Bytes of head and body, with the status line."""
        head = sum(len(f"{name}: {value}\r\n".encode()) for name, value in self.headers)
        return len("HTTP/1.1 200 OK\r\n\r\n") + head + len(self.body)


class Unready(RuntimeError):
    """A server that did not come up, with what it said."""


def free_port() -> int:
    """A port nobody listens on, below those that the system gives to clients: nobody can be connected to themselves."""
    while True:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", random.randrange(20_000, 32_000)))  # It hides nothing.
            return int(probe.getsockname()[1])


def environment(database: Path, **settings: object) -> dict[str, str]:
    """The environment of a `jukwaa` command on the SQLite file `database`, without the caller's own settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    given = {**SECRETS, "LOG_LEVEL": "WARNING", **settings}
    return {
        **kept,
        "DATABASE_URL": f"sqlite:///{database}",
        **{name: str(value) for name, value in given.items()},
    }


@contextmanager
def jukwaa(database: Path, *, ready: str = "/healthz", **settings: object) -> Iterator[Server]:
    """`jukwaa serve` by two processes, answering `ready`."""
    port = free_port()
    given = environment(database, PORT=port, WORKERS=WORKERS, **settings)
    with _running([str(BIN / "jukwaa"), "serve"], port, ready, given) as server:
        yield server


@contextmanager
def bare_flask() -> Iterator[Server]:
    """A Flask application that says hello, under the same server with the same settings."""
    port = free_port()
    with _running([sys.executable, "-m", "benchmarks.hello", str(port)], port, "/", dict(os.environ)) as server:
        yield server


def has_nginx() -> bool:
    """Whether nginx is on this machine."""
    return _nginx() is not None


def _nginx() -> str | None:
    return shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


@contextmanager
def nginx_files(folder: Path, files: Mapping[str, Answer]) -> Iterator[Server]:
    """nginx that serves each answer as a plain file under its path, with the headers it came with.

    Its settings are the best for it: sendfile, open files cached, connections kept for ever, no log.
    """
    port = free_port()
    folder.mkdir()
    locations = []
    for number, (path, answer) in enumerate(files.items()):
        (folder / f"file{number}").write_bytes(answer.body)
        headers = dict(answer.headers)
        added = "\n".join(
            f'add_header {name} "{value.replace(chr(34), chr(92) + chr(34))}";'
            for name, value in headers.items()
            if name.lower() not in NOT_COPIED
        )
        locations.append(
            f"location = {path} {{ alias {folder}/file{number}; types {{}} "
            f'default_type "{answer.header("content-type")}";\n{added} }}'
        )
    best = "keepalive_requests 100000000; open_file_cache max=100; open_file_cache_valid 60s;"
    server = f"server {{ listen 127.0.0.1:{port}; {best} {' '.join(locations)} }}"
    with nginx(folder, server, port, next(iter(files))) as running:
        yield running


@contextmanager
def nginx(folder: Path, http_section: str, port: int, ready: str, **headers: str) -> Iterator[Server]:
    """nginx with two processes and `http_section` in its http block, the rest as Debian has it, answering `ready`."""
    command = _nginx()
    if command is None:
        raise Unready("nginx is not installed")
    user = "user root;" if os.geteuid() == 0 else ""  # Else its processes may not read our temporary folder.
    configuration = folder / "nginx.conf"
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration.write_text(
        f"""{user} worker_processes {WORKERS}; daemon off; pid {folder}/pid; error_log {folder}/errors crit;
        events {{ worker_connections 4096; }}
        http {{ access_log off; sendfile on; tcp_nopush on; {temporary}
        {http_section} }}"""
    )
    arguments = [command, "-p", str(folder), "-e", str(folder / "errors"), "-c", str(configuration)]
    with _running(arguments, port, ready, dict(os.environ), **headers) as server:
        yield server


@contextmanager
def _running(
    command: Sequence[str], port: int, ready: str, environ: Mapping[str, str], **headers: str
) -> Iterator[Server]:
    with TemporaryFile("w+") as said:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=said, stderr=subprocess.STDOUT)
        server = Server(process.pid, port)
        try:
            if not _is_answering(server, process, ready, **headers):
                said.seek(0)
                raise Unready(f"{' '.join(command)} does not answer {ready} with 200. It said: {said.read()}")
            yield server
        finally:
            _end(process)


def _is_answering(server: Server, process: subprocess.Popen[bytes], path: str, **headers: str) -> bool:
    """Whether `path` answers 200 within 20 seconds, asked every hundredth of a second."""
    until = time.perf_counter() + 20
    while process.poll() is None and time.perf_counter() < until:
        with suppress(OSError, http.client.HTTPException):
            if server.get(path, **headers).status == 200:
                return True
        time.sleep(0.01)
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    started = children(process.pid)
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        for pid in (*started, process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def children(pid: int) -> list[int]:
    """The processes that `pid` has started, themselves without theirs."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []
