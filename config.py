"""Settings, each with its unit and default. The only reader of the environment."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

INSTANCE = Path(__file__).parent / "instance"


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _secret(path: Path) -> str:
    """The secret kept at `path`, made on first use and readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(32))
    return path.read_text().strip()


@dataclass(frozen=True)
class Config:
    """What an installation can set. Every upper-case name is a Flask setting."""

    SQLALCHEMY_DATABASE_URI: str = f"sqlite:///{INSTANCE / 'jukwaa.sqlite'}"
    """DATABASE_URL: where the data is. SQLite by default; postgresql://user@host/name for PostgreSQL."""
    SECRET_KEY: str = ""
    """SECRET_KEY: signs forms. Made and kept in instance/secret-key where none is given."""
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
        if "SECRET_KEY" not in given:
            given["SECRET_KEY"] = _secret(INSTANCE / "secret-key")
        return cls(**given)  # type: ignore[arg-type]  # The types were read off the fields themselves.

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
        return value.rstrip("/") if name == "PUBLIC_URL" else value
