"""Looking around as one of the demo's people, without a mail.

Offered by a database alone that the demo command made, and to this machine alone. There is no setting for it.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import current_app, request

from forum.accounts import queries
from forum.accounts.models import Person

LOOPBACK = ("127.0.0.1", "::1", "localhost")
OLD_PROTOCOLS = ("HTTP/1.0", "HTTP/1")
"""As nginx asks where nobody told it more than an address, and then says nothing of the visitor. Browsers do not."""
FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")


def offered() -> Sequence[Person]:
    """The people a visitor may look around as; none where anybody but this machine could ask."""
    return queries.personas() if _is_this_machine_alone() else []


def _is_this_machine_alone() -> bool:
    config = current_app.config
    return (
        not config["PUBLIC_URL"]
        and not config["PROXY_HOPS"]
        and config["HOST"] in LOOPBACK
        and urlsplit(f"//{request.host}").hostname in LOOPBACK
        and request.remote_addr in LOOPBACK
        and not any(name in request.headers for name in FORWARDED)
        and request.environ.get("SERVER_PROTOCOL") not in OLD_PROTOCOLS
    )
