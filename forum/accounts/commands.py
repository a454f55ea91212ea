"""Helping somebody back into their account, from the server."""

import sys

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_babel import gettext

from forum.accounts import factors
from forum.accounts.factor_letters import Happened, tell
from forum.accounts.queries import person_by_address
from forum.audit.services import COMMAND
from forum.db import begin_writing, db, utcnow
from forum.language import public_url


@click.command("reset-factors")
@click.argument("email")
@with_appcontext
def reset_factors(email: str) -> None:
    """Take passkeys, app and recovery codes from whoever reads EMAIL, who has lost them all.

    Make sure first that it is them who asks: afterwards their mail alone opens the account.
    """
    begin_writing()
    person, at = person_by_address(email), utcnow()
    if person is None:
        click.echo(gettext("Nobody has this address."), err=True)
        sys.exit(2)
    factors.reset(person=person, by=COMMAND, at=at)
    with current_app.test_request_context(base_url=public_url()):
        tell(person, Happened.FACTORS_RESET, at=at)
    db.session.commit()
    click.echo(gettext("Done. At the next sign-in they are asked to set up a new second proof, and a mail tells them."))
