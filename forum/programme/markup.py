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
    r"|table|thead|tbody|tr|td|th|dl|dt|dd|cite|iframe|script|style|strike|del|ins|section|article|abbr)(?=[\s/>])[^<>]*>",
    re.IGNORECASE,
)
_BLOCK_TAG = re.compile(r"<(?:p|div|ul|ol|h[1-6]|table|blockquote|pre|dl)(?=[\s/>])[^<>]*>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-f]+|[a-z]+\d*);", re.IGNORECASE)
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_MOST_LAYERS = 20
_LINE_BREAK = re.compile(r"(?<=\S)[^\S\n]*  \n(?=[^\S\n]*\S)")
_BLANK_LINES = re.compile(r"\n{3,}")
_UNPRINTABLE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufeff"
    + "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)
"""Controls, halves of pairs, the byte order mark and noncharacters; not what a later Unicode has assigned."""
_MARKS_ON_A_LETTER = 30
_loose = MarkdownIt("commonmark", {"html": True})


_converter = MarkdownConverter(heading_style="atx", bullets="-", escape_misc=False, strip_document="strip")


def to_markdown(text: str) -> str:
    """`text` as Markdown without HTML; plain text and Markdown come back as they are, but for line ends.

    A text with block tags is HTML. One with mere inline tags is Markdown mixed with HTML, which
    CommonMark itself allows, and is read as that. What was escaped twice is unwrapped layer by layer.
    Doing it twice changes nothing more.
    """
    text = _tidy(printable(text))
    for _ in range(_MOST_LAYERS):
        unwrapped = _tidy(printable(_without_markup(text)))
        if unwrapped == text and _has_tags(text):  # As good as a tag, though no reader of HTML took it for one.
            unwrapped = _tidy(printable(_KNOWN_TAG.sub("", text)))
        if unwrapped == text:
            return text
        text = unwrapped
    return _tidy(printable(re.sub("[<&]", "", text)))  # Nobody writes like that who means well.


def _without_markup(text: str) -> str:
    outside = _CODE.sub("", text)
    if not _has_tags(text):
        return html.unescape(text) if _ENTITY.search(outside) else text
    source = text if _BLOCK_TAG.search(outside) else _loose.render(text)
    clean = nh3.clean(source, tags=_TAGS, attributes={"a": {"href"}}, link_rel=None)
    try:
        return str(_converter.convert(clean) or "")
    except RecursionError:  # Tags within tags, hundreds deep, are no formatting.
        return html.unescape(nh3.clean(clean.replace("<", " <"), tags=set()))


def _has_tags(text: str) -> bool:
    return _KNOWN_TAG.search(_CODE.sub("", text)) is not None


def _tidy(text: str) -> str:
    """`text` without blanks at line ends, but for the two that break a line, and with one blank line at a time."""
    text = _LINE_BREAK.sub("\0", text)
    text = _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip()
    return text.replace("\0", "  \n")


def printable(text: str) -> str:
    """`text` in NFC with plain line ends and without control characters, which neither XML nor a page can hold."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    if not text.isprintable():
        text = _UNPRINTABLE.sub("", text)
    return text if text.isascii() else unicodedata.normalize("NFC", _without_heaps(text))


def _without_heaps(text: str) -> str:
    """`text` with at most 30 marks on a letter, as UAX #15 (section 13) has it: sorting heaps of them takes hours."""
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MARKS_ON_A_LETTER:
            kept.append(character)
    return "".join(kept)
