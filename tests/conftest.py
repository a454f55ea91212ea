"""A real application on a real database, SQLite or the one TEST_DATABASE_URL names, brought up by the migrations."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from config import Config
from forum import create_app
from forum.db import db

TEST_KEY = "c2l4dGVlbiBieXRlcyB0d2ljZSwgZm9yIHRlc3RzISE"
"""32 bytes in Base64."""
REQUIRE_ALL = bool(os.environ.get("JUKWAA_REQUIRE_ALL"))
DATA = Path(os.environ.get("JUKWAA_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))


def absent(what: str) -> None:
    """Skip a test for want of `what`; where everything is required, fail it."""
    if REQUIRE_ALL:
        pytest.fail(f"{what} is required here")
    pytest.skip(f"{what} is not there")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about the other database than the one at hand."""
    here = "postgresql" if os.environ.get("TEST_DATABASE_URL") else "sqlite"
    left_out = [one for one in items if (mark := one.get_closest_marker("on_database")) and mark.args[0] != here]
    items[:] = [one for one in items if one not in left_out]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of programmes published by others."""
    if not DATA.is_dir():
        pytest.skip(f"no real input at {DATA}")
    return DATA


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory, worker_id: str = "") -> Iterator[str]:
    """An empty database of this test process alone."""
    given = os.environ.get("TEST_DATABASE_URL")
    if not given:
        yield f"sqlite:///{tmp_path_factory.mktemp('database') / 'test.sqlite'}"
        return
    url = make_url(given.replace("postgresql://", "postgresql+psycopg://", 1))
    name = f"{url.database}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool).connect() as server:
        server.execute(text(f'drop database if exists "{name}" with (force)'))
        server.execute(text(f'create database "{name}"'))
        yield url.set(database=name).render_as_string(hide_password=False)
        server.execute(text(f'drop database "{name}" with (force)'))


def config_for(database: str, **changes: Any) -> Config:
    """Settings for tests: pages are checked for freshness at every request, so that no test waits."""
    return Config(
        **{
            "SQLALCHEMY_DATABASE_URI": database,
            "SECRET_KEY": "for tests alone",
            "MASTER_KEYS": [TEST_KEY],
            "LOOKUP_KEY": TEST_KEY[::-1],
            "FORM_SECONDS": 0.0,
            "JOBS_URL": "",
            "MAIL_FOLDER": f"{tempfile.gettempdir()}/jukwaa-no-mail",
            "TRUSTED_HOSTS": ["localhost", "127.0.0.1"],
            "FRESHNESS_SECONDS": -1.0,
            "LOG_LEVEL": "WARNING",
            **changes,
        }
    )


@pytest.fixture(scope="session")
def whole_app(database_url: str) -> Iterator[Flask]:
    """One application for all tests of this process, its schema made by the migrations."""
    app = create_app(config_for(database_url))
    app.testing = True
    with app.app_context():
        upgrade()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(whole_app: Flask) -> Iterator[Flask]:
    """The application with empty tables, inside a context for the test's own queries."""
    with whole_app.app_context():
        _empty()
        yield whole_app
        db.session.remove()


def _empty() -> None:
    """Take every row away; the counter of public changes goes on, as it does in life."""
    with db.engine.begin() as connection, may_forget(connection):
        for table in reversed(db.metadata.sorted_tables):
            if table.name != "public_state":
                connection.execute(table.delete())
        connection.execute(text("update public_state set generation = generation + 1"))


@contextmanager
def may_forget(connection: Connection) -> Iterator[None]:
    """Let go, until the block ends, of the triggers that keep the audit log as it is."""
    name = connection.dialect.name
    if name == "postgresql":
        connection.execute(text("alter table audit_entry disable trigger user"))
        yield
        connection.execute(text("alter table audit_entry enable trigger user"))
        return
    kept = connection.execute(
        text("select name, sql from sqlite_master where type = 'trigger' and tbl_name = 'audit_entry'")
    ).all()
    for trigger, _ in kept:
        connection.execute(text(f"drop trigger {trigger}"))
    yield
    for _, sql in kept:
        connection.exec_driver_sql(sql)


class Visitor(FlaskClient):
    """A browser whose every request has an application context of its own, as on a server."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        db.session.commit()
        context = self.application.app_context()
        with context:
            return super().open(*args, **kwargs)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor without cookies."""
    app.test_client_class = Visitor
    return app.test_client()
