"""Kept pages: answered before Flask, in the encoding asked for, and never longer than they are true."""

import gzip

import brotli
import pytest

from forum.pagestore import PageStore, accepted_encoding, matches


class Inner:
    """An application that counts how often it is entered."""

    def __init__(self) -> None:
        self.entered = 0

    def __call__(self, environ, start_response):
        self.entered += 1
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"inner"]


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("forum.pagestore.time", clock)
    return clock


@pytest.fixture
def store(clock):
    state = {"generation": 1}
    store = PageStore(Inner(), generation=lambda: state["generation"], limit_bytes=400_000, freshness_seconds=1)
    store.state = state
    call(store)
    return store


def environ(path="/en/", query="", **headers):
    return {"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query, "HTTP_HOST": "localhost", **headers}


def call(store, path="/en/", query="", **headers):
    seen = {}

    def start_response(status, headers):
        seen.update(status=status, headers=dict(headers))

    body = b"".join(store(environ(path, query, **headers), start_response))
    return seen["status"], seen["headers"], body


def keep(store, body=b"kept page " * 100, path="/en/", query="", until=2000.0, generation=None):
    store.keep(
        environ(path, query),
        body,
        [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "public, max-age=60")],
        until,
        store.generation if generation is None else generation,
    )
    return body


def test_kept_page_is_answered_without_entering_the_application(store):
    body = keep(store)
    before = store.inner.entered

    assert call(store)[2] == body
    assert store.inner.entered == before


@pytest.mark.parametrize(
    ("accepted", "coding", "decode"),
    [
        ("gzip, deflate, br", "br", brotli.decompress),
        ("gzip", "gzip", gzip.decompress),
        ("br;q=0, gzip", "gzip", gzip.decompress),
        ("", None, bytes),
        ("identity", None, bytes),
        ("br;q=0, gzip;q=0.0", None, bytes),
        ("br;q=0.5", "br", brotli.decompress),
        ("br;q=0.000, GZIP", "gzip", gzip.decompress),
        ("xbrx, br;q=much", None, bytes),
    ],
)
def test_every_encoding_holds_the_same_page(store, accepted, coding, decode):
    body = keep(store)

    _, headers, sent = call(store, HTTP_ACCEPT_ENCODING=accepted)

    assert headers.get("Content-Encoding") == coding
    assert decode(sent) == body
    assert headers["Content-Length"] == str(len(sent))
    assert headers["Vary"] == "Accept-Encoding"


def test_entity_tag_is_strong_and_its_own_for_each_encoding(store):
    keep(store)

    tags = {call(store, HTTP_ACCEPT_ENCODING=accepted)[1]["ETag"] for accepted in ("br", "gzip", "")}

    assert len(tags) == 3
    assert all(tag.startswith('"') for tag in tags)


def test_visitor_who_has_the_page_gets_304_without_a_body(store):
    keep(store)
    tag = call(store)[1]["ETag"]

    status, headers, body = call(store, HTTP_IF_NONE_MATCH=f'"other", W/{tag}')

    assert (status, body) == ("304 Not Modified", b"")
    assert headers["ETag"] == tag
    assert headers["Cache-Control"] == "public, max-age=60"


def test_head_has_the_headers_and_no_body(store):
    body = keep(store)

    status, headers, sent = call(store, REQUEST_METHOD="HEAD")

    assert (status, sent, headers["Content-Length"]) == ("200 OK", b"", str(len(body)))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_enter_the_application(store, method):
    keep(store)

    assert call(store, REQUEST_METHOD=method)[2] == b"inner"


def test_page_is_forgotten_once_something_public_has_changed(store, clock):
    keep(store)
    store.state["generation"] = 2
    assert call(store)[2] != b"inner"  # Within the second in which it does not ask.

    clock.now += 1.1

    assert call(store)[2] == b"inner"


def test_page_made_before_a_change_is_not_kept_after_it(store, clock):
    store.state["generation"] = 2
    clock.now += 1.1
    call(store)

    keep(store, generation=1)

    assert call(store)[2] == b"inner"


def test_page_that_speaks_of_now_is_not_shown_after_its_time(store, clock):
    keep(store, until=clock.now + 0.5)
    assert call(store)[2] != b"inner"

    clock.now += 0.6

    assert call(store)[2] == b"inner"


def test_pages_of_another_host_and_another_query_are_others(store):
    keep(store, query="day=1")

    assert call(store, query="day=1")[2] != b"inner"
    assert call(store, query="day=2")[2] == b"inner"
    assert call(store, query="day=1", HTTP_HOST="evil.example")[2] == b"inner"


def test_database_away_goes_on_with_kept_pages(store, clock, caplog):
    body = keep(store)
    clock.now += 2

    def gone():
        raise OSError("no database")

    store.generation_now = gone

    assert call(store)[2] == body
    assert "the database did not answer" in caplog.text


def test_store_is_bounded_and_filters_cannot_push_pages_out(store):
    plain = keep(store, path="/en/agenda")
    for n in range(60):
        keep(store, bytes(str(n), "ascii") * 5000, query=f"q={n}")

    assert store.filtered.total <= 100_000
    assert call(store, path="/en/agenda")[2] == plain
    assert call(store, query="q=0")[2] == b"inner"
    assert call(store, query="q=59")[2] != b"inner"


def test_page_that_is_asked_for_stays_while_others_come_and_go(store):
    popular = keep(store, path="/en/agenda")
    for n in range(3000):
        keep(store, bytes(str(n), "ascii") * 100, path=f"/en/sessions/{n}")
        assert call(store, path="/en/agenda")[2] == popular

    assert store.plain.total <= 300_000
    assert call(store, path="/en/sessions/0")[2] == b"inner"


def test_accepted_encoding_prefers_brotli():
    assert accepted_encoding("gzip, br") == "br"


def test_star_matches_any_tag():
    assert matches('"a"', "*")
    assert not matches('"a"', '"ab"')
    assert not matches('"a"', "")


def test_other_encodings_are_made_when_asked_for_and_then_kept(store):
    body = keep(store)  # As it is, for a client that takes no encoding.
    (page,) = store.pages.values()
    assert set(page) == {"", "gzip"}

    assert brotli.decompress(call(store, HTTP_ACCEPT_ENCODING="br")[2]) == body
    assert brotli.decompress(call(store, HTTP_ACCEPT_ENCODING="br")[2]) == body

    (page,) = store.pages.values()
    assert set(page) == {"", "gzip", "br"}
    assert page["br"].valid_until == page[""].valid_until
    assert dict(page["br"].headers)["Cache-Control"] == "public, max-age=60"
    assert store.plain.total > 4_000 + len(page["br"].body[0])
