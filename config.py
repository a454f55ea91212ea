"""Settings, each with its unit and default. The only reader of the environment."""

import contextlib
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

INSTANCE = Path(__file__).parent / "instance"
SECRETS = ("SECRET_KEY", "MASTER_KEYS", "LOOKUP_KEY")
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _secret(path: Path) -> str:
    """The secret kept at `path`, made on first use and readable by its owner alone."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
        with contextlib.suppress(
            FileExistsError
        ):  # Another process was quicker; a link, unlike a file, is there whole.
            path.hardlink_to(new)
        new.unlink()
    return path.read_text().strip()


@dataclass(frozen=True)
class Config:
    """What an installation can set. Every upper-case name is a Flask setting."""

    SQLALCHEMY_DATABASE_URI: str = f"sqlite:///{INSTANCE / 'jukwaa.sqlite'}"
    """DATABASE_URL: where the data is. SQLite by default; postgresql://user@host/name for PostgreSQL."""
    SECRET_KEY: str = ""
    """SECRET_KEY: signs cookies and forms. On this machine alone: made and kept in instance/secret-key."""
    MASTER_KEYS: list[str] = field(default_factory=list)
    """MASTER_KEYS: keys that wrap the keys of what is sealed in the database, 32 bytes each in Base64, separated by
    commas, the newest first. On this machine alone: made and kept in instance/master-keys where none is given."""
    LOOKUP_KEY: str = ""
    """LOOKUP_KEY: the key, 32 bytes in Base64, by which addresses are found and the audit log is chained. It must never
    change. On this machine alone: made and kept in instance/lookup-key where none is given."""
    SMTP_URL: str = ""
    """SMTP_URL: the mail server: smtps://user:password@host:465 (TLS), smtp://user:password@host:587
    (STARTTLS, required) or smtp+plain://host:25 (no encryption, for a relay on this machine). Empty: mail is written to
    MAIL_FOLDER."""
    SMTP_CA_FILE: str = ""
    """SMTP_CA_FILE: certificates to verify the mail server by, in PEM. Empty: those of the system."""
    MAIL_FROM: str = "Jukwaa <no-reply@localhost>"
    """MAIL_FROM: whom mail comes from."""
    MAIL_FOLDER: str = str(INSTANCE / "mail")
    """MAIL_FOLDER: where mail is written while there is no SMTP_URL."""
    JOBS_URL: str = str(INSTANCE / "jobs.sqlite")
    """JOBS_URL: where the queue of the worker is: a file, or redis://host:port/number (wants the extra `redis`)."""
    PUBLIC_URL: str = ""
    """PUBLIC_URL: the address people use, such as https://forum.example.org. Empty: taken from each request."""
    TRUSTED_HOSTS: list[str] = field(default_factory=lambda: ["127.0.0.1", "localhost", "[::1]"])
    """TRUSTED_HOSTS: host names answered to, separated by commas. PUBLIC_URL's host is added."""
    PROXY_HOPS: int = 0
    """PROXY_HOPS: how many proxies of yours stand in front and set X-Forwarded-Proto and -Host."""
    HOST: str = "127.0.0.1"
    """HOST: the address the server listens on."""
    PORT: int = 8000
    """PORT: the port the server listens on."""
    WORKERS: int = 2
    """WORKERS: application processes."""
    PAGES_KEPT_BYTES: int = 12_000_000
    """PAGES_KEPT_BYTES: bytes of rendered public pages each process keeps, in all their encodings."""
    FRESHNESS_SECONDS: float = 1.0
    """FRESHNESS_SECONDS: seconds a process answers from kept pages before it asks the database whether they hold."""
    MAX_CONTENT_LENGTH: int = 16_000_000
    """MAX_CONTENT_LENGTH: bytes of the largest request accepted."""
    MAX_FORM_MEMORY_SIZE: int = 1_000_000
    """MAX_FORM_MEMORY_SIZE: bytes of the largest form field accepted."""
    MAX_FORM_PARTS: int = 1_000
    """MAX_FORM_PARTS: the most fields accepted in one form."""
    FORM_SECONDS: float = 2.0
    """FORM_SECONDS: seconds a form that anybody may send must have been open, so that programs do not flood us."""
    LOG_LEVEL: str = "INFO"
    """LOG_LEVEL: DEBUG, INFO, WARNING or ERROR."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """The settings of this process; ValueError names the one that cannot be read."""
        given: dict[str, object] = {}
        for name in cls.__dataclass_fields__:
            value = environ.get("DATABASE_URL" if name == "SQLALCHEMY_DATABASE_URI" else name)
            if value:
                given[name] = cls._read(name, value)
        if "SQLALCHEMY_DATABASE_URI" not in given:
            INSTANCE.mkdir(exist_ok=True)
        for name in cls._secrets_missing(given):
            made = _secret(INSTANCE / name.lower().replace("_", "-"))
            given[name] = _split(made) if name == "MASTER_KEYS" else made
        return cls(**given)  # type: ignore[arg-type]  # The types were read off the fields themselves.

    @classmethod
    def _secrets_missing(cls, given: Mapping[str, object]) -> list[str]:
        """The secrets to be made and kept. ValueError where others than this machine are served: a key that lies beside
        the data it locks, or that nobody has kept a copy of, is none."""
        missing = [name for name in SECRETS if not given.get(name)]
        hosts = given.get("TRUSTED_HOSTS", [])
        serves_others = (
            "PUBLIC_URL" in given
            or given.get("HOST", cls.HOST) not in LOOPBACK
            or any(host.strip("[]") not in LOOPBACK for host in hosts)  # type: ignore[attr-defined]
            or given.get("PROXY_HOPS", 0) != 0
        )
        if missing and serves_others:
            raise ValueError(
                f"{' and '.join(missing)} must be set where PUBLIC_URL, HOST, TRUSTED_HOSTS or PROXY_HOPS "
                "let others in; "
                "`openssl rand -base64 32` makes a key. Keep a copy of it apart from the database's backups."
            )
        return missing

    @classmethod
    def _read(cls, name: str, value: str) -> object:
        kind = cls.__dataclass_fields__[name].type
        try:
            if kind is int or kind is float:
                return kind(value)
        except ValueError:
            raise ValueError(f"{name} must be a number, not {value!r}") from None
        if kind == list[str]:
            return _split(value)
        if name == "SQLALCHEMY_DATABASE_URI":
            return value.replace("postgresql://", "postgresql+psycopg://", 1)
        if name == "PUBLIC_URL" and not re.fullmatch(r"https?://[^/\s]+/?", value):
            raise ValueError(f"PUBLIC_URL must be like https://forum.example.org, not {value!r}")
        if name == "SMTP_URL" and not re.fullmatch(r"(smtps|smtp|smtp\+plain)://\S+", value):
            raise ValueError("SMTP_URL must begin with smtps://, smtp:// or smtp+plain://")  # It holds a password.
        return value.rstrip("/") if name == "PUBLIC_URL" else value
