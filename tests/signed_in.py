"""Signing a test's client in, without going through the mail each time."""

from flask.testing import FlaskClient

from forum.accounts import services
from forum.accounts.models import Person, Proof
from forum.db import db, utcnow


def signed_in(client: FlaskClient, person: Person, *, second_factor: bool = True) -> FlaskClient:
    """The same client with a cookie of `person`; by default with a second factor just used."""
    _, token = services.sign_in(person=person, proof=Proof.LINK, at=utcnow(), second_factor=second_factor)
    db.session.commit()
    with client.session_transaction() as cookie:
        cookie.clear()
        cookie["_user_id"] = token
        cookie["_fresh"] = True
    return client
