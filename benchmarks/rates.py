"""How fast kept pages are answered, beside nginx with the same bytes in a file and beside a bare Flask."""

from collections.abc import Iterator, Mapping
from statistics import median

from benchmarks.edition import SLUG
from benchmarks.figures import Figure, alternately, of_rounds, ratios, written
from benchmarks.load import Refusals, rate
from benchmarks.place import Place
from benchmarks.servers import Answer, Server, bare_flask, has_nginx, jukwaa, nginx_files

PAGES = {"agenda": f"/en/{SLUG}/agenda", "calendar": f"/en/{SLUG}/agenda.ics"}
ROUNDS = 7
SECONDS = 1.0
OF_NGINX = 0.4
OF_FLASK = 2.0


def measure(place: Place) -> Iterator[Figure]:
    """For agenda and whole calendar: our rate to nginx's and to that of a bare Flask."""
    with jukwaa(place.usual) as site, bare_flask() as hello:
        answers = {path: checked(site.get(path)) for path in PAGES.values()}
        if not has_nginx():
            yield Figure("nginx", None, at_least=OF_NGINX, note="nginx is not installed")
            return
        with nginx_files(place.new("nginx"), answers) as files:
            same_bytes(files, answers)
            for name, path in PAGES.items():
                yield from _compared(place, name, path, site, files, hello)


def _compared(place: Place, name: str, path: str, site: Server, files: Server, hello: Server) -> Iterator[Figure]:
    size = len(site.get(path).body)
    rate(site, path, seconds=1)  # Both processes have the page now.
    taken = alternately(
        ROUNDS,
        {
            "nginx": lambda: rate(files, path, seconds=SECONDS),
            "ours": lambda: rate(site, path, seconds=SECONDS),
            "flask": lambda: rate(hello, "/", seconds=SECONDS),
            "flask with as many bytes": lambda: rate(hello, f"/{size}", seconds=SECONDS),
        },
        before_each=place.patience.wait,
    )
    yield of_rounds(f"{name}: of nginx", ratios(taken["ours"], taken["nginx"]), at_least=OF_NGINX)
    yield of_rounds(f"{name}: of a bare Flask", ratios(taken["ours"], taken["flask"]), at_least=OF_FLASK)
    told = ", ".join(f"{other} {written(median(taken[other]), '/s')}" for other in taken if other != "ours")
    yield Figure(f"{name}: rate", median(taken["ours"]), "/s", note=f"{size:,} bytes; {told}")


def checked(answer: Answer) -> Answer:
    """The answer, if it is a compressed 200."""
    if answer.status != 200 or answer.header("content-encoding") != "br":
        raise Refusals(f"expected a page compressed by Brotli, got {answer.status} {answer.headers}")
    return answer


def same_bytes(files: Server, answers: Mapping[str, Answer]) -> None:
    """Make sure that nginx gives the very bytes and headers that we give; its own may come on top."""
    for path, ours in answers.items():
        theirs = files.get(path)
        lacking = {
            (name.lower(), value)
            for name, value in ours.headers
            if name.lower() not in ("date", "server", "etag", "connection")
        } - {(name.lower(), value) for name, value in theirs.headers}
        if theirs.body != ours.body or lacking:
            raise Refusals(f"nginx's file differs from {path}: {lacking or 'other bytes'}")
