"""Public ids: short, not sequential, without look-alikes or words."""

import secrets
from collections.abc import Container

ALPHABET = "3789ABCDEFGHJKLMNPQRSTUVWXYZ"
LENGTH = 6


def new_code(taken: Container[str]) -> str:
    """A code that is not in `taken`: one of 28^6, about 480 million."""
    while True:
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        if code not in taken:
            return code
