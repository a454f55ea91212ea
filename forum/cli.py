"""The `jukwaa` command: thin commands that call services."""

import locale
import socket
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import FlaskGroup, with_appcontext
from flask_babel import force_locale, gettext
from flask_migrate import upgrade
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from forum.accounts.commands import reset_factors
from forum.db import begin_writing, db, utcnow
from forum.editions.queries import edition_count
from forum.errors import ForumError
from forum.i18n import LANGUAGES
from forum.programme.parsed import MAX_BYTES, ParsedEvent, too_large
from forum.roles.commands import grant
from forum.rotation import require_keys
from forum.serving import granian_server, share
from forum.worker import beside, end_with


def command_group(make_app: Callable[[], Flask]) -> FlaskGroup:
    """The command with everything in it, around the application that `make_app` gives."""
    group = FlaskGroup(create_app=make_app, add_default_commands=False, help="Jukwaa: run multi-stakeholder forums.")
    from forum.security_commands import audit_verify, rotate_keys  # It uses what is below.

    for command in (migrate, serve, worker, demo, grant, reset_factors, import_command, audit_verify, rotate_keys):
        group.add_command(command)
    return group


def reader_language() -> str:
    """The interface language of whoever types the command, by their system's locale."""
    return next((tag for tag in ((locale.getlocale()[0] or "").split("_")[0],) if tag in LANGUAGES), "en")


def say(line: str) -> None:
    """Print a line, with question marks for letters that the terminal does not have."""
    encoding = sys.stdout.encoding or "utf-8"
    click.echo(line.encode(encoding, "replace").decode(encoding))


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
@click.option("--with-worker", is_flag=True, help="Deliver mail too, by a process that ends with the server.")
@with_appcontext
def serve(with_worker: bool) -> None:
    """Serve the site with granian; HOST, PORT and WORKERS say where and by how many processes."""
    config = current_app.config
    if not port_is_free(config["HOST"], config["PORT"]):
        with force_locale(reader_language()):
            refuse(gettext("Port %(port)s is in use already; choose another by PORT.", port=config["PORT"]))
    require_keys_or_refuse()
    shown_host = f"[{config['HOST']}]" if ":" in config["HOST"] else config["HOST"]
    click.echo(f"Jukwaa is at http://{shown_host}:{config['PORT']}/  (Ctrl+C ends it)")
    share(current_app._get_current_object())  # type: ignore[attr-defined]
    server = granian_server("wsgi:app", address=config["HOST"], port=config["PORT"], workers=config["WORKERS"])
    with beside() if with_worker else nullcontext():
        server.serve()


def require_keys_or_refuse() -> None:
    """End with one sentence where MASTER_KEYS lacks a key that the database needs."""
    with force_locale(reader_language()):
        try:
            require_keys()
        except ForumError as refusal:
            refuse(refusal)


@click.command("worker")
@click.option("--once", is_flag=True, help="Deliver what is due, then end.")
@click.option("--beside", "parent", type=int, hidden=True, help="End together with this process.")
@with_appcontext
def worker(once: bool, parent: int | None) -> None:
    """Deliver mail, and forget what is kept for a time; until it is told to end."""
    require_keys_or_refuse()
    at_work = current_app.extensions["worker"]
    if once:
        at_work.deliver()
        return
    if parent is not None:
        end_with(parent)
    at_work.run()


def port_is_free(host: str, port: int) -> bool:
    """Whether nobody listens there. Our server shares its port between processes, so a second site would too."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


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
    # Not before somebody imports: the libraries for it take 8 MB and a tenth of a second.
    from forum.programme.importing import edition_for, import_schedule, read_schedule
    from forum.programme.importing.wording import report_lines

    with force_locale(reader_language()):
        try:
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
        except (IntegrityError, OperationalError, ProgrammingError) as error:
            # Its words may name people, so only its kind is told.
            db.session.rollback()
            current_app.logger.warning("the import was not written: %s", type(error).__name__)
            refuse(
                gettext(
                    "The database took nothing of this: something else changed it meanwhile, "
                    "or it needs `jukwaa migrate`. Try again."
                )
            )
        for line in lines:
            say(line)


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
