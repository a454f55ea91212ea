"""What a message says, before it is set as plain text and as HTML."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True)
class Letter:
    """The words of a message to one recipient, in their language, times in their zone."""

    to: str
    """The address alone."""
    subject: str
    paragraphs: tuple[str, ...]
    """Plain text; the first greets."""
    action: str = ""
    """What the one button says; empty for none."""
    url: str = ""
    """Where it leads, in full."""
    code: str = ""
    """A short code to type, shown large; empty for none."""
    notes: tuple[str, ...] = ()
    """Small print after it all."""
    list_unsubscribe: str = ""
    """Address by which one ends such mail with one click (RFC 8058); empty where the mail is no mailing."""
    markdown: str = ""
    """More text after the paragraphs, with links and lists. In plain text its source as it stands; in HTML as
    `forum.prose.as_html` makes it."""
    markdown_language: str = ""
    """The language of `markdown` where it is not the letter's own, to be marked with `lang` and `dir`; else empty."""

    def as_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        said = json.loads(text)
        return cls(**{**said, "paragraphs": tuple(said["paragraphs"]), "notes": tuple(said["notes"])})
