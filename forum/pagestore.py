"""Public pages kept in memory and answered before Flask is entered.

A public page is a pure function of release, language, filters and zone, so each is rendered once
and its bytes are kept in three encodings. The generation counter in the database says when
anything public has changed; each process asks for it at most once in `freshness_seconds`.
"""

import gzip
import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import brotli

log = logging.getLogger(__name__)

Headers = list[tuple[str, str]]
StartResponse = Callable[..., Any]
WSGI = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]
ENCODINGS = ("br", "gzip", "")
_OF_ONE_ENCODING = ("Content-Encoding", "Content-Length", "ETag", "Vary")
_OVERHEAD_BYTES = 4_000
"""About what headers and bookkeeping of a kept page take."""


@dataclass(slots=True)
class Kept:
    """One answer in one encoding, ready to be sent."""

    etag: str
    headers: Headers
    not_modified_headers: Headers
    body: list[bytes]
    """Empty for the page as it is, which few ask for and which is unpacked for them."""
    valid_until: float
    """Seconds since the epoch; what the page says of the present moment holds until then."""
    used: bool = False
    """Whether anybody has asked for it since it last came up for being dropped."""


class PageStore:
    """A WSGI application that answers kept pages itself and passes everything else on to `inner`."""

    def __init__(
        self, inner: WSGI, *, generation: Callable[[], int], limit_bytes: int, freshness_seconds: float
    ) -> None:
        self.inner = inner
        self.generation_now = generation
        self.freshness_seconds = freshness_seconds
        self.plain = _Shelf(limit_bytes * 3 // 4)
        self.filtered = _Shelf(limit_bytes // 4)
        """Addresses with a query have a shelf of their own: nobody can push the agenda out by asking for filters."""
        self.pages: dict[str, dict[str, Kept]] = {}
        self.generation = -1
        self.ask_again_at = 0.0
        self.lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        now = time.time()
        if now > self.ask_again_at:
            self._refresh(now)
        page = self.pages.get(address_of(environ))
        if page is not None and (environ["REQUEST_METHOD"] == "GET" or environ["REQUEST_METHOD"] == "HEAD"):
            encoding = accepted_encoding(environ.get("HTTP_ACCEPT_ENCODING", ""))
            kept = page.get(encoding) or self._packed_otherwise(environ, page, encoding)
            if now < kept.valid_until:
                if_none_match = environ.get("HTTP_IF_NONE_MATCH")
                if if_none_match is not None and matches(kept.etag, if_none_match):
                    start_response("304 Not Modified", kept.not_modified_headers)
                    return []
                kept.used = True
                start_response("200 OK", kept.headers)
                if environ["REQUEST_METHOD"] == "HEAD":
                    return []
                return kept.body or [unpacked(page)]
        return self.inner(environ, start_response)

    def _refresh(self, now: float) -> None:
        """Forget every page if something public has changed. With the database away, keep answering."""
        with self.lock:
            if now <= self.ask_again_at:
                return
            self.ask_again_at = now + self.freshness_seconds
            try:
                generation = self.generation_now()
            except Exception:
                log.exception("the database did not answer; kept pages go on being shown")
                return
            if generation != self.generation:
                self.pages.clear()
                self.plain.clear()
                self.filtered.clear()
                self.generation = generation

    def keep(
        self, environ: dict[str, Any], body: bytes, headers: Headers, valid_until: float, generation: int
    ) -> dict[str, Kept]:
        """Keep an answer rendered when the generation was `generation`; what is kept, by encoding.

        It is packed as this client wants it; other ways follow when somebody asks for them.
        """
        asked = accepted_encoding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        page = {encoding: _kept(body, encoding, headers, valid_until) for encoding in {asked, asked or "gzip"}}
        with self.lock:
            if generation == self.generation:
                self._shelve(environ, page)
        return page

    def _packed_otherwise(self, environ: dict[str, Any], page: dict[str, Kept], encoding: str) -> Kept:
        """The same page in an encoding that nobody has asked for before."""
        source = next(iter(page.values()))
        headers = [header for header in source.headers if header[0] not in _OF_ONE_ENCODING]
        kept = _kept(unpacked(page), encoding, headers, source.valid_until)
        with self.lock:
            if self.pages.get(address_of(environ)) is page:  # A new one: other threads read this without a lock.
                self._shelve(environ, {**page, encoding: kept})
        return kept

    def _shelve(self, environ: dict[str, Any], page: dict[str, Kept]) -> None:
        """Keep the page, dropping the oldest that nobody has asked for again."""
        address = address_of(environ)
        shelf = self.filtered if environ.get("QUERY_STRING") else self.plain
        self.pages[address] = page
        size = len(address) + _OVERHEAD_BYTES + sum(len(part) for kept in page.values() for part in kept.body)
        for dropped in shelf.put(address, size, self._asked_for_again):
            self.pages.pop(dropped, None)

    def _asked_for_again(self, address: str) -> bool:
        used = [kept for kept in self.pages.get(address, {}).values() if kept.used]
        for kept in used:
            kept.used = False
        return bool(used)


class _Shelf:
    """Addresses in the order they were kept, with their sizes. When it is full the oldest go, each after a second
    chance if it was asked for meanwhile: nearly as good as least recently used, and a hit costs no lock."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.sizes: OrderedDict[str, int] = OrderedDict()
        self.total = 0

    def put(self, address: str, size: int, deserves_to_stay: Callable[[str], bool]) -> Sequence[str]:
        """Take `address` in; the addresses that have to go for it."""
        self.total += size - self.sizes.pop(address, 0)
        self.sizes[address] = size
        dropped = []
        while self.total > self.limit_bytes and self.sizes:
            oldest = next(iter(self.sizes))
            if oldest != address and deserves_to_stay(oldest):
                self.sizes.move_to_end(oldest)
                continue
            self.total -= self.sizes.pop(oldest)
            dropped.append(oldest)
        return dropped

    def clear(self) -> None:
        self.sizes.clear()
        self.total = 0


def address_of(environ: dict[str, Any]) -> str:
    """What a page depends on: host, path and query. The host, since pages name their own address."""
    return f"{environ.get('HTTP_HOST', '')}|{environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}"


@lru_cache(256)
def accepted_encoding(accepted: str) -> str:
    """The best of our encodings that the client takes (RFC 9110, 12.5.3); empty for none."""
    wanted: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, _, quality = part.replace(" ", "").partition(";q=")
        try:
            wanted[name] = float(quality or 1)
        except ValueError:
            wanted[name] = 0.0
    return next((encoding for encoding in ENCODINGS if wanted.get(encoding, 0.0) > 0 and encoding), "")


def matches(etag: str, if_none_match: str) -> bool:
    """Whether an If-None-Match header names this entity tag (RFC 9110, 13.1.2: weak comparison)."""
    return if_none_match == "*" or any(
        candidate.strip().removeprefix("W/") == etag for candidate in if_none_match.split(",")
    )


def compressed(body: bytes, encoding: str) -> bytes:
    """`body` in one of ENCODINGS."""
    if encoding == "br":
        return bytes(brotli.compress(body, quality=5))
    return gzip.compress(body, 6, mtime=0) if encoding == "gzip" else body


def unpacked(page: dict[str, Kept]) -> bytes:
    """A kept page as it is, out of whichever form of it is kept."""
    encoding, kept = next((encoding, kept) for encoding, kept in page.items() if kept.body)
    return bytes(brotli.decompress(kept.body[0])) if encoding == "br" else gzip.decompress(kept.body[0])


def _kept(body: bytes, encoding: str, headers: Headers, valid_until: float) -> Kept:
    sent = compressed(body, encoding)
    etag = f'"{hashlib.sha256(body).hexdigest()[:24]}{"-" + encoding if encoding else ""}"'
    always = [*headers, ("ETag", etag), ("Vary", "Accept-Encoding")]
    coded = [("Content-Encoding", encoding)] if encoding else []
    return Kept(
        etag=etag,
        headers=[*always, *coded, ("Content-Length", str(len(sent)))],
        not_modified_headers=[(name, value) for name, value in always if name != "Content-Type"],
        body=[sent] if encoding else [],
        valid_until=valid_until,
    )
