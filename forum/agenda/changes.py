"""What a release changed, in the reader's words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from forum.i18n import Shown, _l, shown_of

HEADINGS = {
    "cancelled": _l("Cancelled"),
    "new": _l("New on the programme"),
    "moved": _l("Moved to another room"),
    "retimed": _l("Moved to another time"),
    "restored": _l("Takes place after all"),
    "retitled": _l("Under a new title"),
    "removed": _l("No longer on the programme"),
    "edited": _l("Details changed"),
}
"""Every kind of change (`forum.programme.rules.Kind`), what matters most to somebody on the way first."""


@dataclass(slots=True)
class ChangeGroup:
    """The sessions to which one kind of thing happened: their codes and titles."""

    kind: str
    heading: str
    entries: list[tuple[str, Shown]] = field(default_factory=list)


def change_groups(
    changes: Iterable[Mapping[str, Any]], language: str, originals: Mapping[str, str] | None = None
) -> list[ChangeGroup]:
    """The changes of a release by kind, for a reader of `language`; a session to which two things happened is in both.

    `originals` says for a session's code in which language its title was written, which is what those
    read whose language it has no title in; without it they read the first there is.
    """
    groups = {kind: ChangeGroup(kind, str(heading)) for kind, heading in HEADINGS.items()}
    for change in changes:
        title = shown_of(change["title"], language, (originals or {}).get(change["code"]))
        for kind in change["kinds"]:
            groups[kind].entries.append((change["code"], title))
    return [group for group in groups.values() if group.entries]
