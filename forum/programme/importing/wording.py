"""The report of an import in words, for whoever ran it."""

from collections.abc import Iterable

from flask_babel import gettext, ngettext

from forum.programme.importing.report import Report

MOST_LINES = 100
"""Lines about one kind of thing; the rest is told as a number."""


def report_lines(report: Report, is_dry_run: bool) -> list[str]:
    """What was taken, what was left and why, what clashes, what was released."""
    lines = [gettext("Nothing was written: this was a dry run.")] if is_dry_run else []
    lines.append(
        gettext(
            "Programme: %(sessions)s sessions, %(speakers)s people.",
            sessions=report.sessions,
            speakers=report.speakers,
        )
    )
    lines.extend(_taken(report))
    lines.extend(_left(report))
    lines.extend(_notes(report))
    lines.extend(_clashes(report))
    if report.release is not None:
        number = report.release.number
        lines.append(
            gettext("It would become release %(number)s.", number=number)
            if is_dry_run
            else gettext("Release %(number)s is published.", number=number)
        )
    return lines


def _taken(report: Report) -> Iterable[str]:
    names = {
        "session": gettext("sessions"),
        "speaker": gettext("people"),
        "room": gettext("rooms"),
        "track": gettext("tracks"),
        "format": gettext("formats"),
        "cancelled": gettext("cancelled, since the file no longer has them"),
    }
    for title, counts in ((gettext("New"), report.made), (gettext("Changed"), report.changed)):
        if counts:
            yield f"{title}: " + ", ".join(f"{names[what]} {count}" for what, count in counts.items())
    if not report.made and not report.changed:
        yield gettext("Nothing differs from what was there.")


def _left(report: Report) -> Iterable[str]:
    yield from _at_most(
        [
            gettext("Left out: event %(key)s, whose %(field)s cannot be read.", key=key, field=field)
            for key, field in report.refused
        ]
    )
    reasons = {
        "link": gettext("links that lead to no web address"),
        "room": gettext("rooms in which nothing happens"),
        "event": gettext("events that are called off or not settled"),
    }
    for what, count in sorted(report.left.items()):
        reason = reasons.get(what) or gettext("%(field)s, which has no place here", field=what)
        yield gettext("Left out: %(count)s × %(reason)s.", count=count, reason=reason)


def _notes(report: Report) -> Iterable[str]:
    if offset := report.notes["offset"]:
        yield ngettext(
            "The offset of %(num)s session contradicts the time zone; the clock time was kept.",
            "The offset of %(num)s sessions contradicts the time zone; the clock time was kept.",
            offset,
        )
    if unknown := report.notes["language"]:
        yield ngettext(
            "The language of %(num)s session is not known; the main language was taken.",
            "The language of %(num)s sessions is not known; the main language was taken.",
            unknown,
        )


def _clashes(report: Report) -> Iterable[str]:
    yield from _at_most(
        [
            gettext("Clash: room %(room)s has “%(one)s” and “%(other)s” at once.", room=room, one=one, other=other)
            for room, one, other in report.room_clashes
        ]
    )
    yield from _at_most(
        [
            gettext("Clash: %(person)s is in “%(one)s” and “%(other)s” at once.", person=person, one=one, other=other)
            for person, one, other in report.person_clashes
        ]
    )


def _at_most(lines: list[str]) -> Iterable[str]:
    yield from lines[:MOST_LINES]
    if len(lines) > MOST_LINES:
        yield gettext("… and %(count)s more like these.", count=len(lines) - MOST_LINES)
