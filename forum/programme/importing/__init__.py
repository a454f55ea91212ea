"""Brings a parsed programme into an edition: what is new is made, what differs is changed, the rest stays.

`reading` tells the format of a file, `edition` makes the edition where none exists, `sessions` does the
import with the help of `frame` (rooms, tracks, formats) and `people`, and `report` says what was done.
"""

from forum.programme.importing.edition import edition_for
from forum.programme.importing.reading import read_schedule
from forum.programme.importing.report import Report
from forum.programme.importing.sessions import import_schedule

__all__ = ["Report", "edition_for", "import_schedule", "read_schedule"]
