"""How the things of a file are recognised and named."""

import re
import uuid
from collections.abc import Container, Iterable

from forum.programme.codes import new_code
from forum.programme.markup import printable
from forum.programme.words import folded


def line(text: str) -> str:
    """`text` on one line, as the readers of files give every name and title."""
    return " ".join(printable(text).split())


def uuid_of(text: str) -> uuid.UUID | None:
    """The UUID that `text` writes in one of the usual ways, or None."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def uuids(texts: Iterable[str]) -> set[uuid.UUID]:
    """Those of `texts` that are UUIDs."""
    return {found for text in set(texts) if (found := uuid_of(text))}


def slug_for(name: str, taken: Container[str]) -> str:
    """`name` as a short readable code that is not in `taken`; a random one for scripts without ASCII letters."""
    plain = re.sub(r"[^a-z0-9]+", "-", folded(name)).strip("-")[:40].strip("-") or new_code(taken).lower()
    code, n = plain, 1
    while code in taken:
        code, n = f"{plain}-{n + 1}", n + 1
    return code
