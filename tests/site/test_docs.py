"""The documents say what is."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "benchmarks" / "README.md"]
IN_CODE_MARKS = re.compile(r"`([\w./-]+/[\w./-]*|[\w-]+\.(?:py|md|toml|css|svg|conf))`")
MADE_LATER = ("instance/", "build/", ".venv/", "PATH_INFO")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_a_document_names_exists(document):
    named = {name for name in IN_CODE_MARKS.findall(document.read_text()) if not name.startswith(("/", *MADE_LATER))}
    known = {path.name for path in ROOT.glob("forum/*/*.py")} | {path.name for path in ROOT.glob("docs/*")}

    assert [name for name in sorted(named) if not (ROOT / name).exists() and name not in known] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_somewhere(document):
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())

    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_table_of_addresses_is_the_url_map(app):
    written = set(re.findall(r"^\| `(/[^`]*)` \|", (ROOT / "docs" / "architecture.md").read_text(), re.MULTILINE))

    assert written == {str(rule) for rule in app.url_map.iter_rules()}


def test_every_make_target_a_document_names_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    calls = [words for path in DOCUMENTS for words in re.findall(r"`make ([a-z ]+)`", path.read_text())]
    named = {word for words in calls for word in words.split()}

    assert named <= targets
    assert {"run", "test"} <= named


def test_every_command_a_document_names_exists(app):
    from wsgi import main

    named = {name for path in DOCUMENTS for name in re.findall(r"jukwaa ([a-z][a-z-]+)", path.read_text())}

    assert named <= set(main.commands)


def test_every_area_is_in_the_picture_of_the_architecture():
    written = set(re.findall(r"^\| `forum/(\w+)/` \|", (ROOT / "docs" / "architecture.md").read_text(), re.MULTILINE))

    assert written == {path.parent.name for path in (ROOT / "forum").glob("*/__init__.py")}
