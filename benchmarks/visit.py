"""What a browser has to fetch: bytes and requests of a first visit, and of the pages after it."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin

import brotli

from benchmarks.edition import SLUG
from benchmarks.figures import Figure
from benchmarks.load import Refusals
from benchmarks.place import Place
from benchmarks.servers import Answer, Server, jukwaa
from forum.i18n import LANGUAGES

FIRST_VISIT_KB = 40.0
FIRST_VISIT_REQUESTS = 3
SESSION_PAGE_KB = 15.0
SECOND_PAGE_KB = 8.0
FETCHED_LINKS = {"stylesheet", "icon", "apple-touch-icon", "preload", "modulepreload", "manifest"}


def measure(place: Place) -> Iterator[Figure]:
    """Kilobytes are of 1,000 bytes, heads of the answers included, in the language where they are most."""
    with jukwaa(place.usual) as site:
        code = _some_session(site)
        first = {language: fetched(site, f"/{language}/{SLUG}/agenda") for language in LANGUAGES}
        most = max(first, key=lambda language: sum(first[language].values()))
        yield Figure(
            "first visit to the agenda",
            sum(first[most].values()) / 1000,
            "KB",
            at_most=FIRST_VISIT_KB,
            note=f"in {most}: " + ", ".join(f"{_kind(path)} {size:,}" for path, size in first[most].items()),
        )
        yield Figure("first visit: requests", max(len(one) for one in first.values()), at_most=FIRST_VISIT_REQUESTS)
        yield _largest(
            "session page, alone", site, f"sessions/{code}", SESSION_PAGE_KB, {language: {} for language in LANGUAGES}
        )
        for what, path in (("session", f"sessions/{code}"), ("home", ""), ("releases", "releases/")):
            yield _largest(f"second page: {what}", site, path, SECOND_PAGE_KB, first)
        yield _largest("second page: 600 speakers", site, "speakers/", None, first)


def _largest(what: str, site: Server, path: str, at_most: float | None, seen: dict[str, dict[str, int]]) -> Figure:
    sizes = {
        language: sum(
            size
            for address, size in fetched(site, f"/{language}/{SLUG}/{path}").items()
            if address not in seen[language]
        )
        for language in LANGUAGES
    }
    most = max(sizes, key=lambda language: sizes[language])
    note = f"in {most}; least {min(sizes.values()):,} bytes"
    return Figure(what, sizes[most] / 1000, "KB", at_most=at_most, note=note)


def _some_session(site: Server) -> str:
    page = brotli.decompress(site.get(f"/en/{SLUG}/agenda").body).decode()
    found = re.search(rf"/en/{SLUG}/sessions/(\w+)", page)
    if found is None:
        raise Refusals("the agenda shows no session")
    return found[1]


def fetched(site: Server, path: str) -> dict[str, int]:
    """Bytes of every answer that a browser with an empty cache fetches to show `path`, by address."""
    page = site.get(path)
    sizes = {path: page.bytes_on_the_wire}
    for address in _needed(path, _text(page)):
        answer = site.get(address)
        if answer.status != 200:
            raise Refusals(f"{path} wants {address}, which answers {answer.status}")
        sizes[address] = answer.bytes_on_the_wire
        if address.endswith(".css"):
            sizes.update({inner: site.get(inner).bytes_on_the_wire for inner in _in_sheet(address, _text(answer))})
    return sizes


def _text(answer: Answer) -> str:
    return (brotli.decompress(answer.body) if answer.header("content-encoding") == "br" else answer.body).decode()


def _needed(page: str, text: str) -> list[str]:
    reader = _Needs()
    reader.feed(text)
    return list(dict.fromkeys(urljoin(page, address) for address in reader.addresses))


def _in_sheet(sheet: str, text: str) -> list[str]:
    wanted = re.findall(r"(?:url\(|@import )\s*[\"']?([^\"')]+)", text)
    return [urljoin(sheet, address) for address in wanted if not address.startswith("data:")]


class _Needs(HTMLParser):
    """Collects the addresses that a browser fetches of itself."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "link" and FETCHED_LINKS & set(given.get("rel", "").split()):
            self.addresses.append(given["href"])
        elif tag in ("script", "img", "iframe", "source", "video", "audio", "embed") and given.get("src"):
            self.addresses.append(given["src"])
        elif tag == "object" and given.get("data"):
            self.addresses.append(given["data"])


def _kind(path: str) -> str:
    return {"css": "style sheet", "svg": "icon", "ico": "icon"}.get(path.rpartition(".")[2], "page")
