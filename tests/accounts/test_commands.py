"""`jukwaa reset-factors`."""

from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select

from forum.accounts import factors, queries
from forum.audit.models import AuditEntry
from forum.audit.services import COMMAND
from forum.cli import command_group
from forum.db import db
from forum.mail.letter import Letter
from forum.mail.models import OutboxMail
from tests import make


def run(app: Flask, *words: str) -> Result:
    """What `jukwaa` answers to these words."""
    db.session.commit()
    return CliRunner().invoke(command_group(lambda: app), list(words))


def test_whoever_lost_every_factor_can_begin_anew(app):
    person = make.a_person(email="amina@example.org", language="fr")
    make.a_sign_in(person)
    factors.make_recovery_codes(person=person, by=COMMAND, at=make.NOON)

    answer = run(app, "reset-factors", "amina@example.org")

    assert answer.exit_code == 0
    assert queries.recovery_codes_left(person) == []
    assert queries.sign_ins_of(person) == []
    assert db.session.scalars(select(AuditEntry.action)).all()[-1] == "accounts.reset_factors"
    mail = db.session.scalars(select(OutboxMail)).one()
    assert (mail.language, Letter.from_json(mail.letter).to) == ("fr", "amina@example.org")


def test_others_keep_theirs(app):
    other = make.a_person()
    make.a_person(email="amina@example.org")
    factors.make_recovery_codes(person=other, by=COMMAND, at=make.NOON)

    run(app, "reset-factors", "amina@example.org")

    assert len(queries.recovery_codes_left(other)) == factors.RECOVERY_CODES


def test_address_of_nobody_is_refused(app):
    answer = run(app, "reset-factors", "nobody@example.org")

    assert (answer.exit_code, answer.output.strip()) == (2, "Nobody has this address.")
