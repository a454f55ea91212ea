"""The catalogues are complete, current and keep every placeholder."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from forum.i18n import LANGUAGES

ROOT = Path(__file__).parents[2]
TRANSLATED = [language for language in LANGUAGES if language != "en"]
KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "_l": None,
    "_lp": ((1, "c"), 2),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
COUNTED_FORMS = {"ar": 3}
"""In Arabic the forms for none, one and two say the number in a word."""


@pytest.fixture(scope="session")
def words():
    """Every message of the code and the templates, by id and context."""
    mappings = [("forum/**.py", "python"), ("templates/**.html", "jinja2")]
    found = extract_from_dir(str(ROOT), method_map=mappings, keywords=KEYWORDS, directory_filter=_wanted)
    return {(message, context) for _file, _line, message, _comments, context in found}


def _wanted(path: str) -> bool:
    return not re.search(r"/(\.venv|build|node_modules|\.git|tests)(/|$)", path)


def catalogue(language: str) -> Catalog:
    with (ROOT / "translations" / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file)


@pytest.mark.parametrize("language", TRANSLATED)
def test_catalogue_holds_exactly_the_words_in_use(language, words):
    kept = {(message.id, message.context) for message in catalogue(language) if message.id}

    assert kept == words


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_missing_or_fuzzy(language):
    found = catalogue(language)
    forms = [(m.id, m.string if isinstance(m.string, tuple) else (m.string,)) for m in found if m.id]

    assert [ident for ident, strings in forms if not all(strings)] == []
    assert [message.id for message in found if message.fuzzy and message.id] == []
    assert {len(strings) for ident, strings in forms if isinstance(ident, tuple)} == {found.num_plurals}


@pytest.mark.parametrize("language", TRANSLATED)
def test_placeholders_are_those_of_the_original(language):
    for message in catalogue(language):
        if not message.id:
            continue
        wanted = set(PLACEHOLDER.findall(message.id[-1] if message.pluralizable else message.id))
        strings = message.string if message.pluralizable else (message.string,)
        for form, string in enumerate(strings):
            may_say_it = {"num"} if message.pluralizable and form < COUNTED_FORMS.get(language, 1) else set()
            assert wanted - may_say_it <= set(PLACEHOLDER.findall(string)) <= wanted, (message.id, string)


def test_every_language_has_its_plural_rule():
    assert {language: catalogue(language).num_plurals for language in TRANSLATED} == {
        "fr": 2,
        "pt": 2,
        "es": 2,
        "ar": 6,
        "sw": 2,
    }
