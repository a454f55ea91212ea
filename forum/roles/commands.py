"""Giving the first roles, from the server: nobody else can."""

import sys

import click
from flask.cli import with_appcontext
from flask_babel import gettext

from forum.accounts import services as accounts
from forum.accounts.queries import person_by_address
from forum.audit.services import COMMAND
from forum.db import begin_writing, db, utcnow
from forum.editions.queries import edition_by_slug
from forum.errors import ForumError
from forum.i18n import LANGUAGES
from forum.roles import services
from forum.roles.models import Role
from forum.roles.rules import is_of_site
from forum.roles.words import ROLES


@click.command("grant")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.argument("email")
@click.option("--edition", "slug", help="The address of the edition, such as drif-2026; not for an administrator.")
@click.option("--language", default="", help="The language of a translator, such as fr.")
@click.option("--speaks", type=click.Choice(LANGUAGES), default="en", help="Language of a new account's mail.")
@with_appcontext
def grant(role: str, email: str, slug: str | None, language: str, speaks: str) -> None:
    """Give ROLE to whoever reads EMAIL; an account is made if there is none.

    Sign in with that address; every role but a funder's then asks for a passkey or an authenticator app.
    """
    wanted, at = Role(role), utcnow()
    begin_writing()
    edition = edition_by_slug(slug) if slug else None
    if is_of_site(wanted) != (slug is None) or (slug and edition is None):
        click.echo(gettext("Name an edition that exists by --edition; for an administrator name none."), err=True)
        sys.exit(2)
    try:
        person = person_by_address(email) or accounts.make_person(email=email, language=speaks, at=at)
        services.grant(person=person, role=wanted, edition=edition, language=language, by=COMMAND, at=at)
        db.session.commit()
    except ForumError as refusal:
        db.session.rollback()
        click.echo(str(refusal), err=True)
        sys.exit(2)
    click.echo(gettext("The role is given: %(role)s.", role=str(ROLES[wanted])))
