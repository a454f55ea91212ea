"""The database: one base class, moments that are always aware, and how a writer takes its turn."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, ClassVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    Connection,
    Date,
    DateTime,
    Dialect,
    Enum,
    MetaData,
    String,
    event,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapped, ORMExecuteState, Session, mapped_column, registry
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.ddl import DDLElement
from sqlalchemy.types import TypeDecorator


class UTCDateTime(TypeDecorator[datetime]):
    """A moment: must be aware going in, is aware UTC coming out, also on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """What every table has: `id`, which never leaves the server."""

    registry = registry(
        type_annotation_map={
            datetime: UTCDateTime(),
            date: Date(),
            list[str]: JSON(),
            list[dict[str, Any]]: JSON(),
            dict[str, Any]: JSON(),
        },
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
    )
    shown_in_public: ClassVar[bool] = False
    """Whether a change to a row of this table can change a public page."""

    id: Mapped[int] = mapped_column(primary_key=True)


class PublicState(Base):
    """One row whose `generation` grows with every change that a public page could show."""

    __tablename__ = "public_state"
    generation: Mapped[int]


db = SQLAlchemy(model_class=Base)


def utcnow() -> datetime:
    """The present moment. Views and commands alone ask; everything else is told (`at=`)."""
    return datetime.now(UTC)


def hold(row: Base) -> None:
    """Keep `row` to this transaction, so that what is read next stays true until commit."""
    model = type(row)  # An UPDATE, because SQLite ignores SELECT ... FOR UPDATE.
    db.session.execute(update(model).where(model.id == row.id).values(id=row.id))
    db.session.refresh(row)


def begin_writing() -> None:
    """Take the writer's turn before the first query of a request or command that writes.

    On SQLite a transaction that reads first and writes later fails at once when another has
    written in between; BEGIN IMMEDIATE waits instead. Elsewhere this changes nothing.
    """
    db.session.connection(execution_options={"writes": True})


def insert_into(model: type[Base]) -> Any:
    """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update`, as this database writes it."""
    return (postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert)(model)


def public_generation() -> int:
    """The number of changes to public pages so far; 0 before the first."""
    with db.engine.connect() as connection:
        return connection.scalar(select(PublicState.generation)) or 0


@event.listens_for(Session, "before_flush")
def _count_public_change(session: Session, *_: object) -> None:
    """Raise the generation in the transaction that changes something public."""
    touched = (*session.new, *session.dirty, *session.deleted)
    if not session.info.get("public_change") and any(getattr(row, "shown_in_public", False) for row in touched):
        _raise_generation(session)


@event.listens_for(Session, "do_orm_execute")
def _count_bulk_change(state: ORMExecuteState) -> None:
    """The same for UPDATE and DELETE statements that pass no object through the session."""
    if (state.is_update or state.is_delete) and not state.session.info.get("public_change"):
        mapper = state.bind_mapper
        if mapper is not None and getattr(mapper.class_, "shown_in_public", False):
            _raise_generation(state.session)


@event.listens_for(Session, "after_transaction_end")
def _forget_public_change(session: Session, transaction: Any) -> None:
    if transaction.parent is None or transaction.nested:
        session.info.pop("public_change", None)


def _raise_generation(session: Session) -> None:
    session.info["public_change"] = True
    counted = session.connection().execute(
        update(PublicState.__table__).values(generation=PublicState.generation + 1)  # type: ignore[arg-type]
    )
    if counted.rowcount == 0:
        session.connection().execute(PublicState.__table__.insert().values(generation=1))  # type: ignore[attr-defined]


def prepare_sqlite(dbapi_connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Make a SQLite connection safe for several processes; leave transactions to us."""
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    for pragma in (
        "busy_timeout = 10000",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",
        "recursive_triggers = ON",  # Else INSERT OR REPLACE removes a row past the triggers that keep it.
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def begin_sqlite(connection: Connection) -> None:
    """Open the transaction ourselves, at once as a writer where `begin_writing` asked for it."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def watch_sqlite(engine: Any) -> None:
    """Set up `engine` as above if it speaks to SQLite."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", prepare_sqlite)
        event.listen(engine, "begin", begin_sqlite)


class ImmutableTable(DDLElement):
    """DDL for a trigger by which the database itself refuses UPDATE on `table`."""

    inherit_cache = False

    def __init__(self, table: str) -> None:
        self.table = table


class AppendOnlyTable(DDLElement):
    """DDL for a trigger by which the database itself refuses `verb` (UPDATE, DELETE or TRUNCATE) on `table`."""

    inherit_cache = False

    def __init__(self, table: str, verb: str) -> None:
        self.table, self.verb = table, verb


@compiles(ImmutableTable, "sqlite")
def _sqlite_immutable(element: ImmutableTable, compiler: Any, **_: Any) -> str:
    return (
        f"CREATE TRIGGER {element.table}_immutable BEFORE UPDATE ON {element.table} "
        f"BEGIN SELECT RAISE(ABORT, '{element.table} is immutable'); END"
    )


@compiles(ImmutableTable, "postgresql")
def _postgresql_immutable(element: ImmutableTable, compiler: Any, **_: Any) -> str:
    return (
        f"CREATE FUNCTION {element.table}_immutable() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{element.table} is immutable'; END $$; "
        f"CREATE TRIGGER {element.table}_immutable BEFORE UPDATE ON {element.table} "
        f"FOR EACH ROW EXECUTE FUNCTION {element.table}_immutable()"
    )


@compiles(AppendOnlyTable, "sqlite")
def _sqlite_append_only(element: AppendOnlyTable, compiler: Any, **_: Any) -> str:
    """SQLite takes one statement at a time, so the two triggers are two elements: see `append_only`."""
    verb = element.verb
    return (
        f"CREATE TRIGGER {element.table}_no_{verb.lower()} BEFORE {verb} ON {element.table} "
        f"BEGIN SELECT RAISE(ABORT, '{element.table} is append-only'); END"
    )


@compiles(AppendOnlyTable, "postgresql")
def _postgresql_append_only(element: AppendOnlyTable, compiler: Any, **_: Any) -> str:
    name, verb = element.table, element.verb
    return (
        f"CREATE OR REPLACE FUNCTION {name}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{name} is append-only'; END $$; "
        f"CREATE TRIGGER {name}_no_{verb.lower()} BEFORE {verb} ON {name} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}_append_only()"
    )


def append_only(table: str, dialect: str) -> list[AppendOnlyTable]:
    """The DDL by which the database refuses to change, remove or, where it can, empty what is in `table`."""
    verbs = ("UPDATE", "DELETE", "TRUNCATE") if dialect == "postgresql" else ("UPDATE", "DELETE")
    return [AppendOnlyTable(table, verb) for verb in verbs]


def engine_options(uri: str) -> Mapping[str, Any]:
    """Engine settings for `uri`: PostgreSQL connections are tried before use, since it may have restarted.

    Values bound to a statement are left out of errors and so of the log: they can be names and addresses.
    """
    return {"hide_parameters": True, "pool_pre_ping": not uri.startswith("sqlite")}


Code = String(60)
"""A public id: not sequential, tells nothing, stays for ever."""


def choice(kind: type[StrEnum]) -> Enum:
    """A column of one of the values of `kind`, which the database checks too."""
    return Enum(
        kind,
        name=kind.__name__.lower(),
        native_enum=False,
        create_constraint=True,
        length=24,
        values_callable=lambda values: [one.value for one in values],
    )
