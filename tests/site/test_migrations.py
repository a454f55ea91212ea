"""The migrations lead to the models, and back."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect

from forum.db import db
from tests import make


def test_models_are_the_schema_the_migrations_make(app):
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


def test_migrations_go_down_to_nothing_and_up_again(app):
    make.an_edition()
    db.session.commit()
    try:
        downgrade(revision="base")
        assert inspect(db.engine).get_table_names() == ["alembic_version"]
    finally:
        upgrade()

    assert {table.name for table in db.metadata.sorted_tables} <= set(inspect(db.engine).get_table_names())
