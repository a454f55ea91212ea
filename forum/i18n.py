"""Languages: which one a reader gets, which way it runs, and texts that exist in several."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Self

from babel import Locale, UnknownLocaleError
from flask_babel import lazy_gettext, lazy_pgettext
from sqlalchemy import JSON, Dialect
from sqlalchemy.types import TypeDecorator

LANGUAGES = ("en", "fr", "pt", "es", "ar", "sw")
"""The interface languages, in the order the switch shows them: the working languages of the African Union."""

_l = lazy_gettext
_lp = lazy_pgettext


@cache
def locale_of(language: str) -> Locale:
    """Babel's locale for a BCP 47 tag; the bare language or English where Babel knows no better."""
    for tag in (language, language.split("-")[0], "en"):
        try:
            return Locale.parse(tag, sep="-")
        except (ValueError, UnknownLocaleError):
            continue
    raise AssertionError("English is always known")


@cache
def direction(language: str) -> str:
    """`rtl` or `ltr`, as the `dir` attribute wants it."""
    return locale_of(language).text_direction


@cache
def language_name(language: str, reader: str) -> str:
    """The name of `language` in the language of `reader`; else in English; the tag itself where it has none."""
    return _name(language, locale_of(reader)) or _name(language, locale_of("en")) or language


@cache
def own_name(language: str) -> str:
    """The name of `language` in itself, with a capital: Français, Kiswahili."""
    name = _name(language, locale_of(language)) or language
    return name[:1].upper() + name[1:]


def _name(language: str, locale: Locale) -> str | None:
    return locale.languages.get(language.replace("-", "_")) or locale.languages.get(language.split("-")[0])


def known_language(tag: str) -> str | None:
    """`tag` as a BCP 47 language known to Unicode, or None: EN-us gives en-US, german gives None."""
    try:
        locale = Locale.parse(tag.strip().replace("_", "-"), sep="-")
    except (ValueError, UnknownLocaleError, TypeError):
        return None
    return str(locale).replace("_", "-")


class TextState(StrEnum):
    """How one language's text came about."""

    ORIGINAL = "original"
    HUMAN = "human"
    MACHINE = "machine"
    OUTDATED = "outdated"
    """Translated, but the original has changed since."""


@dataclass(frozen=True)
class Text:
    """A text in one language and how it came about."""

    text: str
    state: TextState


@dataclass(frozen=True)
class Shown:
    """What a reader gets of a translated text: the words, and the language they are really in."""

    text: str
    language: str

    @property
    def direction(self) -> str:
        return direction(self.language)

    def __str__(self) -> str:
        return self.text


class TranslatedText(Mapping[str, Text]):
    """A field with one text per language and for each its state. Never changed, only replaced.

    Nothing is copied from one language to another: `shown` says in which language its words are.
    """

    __slots__ = ("_texts",)

    def __init__(self, texts: Mapping[str, Text] | None = None) -> None:
        self._texts = {language: text for language, text in (texts or {}).items() if text.text}

    @classmethod
    def of(cls, original: str, **others: str) -> Self:
        """A text whose original is in the language `original`, given by keyword: `of("fr", fr="Salle")`."""
        return cls.from_plain(others, original)

    @classmethod
    def from_plain(cls, texts: Mapping[str, str], original: str) -> Self:
        """A text per language, `original` being the one written first and the others by people."""
        states = {original: TextState.ORIGINAL}
        return cls({tag: Text(text, states.get(tag, TextState.HUMAN)) for tag, text in texts.items()})

    def __getitem__(self, language: str) -> Text:
        return self._texts[language]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TranslatedText) and self._texts == other._texts

    def __hash__(self) -> int:
        return hash(tuple(sorted(self._texts.items())))

    def __repr__(self) -> str:
        return f"TranslatedText({self._texts!r})"

    @property
    def original_language(self) -> str | None:
        """The language it was written in; None while there is no text."""
        return next((tag for tag, text in self.items() if text.state is TextState.ORIGINAL), None)

    def shown(self, language: str) -> Shown:
        """The text for a reader of `language`: theirs, else the original, else any; empty where there is none."""
        return shown_of(self.plain(), language, self.original_language)

    def plain(self) -> dict[str, str]:
        """The words alone, by language."""
        return {language: text.text for language, text in self.items()}

    def with_original(self, language: str, text: str) -> Self:
        """The same with a new original; texts in other languages are outdated if the words changed."""
        if self.get(language) == Text(text, TextState.ORIGINAL):
            return self
        others = {tag: Text(old.text, TextState.OUTDATED) for tag, old in self.items() if tag != language}
        return type(self)({language: Text(text, TextState.ORIGINAL), **others})

    def with_translation(self, language: str, text: str, state: TextState = TextState.HUMAN) -> Self:
        """The same with `text` in `language`; the original keeps its state."""
        return type(self)({**self._texts, language: Text(text, state)})


def shown_of(texts: Mapping[str, str], language: str, original: str | None = None) -> Shown:
    """`texts` for a reader of `language`: theirs, else the `original`, else the first; empty where there is none."""
    for tag in (language, original or "", next(iter(texts), "")):
        if texts.get(tag):
            return Shown(texts[tag], tag)
    return Shown("", language)


class TranslatedTextType(TypeDecorator[TranslatedText]):
    """Keeps a TranslatedText as one JSON column: {"fr": {"text": "Salle", "state": "original"}}."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: TranslatedText | None, dialect: Dialect) -> Any:
        return {tag: {"text": text.text, "state": text.state.value} for tag, text in (value or {}).items()}

    def process_result_value(self, value: Any, dialect: Dialect) -> TranslatedText:
        return TranslatedText(
            {tag: Text(kept["text"], TextState(kept["state"])) for tag, kept in (value or {}).items()}
        )
