"""Markdown as HTML that is safe on any page, and as plain text."""

from functools import cache

import nh3
from markdown_it import MarkdownIt

_TAGS = {
    "p",
    "br",
    "a",
    "ul",
    "ol",
    "li",
    "em",
    "strong",
    "code",
    "pre",
    "blockquote",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}


MOST_CHARACTERS = 50_000
"""What a page shows of a text: some texts of brackets alone take a parser seconds beyond that."""


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "breaks": False, "linkify": False}).enable("table")
    reader.add_render_rule("heading_open", lambda self, tokens, i, options, env: f"<{_lower(tokens[i].tag)}>")
    reader.add_render_rule("heading_close", lambda self, tokens, i, options, env: f"</{_lower(tokens[i].tag)}>")
    return reader


def _lower(tag: str) -> str:
    """A heading inside a text ranks below the headings of the page around it: h1 becomes h3."""
    return f"h{min(int(tag[1]) + 2, 6)}"


def as_html(markdown: str) -> str:
    """HTML of a Markdown text, without scripts, styles, images and raw HTML; links lead out without a referrer."""
    return nh3.clean(
        _reader().render(markdown[:MOST_CHARACTERS]),
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noreferrer",
    )


def as_plain(markdown: str) -> str:
    """The words of a Markdown text, one paragraph a line, for calendars and descriptions."""
    paragraphs = []
    for token in _reader().parse(markdown):
        if token.type == "inline":
            words = [
                child.content if child.type in ("text", "code_inline") else " " if child.type.endswith("break") else ""
                for child in token.children or ()
            ]
            paragraphs.append("".join(words).strip())
        elif token.type in ("fence", "code_block"):
            paragraphs.append(token.content.strip())
    return "\n".join(paragraph for paragraph in paragraphs if paragraph)
