"""What a page asks a passkey, and for which site: kept in the signed cookie until the page comes back."""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import g, request, session

from forum.accounts import passkeys
from forum.accounts.models import Person
from forum.accounts.passkeys import Challenge, RelyingParty
from forum.language import public_url

CHALLENGE_BYTES = 32
PORTS = {"http": 80, "https": 443}
"""Left out of an origin (RFC 6454, 6.2)."""


class Asked(StrEnum):
    """What a passkey is asked for; an answer to one is none to another."""

    SIGN_IN = "sign_in"
    SECOND = "second"
    NEW = "new"


def site() -> RelyingParty | None:
    """The site as passkeys know it; None where browsers know of none.

    That is at an address without encryption (but for this machine), at one made of numbers (WebAuthn Level 3, 5.1.3),
    and at any but the one that PUBLIC_URL names.
    """
    url = urlsplit(public_url())
    host = _plain(url.hostname or "")
    if host is None or host != _plain(urlsplit(f"//{request.host}").hostname or ""):
        return None
    if url.scheme != "https" and host != "localhost":
        return None
    port = "" if url.port in (None, PORTS[url.scheme]) else f":{url.port}"
    return RelyingParty(host, f"{url.scheme}://{host}{port}")


def _plain(host: str) -> str | None:
    """A host in the letters that browsers compare; None for one made of numbers."""
    try:
        ip_address(host)
    except ValueError:
        return host.encode("idna").decode().lower() if host else None
    return None


def ask(asked: Asked, *, at: datetime, person: Person | None = None) -> str | None:
    """What the page's script gives the browser, as JSON, with a new challenge in it; None where no passkey works.

    The page is then let run our scripts.
    """
    party = site()
    if party is None:
        return None
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    kept = [urlsafe_b64encode(challenge).decode(), int(at.timestamp())]
    session["challenges"] = {**session.get("challenges", {}), asked.value: kept}
    g.scripts = True
    if asked is Asked.NEW:
        assert person is not None
        return passkeys.creation_options(party=party, challenge=challenge, person=person)
    return passkeys.request_options(party=party, challenge=challenge, person=person)


def take(asked: Asked) -> Challenge:
    """The challenge of the page that now comes back, taken out of the cookie. Raises PasskeyRefused."""
    party = site()
    kept = {**session.get("challenges", {})}
    if party is None or asked.value not in kept:
        raise passkeys.PasskeyRefused
    challenge, moment = kept.pop(asked.value)
    session["challenges"] = kept
    return Challenge(urlsafe_b64decode(challenge), party, datetime.fromtimestamp(moment, UTC))
