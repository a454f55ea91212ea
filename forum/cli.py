"""The `jukwaa` command: thin commands that call services."""

import locale
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import FlaskGroup, with_appcontext
from flask_babel import force_locale, gettext, ngettext
from flask_migrate import upgrade

from forum.db import begin_writing, db, utcnow
from forum.editions.queries import edition_count
from forum.errors import ForumError
from forum.i18n import LANGUAGES, known_language
from forum.programme.importing import Report, edition_for, import_schedule, read_schedule
from forum.programme.parsed import MAX_BYTES, ParsedEvent, too_large


class LanguageNotKnown(ForumError):
    sentence = "“%(language)s” is not a language tag such as en or pt-BR."


def command_group(make_app: Callable[[], Flask]) -> FlaskGroup:
    """The command with everything in it, around the application that `make_app` gives."""
    group = FlaskGroup(create_app=make_app, add_default_commands=False, help="Jukwaa: run multi-stakeholder forums.")
    for command in (migrate, serve, demo, import_command):
        group.add_command(command)
    return group


def reader_language() -> str:
    """The interface language of whoever types the command, by their system's locale."""
    return next((tag for tag in ((locale.getlocale()[0] or "").split("_")[0],) if tag in LANGUAGES), "en")


def refuse(refusal: ForumError | str) -> None:
    """Say why not in one sentence and end with status 2."""
    click.echo(str(refusal), err=True)
    sys.exit(2)


@click.command("migrate")
@with_appcontext
def migrate() -> None:
    """Bring the database to the newest schema."""
    upgrade()


@click.command("serve")
@with_appcontext
def serve() -> None:
    """Serve the site with granian; HOST, PORT and WORKERS say where and by how many processes."""
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    config = current_app.config
    shown_host = f"[{config['HOST']}]" if ":" in config["HOST"] else config["HOST"]
    click.echo(f"Jukwaa is at http://{shown_host}:{config['PORT']}/  (Ctrl+C ends it)")
    Server(
        "wsgi:app",
        address=config["HOST"],
        port=config["PORT"],
        interface=Interfaces.WSGI,
        workers=config["WORKERS"],
        blocking_threads=4,
        backpressure=256,
        log_access=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
    ).serve()


@click.command("demo")
@click.option("--if-empty", is_flag=True, help="Do nothing where the database holds an edition already.")
@with_appcontext
def demo(if_empty: bool) -> None:
    """Make the demo edition: three days around today, 80 sessions, 200 invented speakers."""
    from forum.demo.build import make_demo

    begin_writing()
    if edition_count():
        if not if_empty:
            refuse(gettext("The database holds an edition already; the demo is made in an empty one alone."))
        return
    with click.progressbar(length=80, label="Making the demo edition") as bar:
        make_demo(at=utcnow(), step=lambda: bar.update(1))
    db.session.commit()


@click.command("import-schedule")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--edition", "slug", required=True, help="The address of the edition, such as drif-2026.")
@click.option("--create", is_flag=True, help="Make the edition from the file where none exists.")
@click.option("--time-zone", help="IANA zone of the file's times, such as Africa/Lusaka; with --create.")
@click.option("--language", help="Main content language of an edition made by --create, such as en.")
@click.option("--unlisted", is_flag=True, help="Keep the people hidden until each confirms.")
@click.option("--dry-run", is_flag=True, help="Report only; the database stays as it is.")
@with_appcontext
def import_command(
    file: Path,
    slug: str,
    create: bool,
    time_zone: str | None,
    language: str | None,
    unlisted: bool,
    dry_run: bool,
) -> None:
    """Import a programme from frab/Pentabarf XML or c3voc JSON; again with a newer FILE, to bring it up to date."""
    with force_locale(reader_language()):
        try:
            if language and known_language(language) is None:
                raise LanguageNotKnown(language=language)
            schedule = read_schedule(_content(file))
            begin_writing()
            at = utcnow()
            edition = edition_for(
                schedule=schedule, slug=slug, create=create, time_zone=time_zone, language=language, at=at
            )
            report = import_schedule(schedule=schedule, edition=edition, at=at, listed=not unlisted, watch=_progress)
            lines = report_lines(report, dry_run)
            if dry_run:
                db.session.rollback()
            else:
                db.session.commit()
        except ForumError as refusal:
            db.session.rollback()
            refuse(refusal)
        for line in lines:
            click.echo(line)


def _content(file: Path) -> bytes:
    """What is in the file, read no further than a programme can be long."""
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        refuse(gettext("The file %(name)s cannot be read: %(why)s.", name=file.name, why=error.strerror))
    if len(content) > MAX_BYTES:
        raise too_large()
    return content


def _progress(events: Sequence[ParsedEvent]) -> Iterable[ParsedEvent]:
    with click.progressbar(events, label=gettext("Sessions"), file=sys.stderr) as bar:
        yield from bar


def report_lines(report: Report, dry_run: bool) -> list[str]:
    """The report in words: what was taken, what was left and why, what clashes."""
    lines = [gettext("Nothing was written: this was a dry run.")] if dry_run else []
    lines.append(
        gettext(
            "Programme: %(sessions)s sessions, %(speakers)s people.",
            sessions=report.sessions,
            speakers=report.speakers,
        )
    )
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
            lines.append(f"{title}: " + ", ".join(f"{names[what]} {count}" for what, count in counts.items()))
    if not report.made and not report.changed:
        lines.append(gettext("Nothing differs from what was there."))
    lines.extend(_left_lines(report))
    for room, one, other in report.room_clashes:
        lines.append(
            gettext("Clash: room %(room)s has “%(one)s” and “%(other)s” at once.", room=room, one=one, other=other)
        )
    for person, one, other in report.person_clashes:
        lines.append(
            gettext(
                "Clash: %(person)s is in “%(one)s” and “%(other)s” at once.",
                person=person,
                one=one,
                other=other,
            )
        )
    if report.release is not None:
        lines.append(
            gettext("Release %(number)s is published.", number=report.release.number)
            if not dry_run
            else gettext("It would become release %(number)s.", number=report.release.number)
        )
    return lines


def _left_lines(report: Report) -> list[str]:
    lines = [
        gettext("Left out: event %(key)s, whose %(field)s cannot be read.", key=key, field=field)
        for key, field in report.refused
    ]
    for what, count in sorted(report.left.items()):
        reason = {
            "link": gettext("links that lead to no web address"),
            "room": gettext("rooms in which nothing happens"),
        }.get(what, gettext("%(field)s, which has no place here", field=what))
        lines.append(gettext("Left out: %(count)s × %(reason)s.", count=count, reason=reason))
    if offset := report.notes["offset"]:
        lines.append(
            ngettext(
                "The offset of %(num)s session contradicts the time zone; the clock time was kept.",
                "The offset of %(num)s sessions contradicts the time zone; the clock time was kept.",
                offset,
            )
        )
    if unknown := report.notes["language"]:
        lines.append(
            ngettext(
                "The language of %(num)s session is not known; the main language was taken.",
                "The language of %(num)s sessions is not known; the main language was taken.",
                unknown,
            )
        )
    return lines
