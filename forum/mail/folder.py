"""Reads mail that was written to the folder."""

import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from urllib.parse import urlsplit

MOST_SHOWN = 100
_ADDRESS = re.compile(r"(https?://[^\s<>\"]+)")


@dataclass(frozen=True)
class FolderLetter:
    """A message of the folder."""

    name: str
    """Its file without the suffix: the uid of its row."""
    subject: str
    to: str
    date: datetime | None
    language: str
    text: str
    """The plain text."""


@dataclass(frozen=True)
class Piece:
    """Some of a text, and where it leads: a path of this site, or nowhere."""

    text: str
    path: str = ""


def newest(folder: str) -> tuple[Sequence[FolderLetter], int]:
    """The latest letters, the newest first, and how many older ones are left out."""
    files = [file for file in Path(folder).glob("*.eml") if _is_uid(file.stem)]
    files.sort(key=lambda file: (file.stat().st_mtime_ns, file.name), reverse=True)
    return [_read(file) for file in files[:MOST_SHOWN]], max(0, len(files) - MOST_SHOWN)


def one(folder: str, name: str) -> FolderLetter | None:
    """The letter of this name, or None. A name is a uid and nothing else, so it leads nowhere but into the folder."""
    file = Path(folder) / f"{name}.eml"
    return _read(file) if _is_uid(name) and file.is_file() else None


def _is_uid(name: str) -> bool:
    try:
        return str(uuid.UUID(name)) == name
    except ValueError:
        return False


def _read(file: Path) -> FolderLetter:
    parser: BytesParser[EmailMessage] = BytesParser(policy=policy.default)
    read = parser.parsebytes(file.read_bytes())
    body = read.get_body(("plain",))
    return FolderLetter(
        name=file.stem,
        subject=str(read["Subject"] or ""),
        to=str(read["To"] or ""),
        date=read["Date"].datetime if read["Date"] else None,
        language=str(read["Content-Language"] or "en"),
        text=body.get_content().replace("\r\n", "\n") if body else "",
    )


def paragraphs(text: str, hosts: Sequence[str]) -> Iterator[Sequence[Sequence[Piece]]]:
    """`text` by paragraph and line; an address at one of `hosts` leads to its path, whatever port it names."""
    for paragraph in text.strip().split("\n\n"):
        yield [[_piece(part, hosts) for part in _ADDRESS.split(line) if part] for line in paragraph.split("\n")]


def _piece(part: str, hosts: Sequence[str]) -> Piece:
    return Piece(part, _path(part, hosts) if _ADDRESS.fullmatch(part) else "")


def _path(address: str, hosts: Sequence[str]) -> str:
    try:
        read = urlsplit(address)
    except ValueError:
        return ""
    is_ours = read.hostname in {host.strip("[]") for host in hosts}
    if not is_ours or not read.path.startswith("/") or read.path.startswith(("//", "/\\")):
        return ""
    return f"{read.path}?{read.query}" if read.query else read.path
