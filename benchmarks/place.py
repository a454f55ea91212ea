"""Where a run keeps what it makes: a temporary folder, and in it the editions, made when first wanted."""

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks.edition import LARGE, USUAL, Size, app_for, fill
from benchmarks.quiet import Patience
from forum.db import db


@dataclass
class Place:
    """A folder of this run alone."""

    folder: Path
    patience: Patience
    """How long to wait, in all, for the machine to be idle before something is measured."""

    @cached_property
    def usual(self) -> Path:
        """The database with the edition of 300 sessions."""
        return self._made("usual.sqlite", USUAL)

    @cached_property
    def large(self) -> Path:
        """The database with the edition of 1,000 sessions."""
        return self._made("large.sqlite", LARGE)

    @cached_property
    def empty(self) -> Path:
        """A database with tables and nothing in them."""
        return self._made("empty.sqlite", None)

    def copy_of_empty(self) -> Path:
        """A further one, to be filled."""
        copy = self.new("copy.sqlite")
        shutil.copyfile(self.empty, copy)
        return copy

    def new(self, name: str) -> Path:
        """A path that is not taken yet."""
        number = sum(1 for _ in self.folder.iterdir())
        return self.folder / f"{number}-{name}"

    def _made(self, name: str, size: Size | None) -> Path:
        path = self.folder / name
        app = app_for(path)
        if size is not None:
            fill(app, size)
        with app.app_context():
            db.engine.dispose()  # The last to leave writes the log into the file itself, so that it can be copied.
        return path
