"""`jukwaa grant`."""

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from forum.accounts.queries import person_by_address
from forum.cli import command_group
from forum.db import db
from forum.roles import queries
from forum.roles.models import Role
from tests import make


def run(app: Flask, words: list[str]) -> Result:
    """What `jukwaa` answers to these words."""
    db.session.commit()
    return CliRunner().invoke(command_group(lambda: app), words)


def test_first_administrator_is_made_on_the_server(app):
    answer = run(app, ["grant", "administrator", "amina@example.org", "--speaks", "fr"])

    assert (answer.exit_code, answer.output) == (0, "The role is given: Site administrator.\n")
    person = person_by_address("amina@example.org")
    assert [grant.role for grant in queries.grants_of(person)] == [Role.ADMINISTRATOR]
    assert person.language == "fr"


def test_known_person_gets_a_role_in_an_edition(app):
    edition, person = make.an_edition(slug="here"), make.a_person(email="amina@example.org")
    db.session.commit()

    answer = run(app, ["grant", "organiser", "AMINA@example.org", "--edition", "here"])

    assert answer.exit_code == 0
    assert [(grant.role, grant.edition_id) for grant in queries.grants_of(person)] == [(Role.ORGANISER, edition.id)]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["organiser", "a@example.org"], "Name an edition that exists by --edition; for an administrator name none."),
        (
            ["organiser", "a@example.org", "--edition", "nowhere"],
            "Name an edition that exists by --edition; for an administrator name none.",
        ),
        (
            ["administrator", "a@example.org", "--edition", "here"],
            "Name an edition that exists by --edition; for an administrator name none.",
        ),
        (
            ["organiser", "nobody", "--edition", "here"],
            "That is not an e-mail address. One is written like name@example.org.",
        ),
        (
            ["translator", "a@example.org", "--edition", "here"],
            "Choose the language that is to be translated into.",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(app, words, sentence):
    make.an_edition(slug="here")
    db.session.commit()

    answer = run(app, ["grant", *words])

    assert (answer.exit_code, answer.output.strip()) == (2, sentence)
    assert person_by_address("a@example.org") is None
