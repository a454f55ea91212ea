"""The link by which one ends mailings: whose it is and of which edition, signed, good for ever.

It is signed by LOOKUP_KEY, which never changes: mail is kept for years, and its link must still work.
"""

import uuid

from flask import current_app
from itsdangerous import BadSignature, Signer

from forum.accounts.models import Person
from forum.accounts.queries import people_by_uid
from forum.editions.models import Edition
from forum.i18n import LANGUAGES
from forum.keys import digest
from forum.language import absolute
from forum.mailings.queries import edition_by_guid

HEX = 32
"""Digits of a uid."""


def _signer() -> Signer:
    return Signer(digest("unsubscribe", "link"), salt="unsubscribe")


def unsubscribe_token(person: Person, edition: Edition) -> str:
    """What names a person and an edition in the link, and is known to nobody but that person."""
    return _signer().sign(person.uid.hex + edition.guid.hex).decode()


def unsubscribe_url(person: Person, edition: Edition, language: str) -> str:
    """The full address of the page, in `language`, that ends mailings of an edition to a person."""
    urls = current_app.url_map.bind("localhost")  # A worker has no request to take the way to our pages from.
    lang = language if language in LANGUAGES else LANGUAGES[0]
    return absolute(urls.build("unsubscribe.ask", {"lang": lang, "token": unsubscribe_token(person, edition)}))


def meant_by(token: str) -> tuple[Person, Edition] | None:
    """Whom and which edition a token names; None where it is none of ours, or they are gone."""
    try:
        named = _signer().unsign(token).decode()
    except BadSignature:
        return None
    person_uid, edition_guid = uuid.UUID(named[:HEX]), uuid.UUID(named[HEX:])
    person = people_by_uid([person_uid]).get(person_uid)
    edition = edition_by_guid(edition_guid)
    return (person, edition) if person and edition else None
