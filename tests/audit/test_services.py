"""Entries are appended one after the other, whoever writes, and the database itself lets nobody change them."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from forum.audit import queries
from forum.audit.models import AuditChain, AuditEntry
from forum.audit.rules import check_chain
from forum.audit.services import COMMAND, record
from forum.db import begin_writing, db
from forum.keys import SITE, scope_of
from tests import make
from tests.make import NOON

WRITERS, EACH = 8, 12


def write(edition_id=None, **given):
    wanted = {"action": "roles.grant", "record_type": "person", "record": "x", "at": NOON, **given}
    return record(by=COMMAND, edition_id=edition_id, **wanted)


def numbers():
    query = select(AuditChain.scope, AuditEntry.number).join(AuditChain, AuditChain.id == AuditEntry.chain_id)
    return [tuple(row) for row in db.session.execute(query.order_by(AuditEntry.id))]


def faults():
    db.session.expire_all()
    return [finding for chain in queries.chains() for finding in check_chain(chain, queries.entries_of(chain))]


def test_entries_of_each_edition_and_of_the_site_are_chains_of_their_own(app):
    edition = make.an_edition()

    for edition_id in (edition.id, None, edition.id, edition.id, None):
        write(edition_id)
    db.session.commit()

    own = scope_of(edition.id)
    assert numbers() == [(own, 1), (SITE, 1), (own, 2), (own, 3), (SITE, 2)]
    assert faults() == []


def test_entry_reads_as_it_was_written_whatever_changed(app):
    changes = {
        "role": [None, "organiser"],
        "ünï\u2028\U0001f600": [1, -2.5, True, {"a": ["\x7f", "ع"]}],
        "email": "changed",
    }

    entry = write(changes=changes)
    db.session.commit()
    db.session.expire_all()

    assert entry.changes == changes
    assert faults() == []


def test_entry_of_a_transaction_that_failed_leaves_no_trace(app):
    write()
    db.session.commit()
    write()
    db.session.rollback()
    write()
    db.session.commit()

    assert numbers() == [(SITE, 1), (SITE, 2)]
    assert faults() == []


BY_STATEMENT = pytest.mark.on_database("postgresql")
"""PostgreSQL asks its triggers once for each statement, also where it meets no row, and for TRUNCATE; SQLite by row."""


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_entry set action = 'roles.withdraw'",
        pytest.param("update audit_entry set number = 1 where number = 99", marks=BY_STATEMENT),
        "delete from audit_entry",
        "delete from audit_entry where number = 1",
        pytest.param("truncate audit_entry", marks=BY_STATEMENT),
        "insert into audit_entry select * from audit_entry on conflict (id) do update set action = 'x.y'",
    ],
)
def test_database_refuses_to_change_or_remove_entries(app, statement):
    if "on conflict" in statement and db.engine.dialect.name == "sqlite":
        statement = statement.replace("audit_entry on", "audit_entry where true on")
    write()
    db.session.commit()

    with pytest.raises(DatabaseError, match="audit_entry is append-only"):
        db.session.execute(text(statement))
    db.session.rollback()

    assert faults() == []
    assert numbers() == [(SITE, 1)]


@pytest.mark.on_database("sqlite")  # It alone has INSERT OR REPLACE.
def test_entry_cannot_be_put_in_the_place_of_another(app):
    entry = write()
    db.session.commit()

    with pytest.raises(DatabaseError, match="audit_entry is append-only"):
        db.session.execute(text("insert or replace into audit_entry select * from audit_entry"))
    db.session.rollback()

    assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == 1
    assert entry.number == 1


@pytest.mark.parametrize("is_begun", [True, False])
def test_many_writers_at_once_leave_one_whole_chain(app, is_begun):
    if is_begun:
        write()
        db.session.commit()
    db.session.remove()
    start = Barrier(WRITERS)

    def work(writer):
        with app.app_context():
            start.wait()
            for nth in range(EACH):
                begin_writing()
                write(record=f"{writer}-{nth}")
                db.session.commit()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(work, range(WRITERS)))

    total = WRITERS * EACH + is_begun
    assert numbers() == [(SITE, number) for number in range(1, total + 1)]
    assert faults() == []
