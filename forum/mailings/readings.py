"""A mailing as the people of each language read it, for who writes it."""

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from forum.accounts.models import Person
from forum.language import writing_to
from forum.mail.letter import Letter
from forum.mail.rendering import plain_text
from forum.mailings import rules
from forum.mailings.letters import letter_to
from forum.mailings.models import Mailing
from forum.prose import as_html


@dataclass(frozen=True)
class Reading:
    """What people of one language read."""

    language: str
    people: int
    """How many they are."""
    letter: Letter
    html: Markup
    """The letter's Markdown as it will be shown."""
    plain: str
    """The whole letter for programs that show no HTML."""
    is_original: bool
    """Whether they read the original for want of a text in their language."""


def readings_of(mailing: Mailing, by_language: Mapping[str, int], reader: Person) -> list[Reading]:
    """A complete mailing as `reader` would get it in each language: those of the people it goes to, then others that
    it was written in.
    """
    languages = dict.fromkeys([*by_language, *rules.written_languages(mailing)])
    return [_reading(mailing, language, by_language.get(language, 0), reader) for language in languages]


def _reading(mailing: Mailing, language: str, people: int, reader: Person) -> Reading:
    letter = letter_to(reader, mailing, language=language, to="")  # Nobody is written to.
    with writing_to(language):
        plain = plain_text(letter)
    html = Markup(as_html(letter.markdown))  # noqa: S704  # nh3 has cleaned it.
    return Reading(language, people, letter, html, plain, not rules.has_words_for(mailing, language))
