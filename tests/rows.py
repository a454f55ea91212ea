"""What is in the database, to say exactly that nothing changed."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import select

from forum.db import db


def all_rows() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table as another connection sees it; without the counter of public changes."""
    with db.engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(table.c.id))]
            for table in db.metadata.sorted_tables
            if table.name != "public_state"
        }


def rows_of(tables: dict[str, list[tuple[Any, ...]]]) -> dict[str, int]:
    """How many rows each table has, of those that have any."""
    return {name: len(rows) for name, rows in tables.items() if rows}


def on_disk(path: Path) -> bytes:
    """What a file of SQLite holds, read by another process.

    A process that closes any file of a database loses all its locks on it (POSIX), and others then take the log away.
    """
    return subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, check=True).stdout


READ = "import pathlib, sys; sys.stdout.buffer.write(pathlib.Path(sys.argv[1]).read_bytes())"
