"""Sets a letter as an Internet message (RFC 5322) with a plain and a simple HTML text."""

import re
import unicodedata
from dataclasses import replace
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import parseaddr
from typing import Any
from urllib.parse import quote, urlsplit

from flask import current_app, render_template
from markupsafe import Markup

from forum.i18n import direction
from forum.mail.letter import Letter
from forum.mail.models import OutboxMail
from forum.prose import as_html

_NO_PART_OF_A_LINE = ("Cc", "Cs", "Zl", "Zp")
"""Unicode categories of controls, lone surrogates, and what separates lines and paragraphs."""

_IN_ADDRESSES = "%:/?#[]@!$&'()*+,;=~"


class _Wire(EmailPolicy):
    """The library's way to write headers but where it breaks them: long addresses of the web become encoded words
    (RFC 2047), which no program reads there, and between encoded words spaces get lost. The elder module keeps them."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        """One header for the wire; `value` as the message holds it."""
        words, rest = str(value), ""
        if name == "From":
            words, rest = value.addresses[0].display_name, f"{self.linesep} <{value.addresses[0].addr_spec}>"
        if name in ("From", "Subject") and not self.utf8 and not words.isascii():
            words = Header(words, "utf-8", header_name=name).encode(linesep=self.linesep)
        elif name != "List-Unsubscribe":
            return super().fold_binary(name, value)
        return f"{name}: {words}{rest}{self.linesep}".encode()


_POLICY = _Wire(linesep="\r\n", cte_type="7bit")
"""Bodies in seven bits: every server takes them, and none rewrites them."""


class NoAddress(ValueError):
    """A letter is for what cannot be an address. The message does not repeat it."""


def one_line(text: str) -> str:
    """`text` for a header: without controls and line breaks of any script, white space joined."""
    return " ".join(_spoken(text).split())


def _spoken(text: str) -> str:
    return "".join(" " if unicodedata.category(sign) in _NO_PART_OF_A_LINE else sign for sign in text)


def address_on_the_wire(address: str) -> str:
    """An address as SMTP has it: its domain by IDNA, the part before it as it is. Raises NoAddress."""
    local, _, domain = address.strip().rpartition("@")
    if not local or not domain or one_line(address) != address.strip() or re.search(r"[\s<>@]", local + domain):
        raise NoAddress("this is no address")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        raise NoAddress("this is no address") from None


def sender() -> Address:
    """Whom mail comes from, as MAIL_FROM says."""
    name, address = parseaddr(one_line(current_app.config["MAIL_FROM"]))
    try:
        return _parsed(address, name)
    except NoAddress:  # Not what is wrong with the letter at hand.
        raise RuntimeError("MAIL_FROM is no address") from None


def _parsed(address: str, name: str = "") -> Address:
    local, _, domain = address_on_the_wire(address).rpartition("@")
    return Address(name, username=local, domain=domain)


def message_id(mail: OutboxMail) -> str:
    """The same at each attempt, so that a message that came twice is recognised."""
    return f"<{mail.uid}@{own_host()}>"


def own_host() -> str:
    """The name of this site among mail servers: PUBLIC_URL's, else that of MAIL_FROM."""
    return urlsplit(current_app.config["PUBLIC_URL"]).hostname or sender().domain


def message(mail: OutboxMail, letter: Letter) -> EmailMessage:
    """`letter` as the message of this row; the same bytes' worth at each attempt. Raises NoAddress."""
    letter = _readable(letter)
    made = EmailMessage(policy=_POLICY)
    made["From"] = sender()
    made["To"] = _parsed(letter.to)
    made["Subject"] = one_line(letter.subject)
    made["Date"] = mail.created_at
    made["Message-ID"] = message_id(mail)
    if letter.list_unsubscribe:
        made["List-Unsubscribe"] = f"<{quote(one_line(letter.list_unsubscribe), safe=_IN_ADDRESSES)}>"
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    else:
        made["Auto-Submitted"] = "auto-generated"
    made.set_content(plain_text(letter))
    made.add_alternative(_page(letter, mail.language), subtype="html")
    made["Content-Language"] = mail.language  # At last: it is taken for the body's when that is set.
    return made


def _page(letter: Letter, language: str) -> str:
    return render_template(
        "letters/letter.html",
        letter=letter,
        language=language,
        direction=direction(language),
        markdown=Markup(as_html(letter.markdown)),  # noqa: S704  # nh3 has let through what is safe alone.
        markdown_direction=direction(letter.markdown_language or language),
    )


def plain_text(letter: Letter) -> str:
    """The letter as plain text."""
    return render_template("letters/letter.txt", letter=letter).strip() + "\n"


def _readable(letter: Letter) -> Letter:
    """The same letter without what no text may hold: NUL, other controls, lone surrogates."""
    return replace(
        letter,
        subject=one_line(letter.subject),
        paragraphs=tuple(map(_lines, letter.paragraphs)),
        action=one_line(letter.action),
        url=one_line(letter.url),
        code=one_line(letter.code),
        notes=tuple(map(_lines, letter.notes)),
        markdown=_lines(letter.markdown),
    )


def _lines(text: str) -> str:
    """`text` without what `one_line` takes out; its lines and their indents stay."""
    return "\n".join(_spoken(line).rstrip() for line in re.split(r"\r\n|\r|\n", text))


def as_bytes(made: EmailMessage) -> bytes:
    """The message for the wire; its headers in UTF-8 (RFC 6532) only where an address cannot be written without."""
    return made.as_bytes(policy=_POLICY.clone(utf8=needs_utf8(made)))


def needs_utf8(made: EmailMessage) -> bool:
    """Whether an address of the message is not ASCII, so that the server must speak SMTPUTF8 (RFC 6531)."""
    return any(not address.addr_spec.isascii() for header in ("From", "To") for address in made[header].addresses)
