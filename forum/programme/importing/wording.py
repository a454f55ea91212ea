"""The report of an import in words, for whoever ran it."""

from collections.abc import Iterable

from flask_babel import gettext, ngettext

from forum.programme.importing.report import Report

MOST_LINES = 100
"""Lines about one kind of thing; the rest is told as a number."""


def report_lines(report: Report, is_dry_run: bool) -> list[str]:
    """What was taken, what was left and why, what clashes, what was released."""
    lines = [gettext("Nothing was written: this was a dry run.")] if is_dry_run else []
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
    made, changed = report.made, report.changed
    yield gettext("Sessions in the programme: %(count)s.", count=report.sessions)
    yield gettext("People in the programme: %(count)s.", count=report.speakers)
    if made["session"]:
        yield gettext("New sessions: %(count)s.", count=made["session"])
    if made["speaker"]:
        yield gettext("New people: %(count)s.", count=made["speaker"])
    if made["room"]:
        yield gettext("New rooms: %(count)s.", count=made["room"])
    if made["track"]:
        yield gettext("New tracks: %(count)s.", count=made["track"])
    if made["format"]:
        yield gettext("New formats: %(count)s.", count=made["format"])
    if changed["session"]:
        yield gettext("Changed sessions: %(count)s.", count=changed["session"])
    if changed["speaker"]:
        yield gettext("People whose names changed: %(count)s.", count=changed["speaker"])
    if changed["cancelled"]:
        yield gettext("Sessions cancelled since the file no longer has them: %(count)s.", count=changed["cancelled"])
    if not made.total() and not changed.total():
        yield gettext("Nothing differs from what was there.")


def _left(report: Report) -> Iterable[str]:
    yield from _at_most(
        [
            gettext("Left out: event %(key)s, whose %(field)s cannot be read.", key=key, field=field)
            for key, field in report.refused
        ]
    )
    for what, count in sorted(report.left.items()):
        if what == "link":
            yield gettext("Links left out since they lead to no web address: %(count)s.", count=count)
        elif what == "room":
            yield gettext("Rooms left out since nothing happens in them: %(count)s.", count=count)
        elif what == "event":
            yield gettext("Events left out since they are called off or not settled: %(count)s.", count=count)
        else:
            yield gettext("“%(field)s” left out since it has no place here: %(count)s.", field=what, count=count)


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
