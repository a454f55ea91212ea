"""Where messages go: a mail server by SMTP (RFC 5321), or a folder where none is set."""

import os
import re
import smtplib
import socket
import ssl
from abc import ABC, abstractmethod
from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

from flask import current_app

from forum.mail import rendering

TIMEOUT_SECONDS = 30.0
SIGN_IN_REFUSED = " sign-in refused"
"""What follows the codes where they are about our user and password."""
PORTS = {"smtps": 465, "smtp": 587, "smtp+plain": 25}
"""What SMTP_URL may begin with, and the port where it names none (RFC 8314)."""


class Result(StrEnum):
    """How an attempt ended."""

    SENT = "sent"
    REFUSED = "refused"
    """For good: the same message would be refused again."""
    LATER = "later"
    """It may help to try again; also where the connection ended before the server said yes or no."""


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended, and what was said: codes or a kind of fault, never words of the server."""

    result: Result
    reply: str = ""


class Transport(ABC):
    """A way out for a run of messages, closed at the end of a block."""

    @abstractmethod
    def send(self, made: EmailMessage) -> Outcome:
        """Try once."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what is held."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Folder(Transport):
    """Writes each message into a folder that its owner alone can read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, made: EmailMessage) -> Outcome:
        """Write the message under its uid, whole or not at all."""
        name = made["Message-ID"].strip("<>").partition("@")[0]
        new = self.folder / f".{name}.{os.getpid()}"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            new.unlink(missing_ok=True)
            with os.fdopen(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                file.write(rendering.as_bytes(made))
            new.replace(self.folder / f"{name}.eml")
        except OSError as error:
            current_app.logger.error("mail cannot be written to MAIL_FOLDER: %s", os.strerror(error.errno or 0))
            return Outcome(Result.LATER, "folder not writable")
        return Outcome(Result.SENT)

    def close(self) -> None:
        """Nothing is held."""


class _Unfit(Exception):
    """The server is not to be spoken to; holds what to note and what the operator should read."""

    def __init__(self, reply: str, advice: str) -> None:
        super().__init__(reply)
        self.reply, self.advice = reply, advice


class MailServer(Transport):
    """Hands messages to a mail server, over one connection for as long as it holds."""

    def __init__(self, url: str, *, name: str, ca_file: str = "", timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self.url = urlsplit(url)
        self.name = name
        """What we call ourselves in EHLO."""
        self.ca_file = ca_file
        self.timeout_seconds = timeout_seconds
        self._connection: smtplib.SMTP | None = None

    def send(self, made: EmailMessage) -> Outcome:
        """Try once."""
        try:
            return self._hand_over(self._connected(), made)
        except _Unfit as unfit:
            current_app.logger.error("mail waits: %s", unfit.advice)
            self.close()
            return Outcome(Result.LATER, unfit.reply)
        except smtplib.SMTPResponseException as error:
            self.close()
            return Outcome(Result.LATER, codes(error.smtp_code, error.smtp_error))
        except (OSError, smtplib.SMTPException) as error:  # Their words can quote addresses: only their kind is kept.
            self.close()
            current_app.logger.warning("mail waits: the mail server %s", _kind(error))
            return Outcome(Result.LATER, _kind(error))

    def close(self) -> None:
        """Say goodbye, if anybody is there to hear it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.quit()
            except (OSError, smtplib.SMTPException):
                connection.close()

    def _connected(self) -> smtplib.SMTP:
        """The connection, ready for a message; a new one where there is none or the old one has gone stale."""
        if self._connection is not None:
            try:
                if self._connection.rset()[0] == 250:
                    return self._connection
            except (OSError, smtplib.SMTPException):
                pass
            self.close()
        self._connection = self._connect()
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        scheme, host = self.url.scheme, self.url.hostname or ""
        port = self.url.port or PORTS[scheme]
        try:
            if scheme == "smtps":
                return self._greeted(
                    smtplib.SMTP_SSL(host, port, self.name, context=self._tls(), timeout=self.timeout_seconds)
                )
            return self._greeted(smtplib.SMTP(host, port, self.name, timeout=self.timeout_seconds))
        except ssl.SSLCertVerificationError:
            raise _Unfit("certificate not verified", _CERTIFICATE) from None
        except ssl.SSLError:
            raise _Unfit("TLS failed", "the mail server and we agree on no TLS") from None

    def _greeted(self, connection: smtplib.SMTP) -> smtplib.SMTP:
        """Encrypt and sign in as SMTP_URL says; the connection is closed where that cannot be."""
        try:
            connection.ehlo_or_helo_if_needed()
            if self.url.scheme == "smtp":
                if not connection.has_extn("starttls"):
                    raise _Unfit("no STARTTLS", "the mail server offers no STARTTLS; smtp:// requires it")
                connection.starttls(context=self._tls())
                connection.ehlo()
            if self.url.username:
                self._sign_in(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _sign_in(self, connection: smtplib.SMTP) -> None:
        try:
            connection.login(unquote(self.url.username or ""), unquote(self.url.password or ""))
        except smtplib.SMTPAuthenticationError as error:
            raise _Unfit(
                codes(error.smtp_code, error.smtp_error) + SIGN_IN_REFUSED,
                "the mail server refuses the user or the password of SMTP_URL",
            ) from None
        except smtplib.SMTPNotSupportedError:
            raise _Unfit("no sign-in", "the mail server offers no sign-in, but SMTP_URL names a user") from None

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.ca_file or None)

    def _hand_over(self, connection: smtplib.SMTP, made: EmailMessage) -> Outcome:
        """The message itself. What the server says to recipient or content is about them; all else is about us."""
        options = []
        if rendering.needs_utf8(made):
            if not connection.has_extn("smtputf8"):
                return Outcome(Result.REFUSED, "no SMTPUTF8")
            options = ["SMTPUTF8"]
        self._require(connection.mail(made["From"].addresses[0].addr_spec, options))
        code, said = connection.rcpt(made["To"].addresses[0].addr_spec)
        if code not in (250, 251):
            return self._answer(code, said)
        try:
            code, said = connection.data(rendering.as_bytes(made))
        except smtplib.SMTPDataError as error:
            return self._answer(error.smtp_code, error.smtp_error)
        if code == 250:
            return Outcome(Result.SENT, codes(code, said))
        return self._answer(code, said)

    def _require(self, answer: tuple[int, bytes]) -> None:
        code, said = answer
        if code != 250:
            raise smtplib.SMTPResponseException(code, said)

    def _answer(self, code: int, said: bytes | str) -> Outcome:
        if code == 421:  # It is about to hang up.
            self.close()
        return Outcome(Result.REFUSED if 500 <= code <= 599 else Result.LATER, codes(code, said))


_CERTIFICATE = "the mail server's certificate is not signed by whom we trust, or not for its name; see SMTP_CA_FILE"


def codes(code: int, said: bytes | str) -> str:
    """The code of a reply and, where it has one, the enhanced code (RFC 3463): `550 5.1.1`."""
    text = said.decode("ascii", "replace") if isinstance(said, bytes) else said
    enhanced = re.match(r"\s*([245]\.\d{1,3}\.\d{1,3})(?=\s|$)", text)
    return f"{code} {enhanced[1]}" if enhanced else str(code)


def _kind(error: Exception) -> str:
    """A fault of the connection in a few words of ours."""
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):  # smtplib wraps it.
        return "timed out"
    if isinstance(error, socket.gaierror):
        return "host not found"
    if isinstance(error, smtplib.SMTPServerDisconnected | ConnectionError | ssl.SSLError):
        return "connection cut"
    return "connection failed"


def transport() -> Transport:
    """The way out that the settings name."""
    config = current_app.config
    if not config["SMTP_URL"]:
        return Folder(Path(config["MAIL_FOLDER"]))
    return MailServer(config["SMTP_URL"], name=rendering.own_host(), ca_file=config["SMTP_CA_FILE"])
