import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from forum.agenda.plain import _MARKUP, one_line, plain_text, writable


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("", ""),
        ("One\ntwo.\n\n \nThree.", "One two.\n\nThree."),
        ("It's 2 - 1 = 1, isn't it? 100% (yes): a/b.", "It's 2 - 1 = 1, isn't it? 100% (yes): a/b."),
        ("*Who* **pays** `now`?", "Who pays now?"),
        ("# Title\n\nText", "Title\n\nText"),
        ("Title\n===\nText", "Title\n\nText"),
        ("See [the paper](https://a.example/?x=1&y=2).", "See the paper (https://a.example/?x=1&y=2)."),
        ("<https://a.example>, <who@a.example>", "https://a.example, who@a.example"),
        ("![A map](https://a.example/map.png)", "A map"),
        ("Before\n\n- one\n- two\n  more\n\nAfter", "Before\n\n- one\n- two more\n\nAfter"),
        ("3. three\n4. four\n   - inner\n   - other", "3. three\n4. four\n  - inner\n  - other"),
        ("> quoted\n> on", "quoted on"),
        ("Line  \nbreak\\\nagain", "Line\nbreak\nagain"),
        ("```\nx = 1\n\ny\n```", "x = 1\n\ny"),
        ("<b>bold</b> &amp; \\*not\\*", "<b>bold</b> & *not*"),
        ("a\n\n***\n\nb", "a\n\nb"),
        ("أهلا *وسهلا*", "أهلا وسهلا"),
        ("One\u2028two", "One two"),
    ],
)
def test_plain_text_of_markdown(markdown: str, text: str):
    assert plain_text(markdown) == text


@given(st.text(st.sampled_from("ab1 \n\t-+*_`#>=.)(&<[]!\\~|:é漢"), max_size=60))
def test_what_is_taken_for_plain_is_plain(text: str):
    if _MARKUP.search(text):
        return
    tokens = MarkdownIt("commonmark", {"html": False}).parse(text)
    assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
    assert {child.type for token in tokens for child in token.children or ()} <= {"text", "softbreak"}


@given(st.text(max_size=200))
def test_plain_text_keeps_every_word_of_a_plain_text(text: str):
    if not _MARKUP.search(text):
        assert plain_text(text).split() == text.split()


def test_writable_keeps_what_files_can_hold():
    assert (
        writable("a\r\nb\rc\td\x00\x0b\x1f\x7f\x85\ud800\ufffe\uffffe\u2028\U0001f331") == "a\nb\nc de\u2028\U0001f331"
    )


def test_one_line_is_one():
    assert one_line(" a\r\n b\u2028\u2029c \x00 ") == "a b c"
