"""How fast public pages are with the documented front server before the application."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure, alternately, of_rounds, ratios, spread, written
from benchmarks.load import rate
from benchmarks.place import Place
from benchmarks.rates import PAGES, ROUNDS, SECONDS, checked, same_bytes
from benchmarks.servers import ROOT, Server, free_port, has_nginx, jukwaa, nginx, nginx_files

DOCUMENTED = ROOT / "docs" / "front-server.conf"
HOST = "forum.example.org"
OF_NGINX = 0.85


def measure(place: Place) -> Iterator[Figure]:
    """Agenda and calendar through the front server, to nginx with the same bytes in a file."""
    if not has_nginx():
        yield Figure("front server: of nginx", None, at_least=OF_NGINX, note="nginx is not installed")
        return
    for name, path in PAGES.items():
        yield from _through_front_server(place, name, path)


def _through_front_server(place: Place, name: str, path: str) -> Iterator[Figure]:
    with behind_front_server(place) as front:
        answers = {path: checked(front.get(path, Host=HOST))}
        with nginx_files(place.new("nginx"), answers) as files:
            same_bytes(files, answers)
            taken = alternately(
                ROUNDS,
                {
                    "nginx": lambda: rate(files, path, seconds=SECONDS),
                    "front": lambda: rate(front, path, seconds=SECONDS, Host=HOST),
                },
                before_each=place.patience.wait,
            )
    yield of_rounds(f"front server, {name}: of nginx", ratios(taken["front"], taken["nginx"]), at_least=OF_NGINX)
    told = f"{spread(taken['front'])}; nginx {written(median(taken['nginx']), '/s')}"
    yield Figure(f"front server, {name}: rate", median(taken["front"]), "/s", note=told)


@contextmanager
def behind_front_server(place: Place) -> Iterator[Server]:
    """The documented front server with Jukwaa behind it; its pages are asked for as those of HOST."""
    with jukwaa(place.usual, PUBLIC_URL=f"https://{HOST}", PROXY_HOPS=1) as site:
        folder, port = place.new("front"), free_port()
        folder.mkdir()
        section = as_measured(DOCUMENTED, folder=folder, port=port, application=site.port)
        with nginx(folder, section, port, "/healthz", Host=HOST) as front:
            yield front


def as_measured(documented: Path, *, folder: Path, port: int, application: int) -> str:
    """The documented configuration on our ports and in our folder, without TLS, which the yardstick has not either."""
    lines = [
        line
        for line in documented.read_text().splitlines()
        if not line.strip().startswith(("ssl_", "listen [::]", "error_log"))
    ]
    text = "\n".join(lines)
    for there, here in (
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{port};"),
        ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
        ("server 127.0.0.1:8000;", f"server 127.0.0.1:{application};"),
        ("/var/cache/nginx/jukwaa", str(folder / "kept")),
    ):
        if there not in text:
            raise ValueError(f"{documented.name} no longer has “{there}”")
        text = text.replace(there, here)
    return text
