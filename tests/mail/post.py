"""A real mail server in a thread, which does as a test tells it, and letters to give it."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from forum.db import db
from forum.mail.letter import Letter
from forum.mail.models import OutboxMail
from forum.mail.services import post
from tests import make
from tests.make import NOON
from tests.site.server import free_port


@dataclass
class Received:
    """A message as it came over the wire."""

    sender: str
    recipients: list[str]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        read = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(read, EmailMessage)
        return read

    def part(self, kind: str) -> str:
        """The text of its one part of this kind."""
        parts = [part for part in self.message.walk() if part.get_content_type() == f"text/{kind}"]
        assert len(parts) == 1
        return str(parts[0].get_content()).replace("\r\n", "\n")


@dataclass
class PostOffice:
    """What the server does: `at_rcpt` and `at_data` are its answers, taken one after the other, then it takes all."""

    received: list[Received] = field(default_factory=list)
    at_rcpt: list[str] = field(default_factory=list)
    at_data: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> Any:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.at_rcpt and (answer := self.at_rcpt.pop(0)):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        answer = self.at_data.pop(0) if self.at_data else "250 2.0.0 taken"
        if answer[0] not in "45":
            self.received.append(Received(envelope.mail_from, envelope.rcpt_tos, bytes(envelope.original_content)))
        if answer == "cut":
            server.transport.abort()
        return answer

    def the_one(self) -> Received:
        """What came, if it is one message."""
        assert len(self.received) == 1
        return self.received[0]

    @property
    def url(self) -> str:
        return f"smtp+plain://127.0.0.1:{self.port}"


@contextmanager
def post_office(**given: Any) -> Iterator[PostOffice]:
    """A server on a port of its own until the block ends."""
    office = PostOffice(port=free_port())
    wanted: dict[str, Any] = {"hostname": "127.0.0.1", "enable_SMTPUTF8": True, **given}
    controller = Controller(office, port=office.port, **wanted)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


@contextmanager
def silent_server() -> Iterator[str]:
    """The URL of a server that takes connections and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"smtp+plain://127.0.0.1:{listening.getsockname()[1]}"


def let_in(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
    """Lets in who says `anna` and `right:word`."""
    return AuthResult(success=(given.login, given.password) == (b"anna", b"right:word"), handled=False)


@dataclass(frozen=True)
class Certificates:
    """Files of a certificate for 127.0.0.1 and localhost, and of whom it is signed by."""

    chain: Path
    authority: Path

    @property
    def for_server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain)
        return context


def certificates(folder: Path) -> Certificates:
    """A new authority and what it has signed."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    authority = _certificate("authority", authority_key.public_key(), authority_key, x509.BasicConstraints(True, None))
    own = _certificate("localhost", key.public_key(), authority_key, x509.SubjectAlternativeName(names))
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "chain.pem").write_bytes(secret + own.public_bytes(pem))
    (folder / "authority.pem").write_bytes(authority.public_bytes(pem))
    return Certificates(folder / "chain.pem", folder / "authority.pem")


def _certificate(subject: str, key: Any, signed_by: Any, extension: Any) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")]))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(extension, critical=False)
        .sign(signed_by, hashes.SHA256())
    )


def a_letter(**given: Any) -> Letter:
    wanted: dict[str, Any] = {"to": make.an_address(), "subject": "News", "paragraphs": ("Hello,", "it is so.")}
    return Letter(**{**wanted, **given})


def a_mail(letter: Letter | None = None, **given: Any) -> OutboxMail:
    """A row of the outbox, due at noon, and committed."""
    row = post(letter=letter or a_letter(), **{"kind": "tests.notice", "language": "en", "at": NOON, **given})
    db.session.commit()
    return row
