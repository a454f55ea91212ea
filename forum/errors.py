"""Refusals in words a reader understands."""

from collections.abc import Mapping
from typing import ClassVar

from flask_babel import LazyString


class ForumError(Exception):
    """A refusal of a service: `sentence`, translated for whoever reads it, with named `values` in it.

    Anything else that is raised is a bug and must crash.
    """

    sentence: ClassVar[LazyString | str] = ""

    def __init__(self, **values: object) -> None:
        super().__init__()
        self.values: Mapping[str, object] = values

    def __str__(self) -> str:
        return str(self.sentence) % self.values if self.values else str(self.sentence)
