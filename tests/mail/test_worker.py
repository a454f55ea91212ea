"""The queue, the tasks, and the worker as a process of its own."""

import json
import os
import signal
import sqlite3
import subprocess
import time
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
from sqlalchemy import insert

from forum.audit.services import COMMAND
from forum.db import begin_writing, db, utcnow
from forum.limits import Counted, LimitCount, spend
from forum.mail import jobs, services
from forum.mail.jobs import Jobs
from forum.mail.models import MailState, OutboxMail
from forum.worker import Worker
from tests import make
from tests.conftest import TEST_KEY
from tests.mail.post import a_letter, a_mail
from tests.make import NOON
from tests.page import get, submit
from tests.rows import on_disk
from tests.site.server import ROOT, command, free_port, jukwaa, settings_for

PATIENCE_SECONDS = 30


@pytest.fixture
def queue_file(app, monkeypatch, tmp_path):
    """A queue for the application: its file, not there yet."""
    worker, file = Worker(app), tmp_path / "queue" / "jobs.sqlite"
    given = Jobs(str(file), deliver=worker.deliver, forget=worker.forget)
    monkeypatch.setitem(app.extensions, jobs.EXTENSION, given)
    yield file
    given.queue.storage.close()


@pytest.fixture
def settings(database_url, folder, tmp_path):
    """The environment of a process on the database of the test."""
    return settings_for(
        database_url,
        MASTER_KEYS=TEST_KEY,
        LOOKUP_KEY=TEST_KEY[::-1],
        MAIL_FOLDER=str(folder),
        JOBS_URL=str(tmp_path / "queue" / "jobs.sqlite"),
    )


def waiting(file):
    """The tasks in the queue, as they lie there."""
    connection = sqlite3.connect(file)
    found = [json.loads(data) for (data,) in connection.execute("select data from task order by id")]
    connection.close()
    return [name for name, _ in found]


def wait_for(what):
    patience_ends = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < patience_ends, "it did not come"
        time.sleep(0.05)


def test_commit_that_leaves_mail_calls_the_worker(app, queue_file):
    services.post(letter=a_letter(), kind="tests.notice", language="en", at=NOON)
    before = queue_file.exists()

    db.session.commit()

    assert (before, waiting(queue_file)) == (False, ["forum.worker.deliver"])


def test_rollback_calls_nobody(app, queue_file):
    services.post(letter=a_letter(), kind="tests.notice", language="en", at=NOON)
    db.session.rollback()
    make.a_person()
    db.session.commit()

    assert not queue_file.exists()


def test_mailing_that_is_inserted_at_once_calls_the_worker_once(app, queue_file):
    mailing = make.a_mailing(make.an_edition())
    rows = [
        {
            "edition_id": mailing.edition_id,
            "mailing_id": mailing.id,
            "person_id": make.a_person().id,
            "kind": "mailings.mailing",
            "language": "en",
            "created_at": NOON,
            "next_try_at": NOON,
        }
        for _ in range(3)
    ]
    db.session.execute(insert(OutboxMail), rows)
    db.session.commit()

    assert waiting(queue_file) == ["forum.worker.deliver"]


def test_message_sent_again_by_hand_calls_the_worker(app, queue_file):
    row = a_mail()
    row.state = MailState.FAILED
    db.session.commit()

    services.send_again(mail=row, by=COMMAND, at=NOON)
    db.session.commit()

    assert waiting(queue_file) == ["forum.worker.deliver"] * 2


def test_delivery_itself_calls_nobody(app, queue_file, folder, deliver):
    a_mail()
    deliver()

    assert waiting(queue_file) == ["forum.worker.deliver"]


def test_queue_does_not_grow_while_no_worker_is_there(app, queue_file):
    for _ in range(jobs.MOST_WAITING + 5):
        a_mail()

    assert len(waiting(queue_file)) == jobs.MOST_WAITING


def test_queue_is_for_its_owner_alone_and_names_nobody(app, queue_file):
    a_mail(a_letter(to="canary@example.org", subject="Canary"))

    files = sorted(queue_file.parent.iterdir())

    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert queue_file.parent.stat().st_mode & 0o777 == 0o700
    assert sum(on_disk(file).lower().count(b"canary") for file in files) == 0


def test_page_answers_where_the_queue_cannot_be_written(app, client, monkeypatch, tmp_path, caplog):
    (tmp_path / "file").write_text("")
    broken = Jobs(str(tmp_path / "file" / "jobs.sqlite"), deliver=lambda: None, forget=lambda: None)
    monkeypatch.setitem(app.extensions, jobs.EXTENSION, broken)
    page = get(client, "/en/sign-in")

    answer = submit(client, page, action="/en/sign-in", email="canary@example.org")

    assert (answer.status_code, answer.location) == (303, "/en/sign-in/code")
    assert db.session.query(OutboxMail).one().state is MailState.QUEUED
    assert [record.getMessage() for record in caplog.records] == [
        "the worker could not be called, mail waits a minute: FileExistsError"
    ]


def test_task_delivers_with_addresses_of_this_site(app, queue_file, folder, monkeypatch):
    monkeypatch.setitem(app.config, "PUBLIC_URL", "https://forum.example.org")
    monkeypatch.setitem(app.config, "TRUSTED_HOSTS", ["forum.example.org"])
    mailing = make.a_mailing(make.an_edition())
    db.session.add(
        OutboxMail(
            edition_id=mailing.edition_id,
            mailing_id=mailing.id,
            person_id=make.a_person().id,
            kind="mailings.mailing",
            language="ar",
            created_at=NOON,
            next_try_at=NOON,
        )
    )
    db.session.commit()
    queue = jobs.jobs_of(app).queue

    queue.execute(queue.dequeue())

    (file,) = folder.iterdir()
    text = file.read_text()
    assert text.count("\nList-Unsubscribe: <https://forum.example.org/ar/") == 1


def test_worker_looks_every_minute_and_forgets_every_hour(app, queue_file):
    queue = jobs.jobs_of(app).queue

    at_seven = {type(task).__name__ for task in queue.read_periodic(NOON.replace(minute=7, tzinfo=None))}
    at_eight = {type(task).__name__ for task in queue.read_periodic(NOON.replace(minute=8, tzinfo=None))}

    assert (at_seven, at_eight) == ({"sweep", "forget"}, {"sweep"})


def test_worker_forgets_what_is_past(app):
    sent = a_mail()
    sent.state, sent.sent_at = MailState.SENT, utcnow() - timedelta(days=31)
    spend(Counted.LINK_EVERYWHERE, at=utcnow() - timedelta(days=2))
    db.session.commit()

    Worker(app).forget()

    db.session.expire_all()
    assert (sent.letter, db.session.query(LimitCount).count()) == (None, 0)


def test_command_delivers_once_and_ends(settings, folder):
    rows = [a_mail(a_letter(to="canary@example.org")) for _ in range(2)]

    said = jukwaa(settings, "worker", "--once")

    assert said == ""
    assert sorted(file.stem for file in folder.iterdir()) == sorted(str(row.uid) for row in rows)
    db.session.expire_all()
    assert {row.state for row in rows} == {MailState.SENT}


@contextmanager
def working(settings, log_file):
    """`jukwaa worker` until the block ends; then told to end, as a service manager does."""
    with log_file.open("wb") as log:
        process = subprocess.Popen([command(), "worker"], env=settings, cwd=ROOT, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def test_running_worker_is_woken_and_delivers(settings, queue_file, folder, tmp_path):
    first = a_mail(a_letter(to="canary@example.org"))
    log_file = tmp_path / "worker.log"

    with working(settings, log_file) as process:
        wait_for((folder / f"{first.uid}.eml").exists)
        db.session.commit()
        begin_writing()
        second = a_mail(a_letter(to="canary@example.org"))  # After its first look: the next is a minute away.
        wait_for((folder / f"{second.uid}.eml").exists)
        wait_for(lambda: waiting(queue_file) == [])

    assert process.returncode == 0
    assert log_file.read_text() == ""


@contextmanager
def serving(settings, log_file):
    """`jukwaa serve --with-worker` until the block ends; whatever it leaves behind is ended too."""
    wanted = {**settings, "PORT": str(free_port())}
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [command(), "serve", "--with-worker"], env=wanted, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def workers_of(server):
    """The process ids of the workers that run beside a server."""
    found = subprocess.run(["pgrep", "-f", f"worker --beside {server.pid}$"], capture_output=True, text=True)
    return found.stdout.split()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_server_brings_its_worker_and_takes_it_along(settings, folder, tmp_path, end):
    row = a_mail()

    with serving(settings, tmp_path / "server.log") as server:
        wait_for((folder / f"{row.uid}.eml").exists)
        before = len(workers_of(server))
        server.send_signal(end)
        server.wait(PATIENCE_SECONDS)
        wait_for(lambda: workers_of(server) == [])

    assert before == 1
