"""`jukwaa audit-verify` as it is typed: what it prints, how it ends, and that it finds what was done to a log."""

import tracemalloc
from contextvars import Context

import pytest
from sqlalchemy import text

from forum import security_commands
from forum.audit import queries
from forum.audit.models import AuditChain
from forum.audit.rules import chain_seal
from forum.audit.services import COMMAND, record
from forum.cli import command_group
from forum.db import db
from forum.keys import scope_of
from forum.roles.models import Role
from tests import make
from tests.conftest import may_forget
from tests.make import NOON

HINT = "Where every entry is at fault, LOOKUP_KEY may be another one than when they were written."


@pytest.fixture
def typed(app, monkeypatch):
    """Types the command in a context of its own."""
    monkeypatch.setattr("forum.cli.reader_language", lambda: "en")

    def run(*words):
        db.session.commit()
        return Context().run(app.test_cli_runner().invoke, command_group(lambda: app), ["audit-verify", *words])

    return run


@pytest.fixture
def log(app):
    """An edition, `umoja`, whose log has five entries."""
    edition = make.an_edition(slug="umoja")
    for number in range(1, 6):
        record(
            by=COMMAND,
            action="roles.grant",
            record_type="person",
            record=number,
            edition_id=edition.id,
            changes={"role": [None, "desk"]},
            at=NOON,
        )
    db.session.commit()
    return edition


def tamper(*statements):
    """What somebody with the whole database can do."""
    with db.engine.begin() as connection, may_forget(connection):
        for statement in statements:
            connection.execute(text(statement))


def end_of(edition):
    chain = queries.chain_of(scope_of(edition.id))
    ended = f"{chain.length}:{chain.last.hex()}"
    db.session.rollback()
    return ended


def test_whole_logs_are_told_with_their_ends(typed, log):
    record(by=COMMAND, action="roles.grant", record_type="person", record="x", at=NOON)
    db.session.commit()
    site = queries.chain_of("site")
    ended = f"{site.length}:{site.last.hex()}"

    result = typed()

    assert (result.stdout, result.exit_code) == (
        f"umoja  {end_of(log)}\nthe site  {ended}\nNothing is wrong.\n",
        0,
    )


@pytest.mark.parametrize(
    ("statements", "sentences"),
    [
        (["update audit_entry set role = 'system' where number = 2"], ["Entry 2 is not as it was written."]),
        (["update audit_entry set changes = '{}' where number = 5"], ["Entry 5 is not as it was written."]),
        (["delete from audit_entry where number = 3"], ["Entry 3 is missing."]),
        (["delete from audit_entry where number > 3"], ["Entries 4 to 5 are missing."]),
        (["delete from audit_entry where number = 1"], ["Entry 1 is missing."]),
        (["delete from audit_entry"], ["Entries 1 to 5 are missing."]),
        (
            [
                "update audit_entry set number = -1 where number = 2",
                "update audit_entry set number = 2 where number = 4",
                "update audit_entry set number = 4 where number = -1",
            ],
            ["Entry 2 is not as it was written.", "Entry 4 is not as it was written."],
        ),
        (
            [
                "insert into audit_entry "
                "(chain_id, number, at, role, action, record_type, record, changes, previous, digest) "
                "select chain_id, 6, at, role, action, record_type, record, changes, previous, digest from audit_entry "
                "where number = 5"
            ],
            ["Entry 6 was put in by somebody else."],
        ),
        (
            ["delete from audit_entry where number > 4", "update audit_chain set length = 4"],
            ["What is noted of the log's end, entry 4, was changed."],
        ),
    ],
)
def test_what_was_done_to_a_log_is_told_by_number(typed, log, statements, sentences):
    tamper(*statements)

    result = typed("--edition", "umoja")

    count = len(sentences)
    told = "1 fault was found." if count == 1 else f"{count} faults were found."
    assert result.stdout.splitlines()[1:] == [*(f"  {sentence}" for sentence in sentences), told, HINT]
    assert result.exit_code == 1


def test_log_that_is_gone_is_missed_where_somebody_holds_a_role(typed, app):
    edition = make.an_edition(slug="umoja")
    make.a_grant(Role.ORGANISER, edition)
    db.session.commit()
    tamper("delete from audit_entry", "delete from audit_chain")

    result = typed()

    assert result.stdout.splitlines() == [
        "The log of umoja is gone: somebody holds a role there, and no entry says so.",
        "1 fault was found.",
        HINT,
    ]
    assert result.exit_code == 1


def test_entries_whose_chain_is_gone_are_told(typed, log):
    name = db.engine.dialect.name
    with db.engine.connect() as connection:
        if name == "sqlite":
            connection.exec_driver_sql("rollback")
            connection.exec_driver_sql("pragma foreign_keys = off")
            connection.exec_driver_sql("delete from audit_chain")
            connection.exec_driver_sql("pragma foreign_keys = on")
            connection.exec_driver_sql("begin")
        else:
            connection.execute(text("set session_replication_role = replica"))
            connection.execute(text("delete from audit_chain"))
            connection.execute(text("set session_replication_role = default"))
        connection.commit()

    result = typed()

    assert result.stdout.splitlines() == ["5 entries belong to no log.", "1 fault was found.", HINT]


def test_log_put_back_whole_is_found_by_the_end_that_was_noted(typed, log):
    noted = end_of(log)
    record(by=COMMAND, action="roles.withdraw", record_type="person", record=1, edition_id=log.id, at=NOON)
    db.session.commit()
    later = end_of(log)

    assert typed("--edition", "umoja", "--expect", noted).exit_code == 0
    assert typed("--edition", "umoja", "--expect", later.upper()).exit_code == 0

    sealed = _seal_of_five(log)
    tamper("delete from audit_entry where number = 6")
    with db.engine.begin() as connection:
        connection.execute(
            text("update audit_chain set length = 5, last = :last, seal = :seal"),
            {"last": bytes.fromhex(noted.partition(":")[2]), "seal": sealed},
        )
    result = typed("--edition", "umoja", "--expect", later)

    assert typed("--edition", "umoja").exit_code == 0
    assert result.stdout.splitlines()[1:] == ["  Entry 6 is not the one that was noted.", "1 fault was found.", HINT]
    assert result.exit_code == 1


def _seal_of_five(edition):
    last = db.session.scalar(text("select digest from audit_entry where number = 5"))
    sealed = chain_seal(AuditChain(scope=scope_of(edition.id), length=5, last=bytes(last)))
    db.session.rollback()
    return sealed


@pytest.mark.parametrize("expected", ["5", "0:" + "0" * 64, "5:xyz", "", "5:" + "0" * 63])
def test_end_that_is_none_is_refused(typed, log, expected):
    result = typed("--edition", "umoja", "--expect", expected)

    assert (result.stderr, result.exit_code) == (
        "Give --expect as LENGTH:DIGEST, as this command prints it, together with --edition.\n",
        2,
    )


def test_edition_that_is_not_there_is_refused(typed, log):
    result = typed("--edition", "nowhere")

    assert (result.stderr, result.exit_code) == ("There is no edition nowhere.\n", 2)


def test_edition_without_a_log_is_whole_unless_one_was_noted(typed, app):
    make.an_edition(slug="new")

    assert (typed("--edition", "new").stdout, typed("--edition", "new").exit_code) == ("Nothing is wrong.\n", 0)
    noted = typed("--edition", "new", "--expect", "1:" + "0" * 64)
    assert (noted.stdout.splitlines()[0], noted.exit_code) == ("There is no log of new.", 1)


def test_long_log_shows_how_far_its_check_is(typed, log, monkeypatch):
    monkeypatch.setattr(security_commands, "LONG_CHAIN", 5)

    result = typed()

    assert (result.stderr, result.exit_code) == ("umoja\n", 0)


def test_check_of_a_long_log_takes_no_more_memory(typed, log, monkeypatch):
    monkeypatch.setattr(queries, "BATCH", 20)
    typed()
    short = _peak_bytes(typed)
    for number in range(600):
        record(by=COMMAND, action="roles.grant", record_type="person", record=number, edition_id=log.id, at=NOON)

    long = _peak_bytes(typed)

    assert long - short < 400_000


def _peak_bytes(typed):
    db.session.commit()
    tracemalloc.start()
    result = typed()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert result.exit_code == 0
    return peak
