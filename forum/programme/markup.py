"""Turns whatever markup a programme came with into Markdown without HTML, the one form texts are kept in."""

import html
import re
import unicodedata

import nh3
from markdown_it import MarkdownIt
from markdownify import MarkdownConverter

_TAGS = {
    "p",
    "br",
    "a",
    "ul",
    "ol",
    "li",
    "em",
    "strong",
    "b",
    "i",
    "code",
    "pre",
    "blockquote",
    "h1",
    "h2",
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
    "div",
    "dl",
    "dt",
    "dd",
}
_KNOWN_TAG = re.compile(
    r"</?(?:p|br|a|ul|ol|li|em|strong|b|i|u|s|tt|small|sup|sub|center|font|span|div|pre|code|blockquote|h[1-6]|hr|img"
    r"|table|thead|tbody|tr|td|th|dl|dt|dd|cite|iframe|script|style|strike|del|ins|section|article|abbr)\b[^<>]*>",
    re.IGNORECASE,
)
_BLOCK_TAG = re.compile(r"<(?:p|div|ul|ol|h[1-6]|table|blockquote|pre|dl)\b[^<>]*>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-f]+|[a-z]+\d*);", re.IGNORECASE)
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_BLANK_LINES = re.compile(r"\n{3,}")
_loose = MarkdownIt("commonmark", {"html": True, "breaks": True})


_converter = MarkdownConverter(heading_style="atx", bullets="-", escape_misc=False, strip_document="strip")


def to_markdown(text: str) -> str:
    """`text` as Markdown without HTML; plain text and Markdown come back as they are, but for line ends.

    A text with block tags is HTML. One with mere inline tags is Markdown mixed with HTML, which
    CommonMark itself allows, and is read as that. What was escaped twice is unwrapped layer by layer.
    Doing it twice changes nothing more.
    """
    text = printable(text).strip()
    for _ in range(4):
        unwrapped = _tidy(_without_markup(text))
        if unwrapped == text:
            return text
        text = unwrapped
    return _tidy(_KNOWN_TAG.sub("", text))


def _without_markup(text: str) -> str:
    outside = _CODE.sub("", text)
    if _KNOWN_TAG.search(outside):
        source = text if _BLOCK_TAG.search(outside) else _loose.render(text)
        converted = _converter.convert(
            nh3.clean(source, tags=_TAGS, attributes={"a": {"href"}}, link_rel=None)
        )
        return "" if converted is None else str(converted)
    return html.unescape(text) if _ENTITY.search(outside) else text


def _tidy(text: str) -> str:
    return _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip()


def printable(text: str) -> str:
    """`text` in NFC with plain line ends and without control characters, which neither XML nor a page can hold."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    text = "".join(c for c in text if c == "\n" or not _unprintable(c)) if not text.isprintable() else text
    return unicodedata.normalize("NFC", text)


def _unprintable(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs", "Cn") or character in "\ufeff\ufffe\uffff"
