"""The server as it runs: headers by class of answer, kept pages, encodings, what it logs and what it refuses."""

import gzip
import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import brotli
import html5lib
import pytest

from forum.cli import serve
from forum.i18n import LANGUAGES
from tests.page import Page, check
from tests.site.places import Demo
from tests.site.server import Answer, Site, empty_database, jukwaa, running, settings_for

EVERYWHERE = {
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "server": "granian",
    "x-content-type-options": "nosniff",
}
OWN = {
    **EVERYWHERE,
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
}
"""What every answer has that is for readers of this site alone."""
FEED = {
    **EVERYWHERE,
    "access-control-allow-origin": "*",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "cross-origin",
}
"""What any page of any site may fetch."""
KEPT = {"cache-control": "public, max-age=60, stale-while-revalidate=60", "vary": "Accept-Encoding"}
IMMUTABLE = "max-age=315360000, public, immutable"
HTML = {"content-type": "text/html; charset=utf-8"}
VARYING = ("content-length", "etag", "last-modified")
CANARY = "203.0.113.77"
"""An address of RFC 5737 that no log may show."""

PROGRAMME = """<schedule><conference><acronym>tiny</acronym><title>Tiny</title><start>2026-05-12</start>
<end>2026-05-12</end><days>1</days><time_zone_name>Africa/Lusaka</time_zone_name></conference>
<day index="1" date="2026-05-12"><room name="Hall"><event id="1" guid="4f0d1a34-0fa5-4b19-8f55-4a4d0bd6d1a9">
<date>2026-05-12T09:00:00+02:00</date><start>09:00</start><duration>01:00</duration><room>Hall</room>
<title>{title}</title><language>en</language></event></room></day></schedule>"""


@pytest.fixture
def site(tmp_path) -> Iterator[Site]:
    """A server with one edition, `tiny`, of one session, to be changed at will."""
    with empty_database("tiny", tmp_path) as database:
        settings = settings_for(database)
        jukwaa(settings, "migrate")
        import_programme(settings, tmp_path, "Water")
        with running(settings, tmp_path) as started:
            yield started


def import_programme(settings, folder: Path, title: str) -> None:
    """Bring the edition `tiny` to a programme whose one session has this title, by another process."""
    file = folder / "programme.xml"
    file.write_text(PROGRAMME.format(title=title))
    jukwaa(settings, "import-schedule", str(file), "--edition", "tiny", "--create")


def asset_in(demo: Demo, place: str, pattern: str) -> str:
    """The address of the one file in a page that the pattern finds."""
    (address,) = re.findall(pattern, demo.site.ask(demo.path(place, "en")).text)
    return address


def page_of(answer: Answer, path: str) -> Page:
    """The parsed page, checked as every page is."""
    page = Page(answer.status, answer.text, html5lib.parse(answer.body, namespaceHTMLElements=False), answer.headers)
    check(page, path)
    return page


def test_server_says_where_it_is_and_is_alive(demo: Demo):
    assert demo.site.log.splitlines()[0] == f"Jukwaa is at {demo.site.address}/  (Ctrl+C ends it)"
    alive, ready = demo.site.ask("/healthz"), demo.site.ask("/readyz")
    assert (alive.status, alive.body) == (200, b"ok\n")
    assert (ready.status, ready.body) == (200, b"ready\n")


@pytest.mark.parametrize("place", ["site", "search", "edition", "agenda", "session", "speakers", "speaker", "releases"])
def test_headers_of_a_page(demo: Demo, place):
    assert demo.site.ask(demo.path(place, "en")).header_set(*VARYING) == {**OWN, **KEPT, **HTML}


@pytest.mark.parametrize(
    ("name", "mimetype"),
    [
        ("agenda.json", "application/json"),
        ("schedule.xml", "application/xml; charset=utf-8"),
        ("schedule.json", "application/json"),
        ("releases.atom", "application/atom+xml; charset=utf-8"),
    ],
)
def test_headers_of_a_feed(demo: Demo, name, mimetype):
    answer = demo.site.ask(f"/en/{demo.slug}/{name}")

    assert answer.header_set(*VARYING) == {**FEED, **KEPT, "content-type": mimetype}


def test_headers_of_a_calendar(demo: Demo):
    answer = demo.site.ask(f"/en/{demo.slug}/agenda.ics")

    assert answer.header_set(*VARYING) == {
        **FEED,
        **KEPT,
        "content-type": "text/calendar; charset=utf-8",
        "content-disposition": f'inline; filename="{demo.slug}.ics"',
    }


def test_headers_of_a_static_file(demo: Demo):
    answer = demo.site.ask(asset_in(demo, "site", r'href="(/static/favicon[^"]+)"'))

    assert answer.header_set(*VARYING) == {
        "cache-control": IMMUTABLE,
        "content-type": "image/svg+xml",
        "cross-origin-resource-policy": "same-origin",
        "server": "granian",
        "vary": "Accept-Encoding",
        "x-content-type-options": "nosniff",
    }


def test_headers_of_the_style_sheet_of_an_edition(demo: Demo):
    address = asset_in(demo, "edition", r'<link rel="stylesheet" href="([^"]+)"')
    assert re.fullmatch(rf"/static/editions/{demo.slug}\.[0-9a-f]{{12}}\.css", address)

    assert demo.site.ask(address).header_set(*VARYING) == {
        **OWN,
        "cache-control": "public, max-age=31536000, immutable",
        "content-type": "text/css; charset=utf-8",
        "vary": "Accept-Encoding",
    }
    assert demo.site.ask(address.replace(".css", "0.css")).status == 404


@pytest.mark.parametrize(
    ("method", "path", "status", "more"),
    [
        ("GET", "/en/nowhere/agenda", 404, HTML),
        ("GET", "/static/editions/nowhere.000000000000.css", 404, HTML),
        ("POST", "/en/", 405, {**HTML, "allow": "GET, HEAD, OPTIONS"}),
    ],
)
def test_headers_of_an_error_page(demo: Demo, method, path, status, more):
    answer = demo.site.ask(path, method=method)
    found = answer.header_set(*VARYING)
    if "allow" in found:
        found["allow"] = ", ".join(sorted(found["allow"].split(", ")))

    assert (answer.status, found) == (status, {**OWN, "cache-control": "no-store", **more})


@pytest.mark.parametrize(
    ("path", "status", "location", "more"),
    [
        ("/", 302, "/fr/", {"cache-control": "no-cache", "vary": "Accept-Language"}),
        ("/en", 308, "{address}/en/", {"cache-control": "no-store"}),
    ],
)
def test_headers_of_a_redirect(demo: Demo, path, status, location, more):
    answer = demo.site.ask(path, headers={"Accept-Language": "de, fr;q=0.8, en;q=0.5"})

    wanted = {**OWN, **HTML, "location": location.format(address=demo.site.address), **more}
    assert (answer.status, answer.header_set(*VARYING)) == (status, wanted)


def test_page_made_for_one_mistake_is_not_kept(demo: Demo):
    answer = demo.site.ask(demo.path("filters", "en"))

    assert answer.header_set(*VARYING) == {**OWN, **HTML, "cache-control": "no-store"}


def test_no_answer_sets_a_cookie(demo: Demo):
    paths = ["/", "/en/", "/healthz", "/en/nowhere/", *(demo.path(place, "en") for place in ("agenda", "filters"))]

    assert [path for path in paths if "Set-Cookie" in demo.site.ask(path).headers] == []


@pytest.mark.parametrize("path", ["/en/", "/healthz", "/static/nothing.css", "/en/nowhere/agenda"])
@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example"])
def test_host_that_is_not_ours_is_refused(demo: Demo, path, host):
    demo.site.ask("/en/")

    answer = demo.site.ask(path, headers={"Host": host})

    assert answer.status == 400
    assert "evil" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_host_of_ours_is_answered_and_named(demo: Demo):
    answer = demo.site.ask(demo.path("agenda", "en"), headers={"Host": "localhost"})

    assert f'<link rel="canonical" href="http://localhost{demo.path("agenda", "en")}">' in answer.text


@pytest.mark.parametrize("place", ["agenda", "filters", "absent"])
def test_head_is_get_without_the_body(demo: Demo, place):
    whole, head = (demo.site.ask(demo.path(place, "en"), method=method) for method in ("GET", "HEAD"))

    assert (head.status, head.header_set(), head.body) == (whole.status, whole.header_set(), b"")


@pytest.mark.parametrize("encoding", ["br", "gzip", "identity"])
@pytest.mark.parametrize("place", ["agenda", "edition"])
def test_page_that_the_browser_has_is_not_sent_again(demo: Demo, place, encoding):
    path, accepted = demo.path(place, "en"), {"Accept-Encoding": encoding}
    etag = demo.site.ask(path, headers=accepted).headers["ETag"]

    again = demo.site.ask(path, headers={**accepted, "If-None-Match": etag})
    changed = demo.site.ask(path, headers={**accepted, "If-None-Match": '"another"'})

    assert (again.status, again.body) == (304, b"")
    assert again.header_set() == {**OWN, **KEPT, "etag": etag}
    assert changed.status == 200


@pytest.mark.parametrize("name", ["agenda", "agenda.ics", "agenda.json", "style", "favicon"])
def test_encodings_carry_the_same_bytes(demo: Demo, name):
    path = {
        "style": asset_in(demo, "edition", r'<link rel="stylesheet" href="([^"]+)"'),
        "favicon": asset_in(demo, "edition", r'href="(/static/favicon[^"]+)"'),
    }.get(name, f"/en/{demo.slug}/{name}")
    plain, zipped, brotlied = (
        demo.site.ask(path, headers={"Accept-Encoding": accepted})
        for accepted in ("identity", "gzip, deflate", "gzip, br")
    )

    assert "Content-Encoding" not in plain.headers
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert brotlied.headers["Content-Encoding"] == "br"
    assert gzip.decompress(zipped.body) == plain.body
    assert brotli.decompress(brotlied.body) == plain.body
    assert len(brotlied.body) < len(zipped.body) < len(plain.body)


def test_kept_page_changes_within_two_seconds_of_a_change_by_another_process(site: Site, tmp_path):
    path = "/en/tiny/agenda"
    before = site.ask(path)
    assert "Water" in before.text
    assert site.ask(path).headers["ETag"] == before.headers["ETag"]

    import_programme(site.settings, tmp_path, "Electricity")
    changed_at = time.monotonic()
    while "Electricity" not in (answer := site.ask(path)).text:
        assert time.monotonic() - changed_at < 2
        time.sleep(0.05)

    assert answer.status == 200
    assert "Water" not in answer.text
    assert site.ask(path, headers={"If-None-Match": before.headers["ETag"]}).status == 200


def test_log_names_no_visitor_and_no_visit(site: Site):
    """Whatever is asked, and from wherever, the log holds the line of the start alone."""
    told = {"X-Forwarded-For": CANARY, "User-Agent": f"Spy/{CANARY}", "Referer": f"http://{CANARY}/"}
    for path in ("/en/", "/en/tiny/agenda", f"/en/?q={CANARY}", "/en/nowhere/", "/static/nothing.css"):
        site.ask(path, visitor="127.0.0.77", headers=told)
    site.ask("/en/", visitor="127.0.0.77", headers={**told, "Host": CANARY})
    site.ask("/en/", method="POST", visitor="127.0.0.77", headers=told)

    assert site.log.splitlines() == [f"Jukwaa is at {site.address}/  (Ctrl+C ends it)"]


def test_before_migration_it_is_alive_but_not_ready_and_its_log_still_names_nobody(tmp_path):
    """Here the log has something to say of a query with the visitor's words in it, so that it could leak."""
    with empty_database("bare", tmp_path) as database, running(settings_for(database), tmp_path) as site:
        assert site.ask("/healthz").status == 200
        ready = site.ask("/readyz")
        assert (ready.status, ready.body) == (503, b"the database needs `jukwaa migrate`\n")
        told = {"X-Forwarded-For": CANARY, "User-Agent": f"Spy/{CANARY}"}
        slug = f"canary-{CANARY}".replace(".", "-")
        assert site.ask(f"/en/{slug}/?q={CANARY}", visitor="127.0.0.77", headers=told).status >= 500

        lines = site.log.splitlines()[1:]

    assert {json.loads(line)["level"] for line in lines} == {"ERROR"}
    assert "Error" in json.loads(lines[-1])["traceback"]
    assert [line for line in lines if "127.0.0." in line or CANARY in line or slug in line] == []


def test_while_the_database_is_away_it_is_alive_and_asks_for_patience(tmp_path):
    settings = settings_for("sqlite:////nowhere/at/all.sqlite")
    with running(settings, tmp_path) as site:
        assert site.ask("/healthz").status == 200
        for path in ("/readyz", "/sw/"):
            answer = site.ask(path, headers={"Accept-Language": "sw"})
            assert answer.status == 503
            assert answer.header_set(*VARYING) == {**OWN, **HTML, "cache-control": "no-store", "retry-after": "10"}
            assert page_of(answer, path).tree.get("lang") == "sw"


@pytest.mark.parametrize(
    ("asked", "answered"),
    [("pt-BR, en;q=0.5", "pt"), ("en;q=0.5, ar", "ar"), ("de, sw;q=0.3, ar;q=0", "sw"), ("de", "en"), ("", "en")],
)
@pytest.mark.parametrize("path", ["/de/", "/de/tiny/agenda", "/xx/tiny/", "/nothing/at/all/of/this"])
def test_unknown_language_is_an_error_page_in_the_one_preferred(demo: Demo, path, asked, answered):
    answer = demo.site.ask(path, headers={"Accept-Language": asked})

    assert answer.status == 404
    assert page_of(answer, path).tree.get("lang") == answered


def test_error_page_speaks_all_languages(demo: Demo):
    headings = {
        language: page_of(demo.site.ask(f"/{language}/nowhere/"), f"/{language}/nowhere/").h1 for language in LANGUAGES
    }

    assert headings["en"] == "This page does not exist"
    assert len(set(headings.values())) == len(LANGUAGES)


def test_behind_its_public_address_it_names_that_and_asks_for_https(tmp_path):
    with empty_database("public", tmp_path) as database:
        settings = settings_for(database, PUBLIC_URL="https://forum.example.org", PROXY_HOPS="1")
        jukwaa(settings, "migrate")
        import_programme(settings, tmp_path, "Water")
        with running(settings, tmp_path) as site:
            told = {"Host": "localhost", "X-Forwarded-Host": "forum.example.org", "X-Forwarded-Proto": "https"}
            page = site.ask("/en/tiny/agenda", headers=told)
            moved = site.ask("/en", headers=told)
            strange = site.ask("/en/tiny/agenda", headers={**told, "X-Forwarded-Host": "evil.example"})

    assert page.header_set(*VARYING) == {**OWN, **KEPT, **HTML, "strict-transport-security": "max-age=31536000"}
    assert '<link rel="canonical" href="https://forum.example.org/en/tiny/agenda">' in page.text
    assert moved.headers["Location"] == "https://forum.example.org/en/"
    assert strange.status == 400


def test_second_site_on_a_port_in_use_is_refused_in_one_sentence(app):
    runner = app.test_cli_runner()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        before, app.config["PORT"] = app.config["PORT"], port
        try:
            result = runner.invoke(serve)
        finally:
            app.config["PORT"] = before

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"Port {port} is in use already; choose another by PORT.\n"
