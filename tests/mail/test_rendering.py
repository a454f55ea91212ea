"""Messages as they are written: headers that cannot be broken out of, and both texts."""

from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest

from forum.mail import rendering
from forum.mail.rendering import NoAddress, address_on_the_wire, one_line
from tests.mail.post import Received, a_letter, a_mail

HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
    "Content-Language",
]
BREAKS = ["\r\n", "\n", "\r", "\x00", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\r\n\r\n", "\n ", "\ud800"]


def written(letter, **given):
    return rendering.as_bytes(rendering.message(a_mail(letter, **given), letter))


def read(raw):
    return Received("", [], raw)


def test_message_has_these_headers_and_no_others(app):
    raw = written(a_letter())

    assert list(message_from_bytes(raw, policy=policy.default).keys()) == HEADERS


@pytest.mark.parametrize("line_break", BREAKS, ids=repr)
def test_line_breaks_in_a_subject_add_no_header(app, line_break):
    letter = a_letter(subject=f"News{line_break}Bcc: other@example.org{line_break}X: y")
    raw = rendering.as_bytes(rendering.message(a_mail(), letter))

    message = message_from_bytes(raw, policy=policy.default)

    assert list(message.keys()) == HEADERS
    assert message["Subject"] == "News Bcc: other@example.org X: y"


@pytest.mark.parametrize("line_break", BREAKS[:-1], ids=repr)
def test_line_breaks_in_the_senders_name_add_no_header(app, monkeypatch, line_break):
    monkeypatch.setitem(app.config, "MAIL_FROM", f'"Forum{line_break}Bcc: other@example.org" <forum@example.org>')

    message = message_from_bytes(written(a_letter()), policy=policy.default)

    assert list(message.keys()) == HEADERS
    assert message["From"].addresses[0].addr_spec == "forum@example.org"


@pytest.mark.parametrize("line_break", BREAKS, ids=repr)
def test_address_with_a_line_break_is_none(app, line_break):
    with pytest.raises(NoAddress):
        address_on_the_wire(f"anna@example.org{line_break}Bcc: other@example.org")


def test_headers_fold_and_read_back_whole(app):
    subject = "رسالة طويلة جدا عن المنتدى " * 12

    raw = written(a_letter(subject=subject))

    assert message_from_bytes(raw, policy=policy.default)["Subject"] == subject.strip()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78
    assert raw.isascii()


def test_long_name_of_the_sender_reads_back_whole(app, monkeypatch):
    name = "المنتدى الأفريقي للحقوق الرقمية والشمول الرقمي في كل البلدان"
    monkeypatch.setitem(app.config, "MAIL_FROM", f"{name} <forum@example.org>")

    raw = written(a_letter())

    elder = message_from_bytes(raw)["From"]  # The newer reader puts spaces between encoded words that are not there.
    assert str(make_header(decode_header(elder))) == f"{name} <forum@example.org>"
    assert message_from_bytes(raw, policy=policy.default)["From"].addresses[0].addr_spec == "forum@example.org"
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78


def test_mailing_says_how_to_end_it_by_one_press(app):
    address = "https://forum.example.org/en/unsubscribe/" + "a" * 200

    message = message_from_bytes(written(a_letter(list_unsubscribe=address)), policy=policy.default)

    assert message["List-Unsubscribe"] == f"<{address}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Auto-Submitted"] is None


def test_both_texts_say_the_same(app):
    letter = a_letter(
        paragraphs=("Hello <b>Anna</b>,", "read & press."),
        action="Sign in",
        url="https://forum.example.org/en/x?a=1&b=2",
        code="123456",
        notes=("Do nothing else.",),
        markdown="A [page](https://forum.example.org/p) ![image](https://elsewhere.example/i.png)",
    )

    received = read(written(letter))

    assert received.part("plain") == (
        "Hello <b>Anna</b>,\n\nread & press.\n\n"
        "A [page](https://forum.example.org/p) ![image](https://elsewhere.example/i.png)\n\n"
        "Sign in:\nhttps://forum.example.org/en/x?a=1&b=2\n\n123456\n\nDo nothing else.\n"
    )
    page = received.part("html")
    assert page.count("Hello &lt;b&gt;Anna&lt;/b&gt;,") == 1
    assert page.count('href="https://forum.example.org/en/x?a=1&amp;b=2"') == 1
    assert page.count(">123456<") == 1
    assert page.count('<a href="https://forum.example.org/p"') == 1
    assert page.count("src=") == 0
    assert page.count("elsewhere.example") == 0


def test_arabic_message_runs_from_the_right(app):
    received = read(written(a_letter(subject="رابطك", paragraphs=("مرحبا",)), language="ar"))

    assert received.message["Content-Language"] == "ar"
    assert received.message["Subject"] == "رابطك"
    assert received.part("html").count('<html lang="ar" dir="rtl">') == 1
    assert received.part("plain") == "مرحبا\n"


def test_text_in_another_language_is_marked(app):
    received = read(written(a_letter(markdown="Bonjour", markdown_language="fr"), language="ar"))

    assert received.part("html").count('<div lang="fr" dir="ltr"><p>Bonjour</p>') == 1


def test_message_id_is_the_same_each_time(app, monkeypatch):
    monkeypatch.setitem(app.config, "PUBLIC_URL", "https://forum.example.org")
    letter = a_letter()
    row = a_mail(letter)

    first, second = rendering.message(row, letter), rendering.message(row, letter)

    assert first["Message-ID"] == second["Message-ID"] == f"<{row.uid}@forum.example.org>"
    assert first["Date"] == second["Date"]


def test_message_id_without_a_public_address_is_of_the_senders_host(app, monkeypatch):
    monkeypatch.setitem(app.config, "MAIL_FROM", "Forum <forum@mail.example.org>")
    row = a_mail()

    assert rendering.message_id(row) == f"<{row.uid}@mail.example.org>"


def test_domain_is_written_by_idna():
    assert address_on_the_wire("anna@bücher.example") == "anna@xn--bcher-kva.example"


def test_headers_are_utf8_only_for_an_address_that_needs_it(app):
    plain = rendering.message(a_mail(), a_letter(to="anna@bücher.example", subject="é"))
    other = rendering.message(a_mail(), a_letter(to="josé@bücher.example", subject="é"))

    assert (rendering.needs_utf8(plain), rendering.needs_utf8(other)) == (False, True)
    assert rendering.as_bytes(plain).isascii()
    assert rendering.as_bytes(other).count("To: josé@xn--bcher-kva.example\r\n".encode()) == 1


def test_one_line_keeps_what_belongs_to_a_script():
    assert one_line("نامه\u200cای  👩\u200d💻") == "نامه\u200cای 👩\u200d💻"
