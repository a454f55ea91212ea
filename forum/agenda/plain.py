"""Texts for the files of other programs: without control characters, and Markdown as plain text that reads well."""

import re
from collections.abc import Iterable
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKUP = re.compile(r"[\\`*_\[\]<&]|^ {0,3}(?:[-+>#]|\d{1,9}[.)])|^(?: {4}| {0,3}\t)|^ *[=-]+ *$| {2}$", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n\s*\n")
_LINE_ENDS = re.compile("\r\n?")
_SEPARATORS = re.compile("[\u2028\u2029]")
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def writable(text: str) -> str:
    """`text` with plain line ends and without the characters that XML 1.0 (2.2) and iCalendar refuse."""
    return _UNWRITABLE.sub("", _LINE_ENDS.sub("\n", text).replace("\t", " "))


def one_line(text: str) -> str:
    """The same on a single line, with single spaces."""
    return " ".join(writable(text).split())


@cache
def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False})


def plain_text(markdown: str) -> str:
    """The text without its markup; an empty line between paragraphs, `- ` before items, `words (address)` for links."""
    markdown = _SEPARATORS.sub("\n", markdown)
    if not _MARKUP.search(markdown):  # Most abstracts are plain; reading a thousand as Markdown takes a second.
        return "\n\n".join(" ".join(paragraph.split()) for paragraph in _BLANK_LINES.split(markdown.strip()))
    text, mark, was_item = "", "", False
    for token in _reader().parse(markdown):
        if token.type == "list_item_open":
            mark = "  " * (token.level // 2) + (f"{token.info}. " if token.info else "- ")
        elif token.type in ("inline", "fence", "code_block"):
            words = _words(token.children or ()) if token.type == "inline" else token.content.rstrip("\n")
            is_item = token.level > 1 and bool(mark or was_item)
            text += ("\n" if is_item and was_item else "\n\n") + mark + words
            mark, was_item = "", is_item
    return text.strip("\n")


def _words(tokens: Iterable[Token]) -> str:
    """One paragraph's words; a link's address follows it unless it is the words themselves."""
    words, links = "", []
    for token in tokens:
        if token.type == "link_open":
            links.append((str(token.attrGet("href")), len(words)))
        elif token.type == "link_close":
            address, start = links.pop()
            words += "" if words[start:] == address.removeprefix("mailto:") else f" ({address})"
        elif token.type == "softbreak":
            words += " "
        elif token.type == "hardbreak":
            words += "\n"
        else:
            words += token.content
    return words.strip()
