"""The pages, style sheets and pictures by the Nu Html Checker, the validator that the standard's authors use."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pyotp
import pytest

from tests import make
from tests.conftest import absent
from tests.site.backstage import BACKSTAGE, NOBODY, Backstage, press
from tests.site.mailbox import last_letter
from tests.site.places import PLACES, Demo
from tests.site.server import ROOT

pytestmark = pytest.mark.validator

VNU = ROOT / "build" / "node" / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
Checker = Callable[..., list[str]]


@pytest.fixture(scope="module")
def complaints() -> Checker:
    """Calls the checker on files, all at once since it takes seconds to start, and gives what it has to say."""
    if shutil.which("java") is None:
        absent("java")
    if not VNU.is_file():
        absent("vnu-jar in build/node")

    def check(files: list[Path], *options: str) -> list[str]:
        java = ["java", "-Xss2m", "-jar", VNU, *options, "--format", "json", "--stdout", *files]
        ended = subprocess.run(java, capture_output=True, text=True, check=False)
        return [
            f"{Path(one.get('url', '')).name} {one.get('lastLine')}: {one['message']} {one.get('extract', '')!r}"
            for one in json.loads(ended.stdout)["messages"]
        ]

    return check


def test_every_kind_of_page_is_valid(complaints: Checker, demo: Demo, tmp_path):
    files = []
    for lang in ("en", "ar", "fr"):
        for place in PLACES:
            answer = demo.site.ask(demo.path(place, lang))
            assert answer.status == demo.status(place)
            files.append(tmp_path / f"{place}-{lang}.html")
            files[-1].write_bytes(answer.body)

    assert complaints(files) == []


def test_empty_pages_are_valid(complaints: Checker, client, tmp_path):
    bodies = [client.get(path).data for path in ("/en/", "/en/?q=water")]
    make.an_edition(slug="quiet")
    bodies += [client.get(f"/en/quiet/{name}").data for name in ("", "agenda", "speakers/", "releases/")]
    files = [tmp_path / f"{number}.html" for number in range(len(bodies))]
    for file, body in zip(files, bodies, strict=True):
        assert b'<p class="empty">' in body or b'role="status"' in body
        file.write_bytes(body)

    assert complaints(files) == []


def test_pages_behind_the_sign_in_are_valid(complaints: Checker, backstage: Backstage, tmp_path):
    files = []
    readers = {who: backstage.reader(who) for who, _ in BACKSTAGE.values()}
    for place, (who, _) in BACKSTAGE.items():
        for lang in ("en", "ar"):
            files.append(tmp_path / f"{place}-{lang}.html")
            with readers[who].open(backstage.url(place, lang)) as answer:
                assert answer.url == backstage.url(place, lang)
                files[-1].write_bytes(answer.read())

    assert complaints(files) == []


def test_pages_that_are_shown_once_are_valid(complaints: Checker, backstage: Backstage, tmp_path):
    """Recovery codes, the page that asks for one, and the receipt of an erasure."""
    opener, home, address = backstage.reader(NOBODY), backstage.site.address + "/en", make.an_address()
    press(opener, f"{home}/sign-in", email=address)
    press(opener, last_letter(backstage.site, address).url)
    app = f"{home}/account/factors/authenticator"
    (seed,) = re.findall(r'<code dir="ltr">([^<]+)</code>', opener.open(app).read().decode())
    bodies = [
        press(opener, app, code=pyotp.TOTP(seed.replace(" ", "")).now()),
        opener.open(f"{home}/sign-in/second").read(),
        press(opener, f"{home}/account/erase", understood="y"),
    ]
    files = [tmp_path / f"{number}.html" for number in range(len(bodies))]
    for file, body in zip(files, bodies, strict=True):
        file.write_bytes(body)

    assert [re.findall("<h1>(.*)</h1>", body.decode()) for body in bodies] == [
        ["Your recovery codes"],
        ["Second proof"],
        ["Your account is erased"],
    ]
    assert complaints(files) == []


def test_style_sheets_are_valid(complaints: Checker, demo: Demo, tmp_path):
    """Layers, nesting, OKLCH and color-mix too: the checker knows them all, so that nothing is left out."""
    sheets = []
    for place in ("site", "edition"):
        page = demo.site.ask(demo.path(place, "en")).text
        (address,) = re.findall(r'<link rel="stylesheet" href="([^"]+)">', page)
        sheets.append(tmp_path / f"{place}.css")
        sheets[-1].write_bytes(demo.site.ask(address).body)

    assert complaints(sheets, "--css") == []


def test_pictures_are_valid(complaints: Checker):
    pictures = sorted((ROOT / "static").rglob("*.svg"))

    assert [picture.name for picture in pictures] == ["favicon.svg"]
    assert complaints(pictures, "--svg") == []


def test_checker_finds_what_is_wrong(complaints: Checker, tmp_path):
    """The seeded faults for the tests above."""
    page, sheet = tmp_path / "page.html", tmp_path / "sheet.css"
    page.write_text("<!doctype html><html lang=en><title>x</title><p id=a><div id=a>x</div>")
    sheet.write_text("@layer x { a { color: oklch(50% 0.1 200); & b { colr: red; color: rde } } }")

    assert [one.split(" “")[0] for one in complaints([page])] == [
        "page.html 1: Duplicate ID",
        "page.html 1: The first occurrence of ID",
    ]
    assert len(complaints([sheet], "--css")) == 2
