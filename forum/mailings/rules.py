"""Whom a mailing is for, in which language each reads it, and what it lacks before it can be sent."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from forum.mailings.models import Mailing, MailingState
from forum.roles.models import Role

SUBJECT_LENGTH = 150
"""Characters, at most; programs for mail show fewer."""
BODY_LENGTH = 20_000
"""Characters, at most."""
_CODE = re.compile(r"[A-Za-z0-9_-]{1,60}")


@dataclass(frozen=True)
class Audience:
    """Which people a mailing is for. Of what is not named, all."""

    sources: tuple[str, ...] = ()
    """Names of `queries.SOURCES`."""
    roles: tuple[Role, ...] = ()
    """Of those who are there for a role."""
    languages: tuple[str, ...] = ()
    """Interface languages of the people."""

    def as_kept(self) -> dict[str, Any]:
        """The form in which a mailing keeps it."""
        return {
            "sources": list(self.sources),
            "roles": [role.value for role in self.roles],
            "languages": list(self.languages),
        }

    @classmethod
    def from_kept(cls, kept: Mapping[str, Sequence[str]]) -> Self:
        """What a mailing keeps."""
        return cls(
            sources=tuple(kept.get("sources", ())),
            roles=tuple(Role(role) for role in kept.get("roles", ())),
            languages=tuple(kept.get("languages", ())),
        )


def audience_of(mailing: Mailing) -> Audience:
    """Whom a mailing is for."""
    return Audience.from_kept(mailing.audience)


def can_change(mailing: Mailing) -> bool:
    """Whether it may still be written or deleted: what was sent stays as it was sent."""
    return mailing.state is MailingState.DRAFT


def can_be_code(text: str) -> bool:
    """Whether `text` can be the public id of a mailing: PostgreSQL refuses to compare some of what addresses hold."""
    return _CODE.fullmatch(text) is not None


def original_language(mailing: Mailing) -> str | None:
    """The language it was written in first; None while it lacks a subject or a text in it."""
    original = mailing.subject.original_language
    return original if original in mailing.body else None


def written_languages(mailing: Mailing) -> list[str]:
    """Languages that it can be read in: both subject and text are there."""
    return [tag for tag in mailing.subject if tag in mailing.body]


def half_written(mailing: Mailing) -> list[str]:
    """Languages in which it has a subject alone or a text alone."""
    return sorted(set(mailing.subject) ^ set(mailing.body))


def is_complete(mailing: Mailing) -> bool:
    """Whether everybody would get a subject and a text in one and the same language."""
    return original_language(mailing) is not None and not half_written(mailing)


def language_for(mailing: Mailing, reader: str) -> str:
    """The language in which somebody of the language `reader` gets a complete mailing: theirs, else the original."""
    written = written_languages(mailing)
    if reader in written:
        return reader
    same = next((tag for tag in written if is_same_language(tag, reader)), None)
    return same or original_language(mailing) or reader


def has_words_for(mailing: Mailing, reader: str) -> bool:
    """Whether somebody of the language `reader` gets it in theirs, rather than the original for want of it."""
    return is_same_language(language_for(mailing, reader), reader)


def without_own_words(mailing: Mailing, by_language: Mapping[str, int]) -> int:
    """How many of the people, counted by language, get the original for want of a text in theirs."""
    return sum(people for language, people in by_language.items() if not has_words_for(mailing, language))


def is_same_language(one: str, other: str) -> bool:
    """Whether who reads one reads the other: pt and pt-BR."""
    return one.partition("-")[0] == other.partition("-")[0]
