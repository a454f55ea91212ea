"""What counts as an address, and how long proofs and sign-ins hold."""

import re
import unicodedata
from datetime import datetime, timedelta

from forum.accounts.models import MailedKey, SignIn
from forum.i18n import known_language, locale_of

KEY_LASTS = timedelta(minutes=10)
"""How long a mailed link or code opens anything."""
CODE_TRIES = 5
"""How often the code of one mail may be mistyped."""
STAFF_IDLE = timedelta(minutes=30)
STAFF_MOST = timedelta(hours=12)
OTHERS_IDLE = timedelta(days=14)
OTHERS_MOST = timedelta(days=60)
SEEN_EVERY = timedelta(minutes=1)
"""How exactly we know when somebody was last here."""
FRESH = timedelta(minutes=10)
"""How long ago a second factor may have been used for what takes data out or cannot be undone."""
ADDRESS_LENGTH = 254
"""RFC 5321, 4.5.3.1.3, less the angle brackets."""
_ADDRESS = re.compile(
    r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,64}@[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]+\.[^\s@.<>()\[\],;:\\\"]{2,}"
)


NAME_LENGTH = 120
ALIAS_LENGTH = 60
MOST_LANGUAGES = 20
_TURNS_TEXT = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that turn the direction of what follows, also of what is not part of a name (UAX #9, 2)."""


def as_mailed(text: str) -> str:
    """The address that mail goes to for `text`: as typed where it is ASCII, else in the form that it is found by.

    Two addresses that are found as one are then one mailbox too, and nobody gets the mail of a look-alike.
    """
    text = text.strip()
    return text if text.isascii() else unicodedata.normalize("NFKC", text).strip().casefold()


def is_address(text: str) -> bool:
    """Whether `text` can be an e-mail address as people have them (the dot-atom of RFC 5322, in any script)."""
    local, _, domain = text.partition("@")
    if any(unicodedata.category(letter).startswith("C") for letter in text):
        return False  # Signs that nobody sees or types.
    if len(text) > ADDRESS_LENGTH or _ADDRESS.fullmatch(text) is None or ".." in text or domain.startswith("."):
        return False
    try:
        looked_up = domain.encode("idna").decode("idna")
    except UnicodeError:
        return False
    if not domain.isascii() and looked_up != domain:
        return False  # It leads to another domain: one mailbox could be written to under any number of addresses.
    return not (local.startswith(".") or local.endswith("."))


def opens(key: MailedKey, at: datetime) -> bool:
    """Whether a mailed key still opens what it is for."""
    return key.used_at is None and at < key.expires_at and key.code_tries < CODE_TRIES


def holds(sign_in: SignIn, *, is_staff: bool, at: datetime) -> bool:
    """Whether somebody is still signed in there; staff must be seen every half hour and not longer than a shift."""
    idle, most = (STAFF_IDLE, STAFF_MOST) if is_staff else (OTHERS_IDLE, OTHERS_MOST)
    return sign_in.ended_at is None and at < sign_in.seen_at + idle and at < sign_in.started_at + most


def clean_name(text: str) -> str | None:
    """A name in one line, composed (NFC); None where it holds signs that no name has.

    Joiners between letters stay, since Persian and Indic names are written with them.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    odd = any(unicodedata.category(sign) in ("Cc", "Cs") or sign in _TURNS_TEXT for sign in name)
    return None if odd or "\ufffd" in name else name


def language_like(text: str, reader: str) -> str | None:
    """The tag of the language that `text` names to a reader: de, German, or allemand for a reader of French."""
    wanted = " ".join(text.split()).casefold()
    for tag, name in locale_of(reader).languages.items():
        if wanted in (name.casefold(), tag.casefold().replace("_", "-")):
            return str(tag).replace("_", "-")
    return known_language(wanted)
