"""What a running site mailed, and its database, read with the same keys from this process."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import select

from forum import create_app
from forum.db import db
from forum.keys import address_digest
from forum.mail.letter import Letter
from forum.mail.models import OutboxMail
from tests.conftest import config_for
from tests.site.server import Site


@contextmanager
def inside(site: Site) -> Iterator[Flask]:
    """An application context on the database of the site; what is changed in it is committed at its end."""
    app = create_app(config_for(site.settings["DATABASE_URL"]))
    with app.app_context():
        try:
            yield app
            db.session.commit()
        finally:
            db.session.remove()
            db.engine.dispose()


def last_letter(site: Site, address: str) -> Letter:
    """The newest letter to an address."""
    with inside(site):
        query = select(OutboxMail).where(OutboxMail.recipient_digest == address_digest(address))
        row = db.session.scalars(query.order_by(OutboxMail.id.desc()).limit(1)).one()
        assert row.letter is not None, "it was sent, and forgotten"
        return Letter.from_json(row.letter)
