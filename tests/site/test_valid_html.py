"""The pages, style sheets and pictures by the Nu Html Checker, the validator that the standard's authors use."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import make
from tests.conftest import absent
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
