"""Whatever markup a programme comes with becomes Markdown, and that becomes HTML that is safe on any page."""

import json
import re

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forum.agenda.prose import as_html
from forum.programme.importing import read_schedule
from forum.programme.markup import printable, to_markdown

PROGRAMMES = (
    "c3-31c3/schedule.xml",
    "debconf17/pentabarf.xml",
    "emf-dev/2016/public/schedule.frab",
    "emf-dev/2018/public/schedule.frab",
    "fosdem-dev/2007.xml",
    "fosdem-dev/2012.xml",
    "fosdem-dev/2018.xml",
    "fosdem-dev/2023.xml",
    "good2025/schedule/export/schedule.xml",
    "c3voc-examples/json/examples/frab-camp2019.json",
    "c3voc-examples/json/examples/pretalx-democon.json",
    "c3voc-examples/json/examples/pretalx-rc3.json",
    "c3voc-examples/json/examples/invalid-example.json",
)
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
TAG = re.compile(
    r"</?(?:p|br|a|ul|ol|li|em|strong|b|i|u|code|pre|div|span|h[1-6]|img|table|script)(?=[\s/>])[^<>]*>", re.I
)
ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-f]+|amp|lt|gt|quot|nbsp|[a-z]+acute);", re.I)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Water for all",
        "One\n\nTwo *words* and **more**, a [link](https://example.org/?a=1&b=2)\n\n- a\n- b\n\n1. c",
        "a < b and c > d, x<y>z, i<s;i++) x>3, Tom & Jerry, R&D; AT&T",
        "# Heading\n\n> quoted\n\n```\n<p>kept</p> &amp;\n```\n\nand `<br>` too",
        "<https://example.org> and <someone@example.org>",
        "Maji ni uhai — الماء للجميع — 水 — \U0001fae8",
        "snake_case, 2*3*4, \\*literally\\*",
        "A line broken here  \nand one that is\nnot",
    ],
)
def test_text_without_markup_stays_as_it_is(text):
    assert to_markdown(text) == text


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<p>One<br>Two<br/>Three</p>", "One  \nTwo  \nThree"),
        ('<p>See <a href="https://example.org/">this</a></p>', "See [this](https://example.org/)"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("<div><h1>A</h1><strong>b</strong> <em>c</em></div>", "# A\n\n**b** *c*"),
        ("Line one\nLine <b>two</b>", "Line one\nLine **two**"),
        ("One  \ntwo <i>three</i> \n four", "One  \ntwo *three*\nfour"),
        ("a<br />b<br /><br />* c<br />* d", "a  \nb\n\n\\* c  \n\\* d"),
        ("**bold** and <i>italic</i>", "**bold** and *italic*"),
        ("Tom &amp; Jerry &lt;3 &quot;x&quot; &eacute;&nbsp;", 'Tom & Jerry <3 "x" é'),
        ("&lt;p&gt;Escaped &amp;amp; again&lt;/p&gt;", "Escaped & again"),
        ("<p>a</p>\r\n\r\n\r\n\r\n<p>b</p>  \r", "a\n\nb"),
        ("<p>hi<script>alert(1)</script><style>p{}</style></p>", "hi"),
        ("<p>e&#x301;</p>", "\u00e9"),
        ("a\tb\x00\x1b[0m\ud800c", "a b[0mc"),
        ("<p></p>", ""),
        ("One <b '=x>two", "One two"),
        ("One\n\n    <b>x</b>", "One\n\n```\n<b>x</b>\n```"),
    ],
)
def test_markup_becomes_markdown(text, markdown):
    assert to_markdown(text) == markdown


@pytest.mark.parametrize("tag", ["div", "blockquote", "em", "b", "pre", "a href=x", "ul><li"])
def test_tags_within_tags_a_thousand_deep_leave_the_words(tag):
    markdown = to_markdown(f"<p>Before</p>{f'<{tag}>' * 3_000}Water")

    assert re.findall(r"\w{5,}", markdown) == ["Before", "Water"]


def test_words_escaped_again_and_again_come_to_an_end():
    text = "&" + "amp;" * 1_000 + "lt;b>"

    once = to_markdown(text)

    assert to_markdown(once) == once
    assert not TAG.search(once)


def test_heaps_of_marks_on_a_letter_are_cut():
    heap = "a" + "\u0315\u0300\u0316" * 300_000  # Sorting these, as NFC does, would take an hour.

    assert len(printable(heap)) <= 32


HTML = (
    "<p> </p> <b> </b> <br> <ul><li> <a\thref='https://x.org'> </a> <script> <!-- --> <x> &amp; &lt; &gt; &#60; &#x301;"
)
MARKDOWN = "` ``` * _ [ ]( ) # > | \\\\ < > & word é م"
BLANKS = ("\n", "\n\n", "    ", "  \n", "\t", "\r", "\u00a0", "\u2028", "\u0338", "\ud800", "\x00", "&#13;", "- ")
PIECES = st.sampled_from((*HTML.split(" "), *MARKDOWN.split(" "), *BLANKS))


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_doing_it_twice_changes_nothing_more(text):
    once = to_markdown(text)

    assert to_markdown(once) == once
    assert not TAG.search(CODE.sub("", once))
    assert_harmless(as_html(once))


@pytest.mark.parametrize("name", PROGRAMMES)
def test_no_abstract_of_a_real_programme_keeps_tags_or_entities(data, name):
    events = read_schedule((data / name).read_bytes()).events
    texts = [text for event in events for text in (event.abstract, event.description) if text]
    assert texts

    for text in texts:
        once = to_markdown(text)
        assert TAG.findall(CODE.sub("", once)) == []
        assert ENTITY.findall(CODE.sub("", once)) == []
        assert to_markdown(once) == once


def test_naughty_string_without_markup_is_kept_and_every_one_is_harmless(data):
    naughty = json.loads((data / "blns/blns.json").read_text())
    assert len(naughty) > 500

    for text in naughty:
        once = to_markdown(text)
        assert to_markdown(once) == once
        assert_harmless(as_html(once))
        if not re.search(r"[<&\t\r]|\s$|^\s|\s\n", text) and text == printable(text):
            assert once == text


def assert_harmless(html):
    """No script, no handler, no address that runs."""
    for element in html5lib.parseFragment(html, namespaceHTMLElements=False).iter():
        assert element.tag not in ("script", "style", "iframe", "svg", "math", "img", "object", "form", "input", "meta")
        for name, value in element.attrib.items():
            assert name in ("href", "rel"), f"{name} in {html!r}"
            if name == "href":
                scheme = re.match(r"[a-z][a-z0-9+.-]*:", re.sub(r"[\x00-\x20]", "", value), re.I)
                assert scheme is None or scheme.group().lower() in ("http:", "https:", "mailto:"), value
