"""The queue by which a commit that leaves mail in the outbox wakes the worker, and what the worker does by the clock.

What is in the queue is the name of a task and nothing else. Nothing depends on it: every minute the worker looks for
itself, so a queue that is lost, full or away costs a minute.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from huey import Huey, SqliteHuey, crontab
from huey.consumer import Consumer
from huey.registry import Message
from huey.serializer import Serializer
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from forum.mail.models import OutboxMail
from forum.mail.services import POSTED

EXTENSION = "mail jobs"
NAME = "jukwaa"
WORKERS = 2
"""Threads that deliver: while one is held up by a slow server, the other goes on."""
MOST_WAITING = 10
"""Calls in the queue from which on another says nothing new: each delivers all that is due when its turn comes."""
LOOKS_EVERY_SECONDS = 1.0
"""How often an idle worker looks into a queue that is a file, at least."""
QUEUE_WAITS_SECONDS = 1.0
"""How long a page waits for a queue that is busy."""
SHUTDOWN_SECONDS = 40.0
"""How long the message under way may take to its end when the worker is told to stop."""


class NamesAlone(Serializer):  # type: ignore[misc]
    """Tasks as JSON of their name and id. They take no arguments, so nothing of anybody can get into the queue, and
    whoever can write there can start what we offer and nothing else, which they could with the usual pickle."""

    def _serialize(self, data: Message) -> bytes:
        return json.dumps([data.name, data.id]).encode()

    def _deserialize(self, data: bytes) -> Message:
        name, uid = json.loads(bytes(data))
        return Message(id=uid, name=name, retries=0, retry_delay=0, args=(), kwargs={})


class Jobs:
    """The queue of one application; it is opened by whoever needs it first, in each process for itself."""

    def __init__(self, url: str, *, deliver: Callable[[], None], forget: Callable[[], None]) -> None:
        self.url = url
        self._deliver, self._forget = deliver, forget
        self._opening = threading.Lock()
        self._opened: Huey | None = None
        self._call: Any = None

    @property
    def queue(self) -> Huey:
        """The queue with our tasks."""
        with self._opening:
            if self._opened is None:
                self._opened = self._with_tasks(_queue(self.url))
            return self._opened

    def _with_tasks(self, queue: Huey) -> Huey:
        self._call = queue.task(name="deliver")(self._deliver)
        queue.periodic_task(crontab(), name="sweep")(self._deliver)
        queue.periodic_task(crontab(minute="7"), name="forget")(self._forget)
        return queue

    def call(self) -> None:
        """Wake the worker, unless it has calls enough."""
        if self.queue.pending_count() < MOST_WAITING:
            self._call()

    def consumer(self) -> Consumer:
        """What runs the tasks until it gets SIGTERM; then it finishes the message under way."""
        logging.getLogger("huey").setLevel(logging.WARNING)
        return self.queue.create_consumer(
            workers=WORKERS,
            max_delay=LOOKS_EVERY_SECONDS,
            graceful_signal="TERM",
            shutdown_timeout=SHUTDOWN_SECONDS,
        )


def _queue(url: str) -> Huey:
    """The queue that JOBS_URL names. Results are kept nowhere."""
    if url.startswith(("redis://", "rediss://")):
        from huey import RedisHuey  # Wants the extra `redis`.

        return RedisHuey(NAME, url=url, results=False, serializer=NamesAlone())
    file = Path(url)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))  # SQLite gives its other files the mode of this one.
    return SqliteHuey(
        NAME,
        filename=str(file),
        results=False,
        fsync=False,  # What is lost with the power is found by the next minute's look.
        timeout=QUEUE_WAITS_SECONDS,
        serializer=NamesAlone(),
    )


def install(app: Flask, *, deliver: Callable[[], None], forget: Callable[[], None]) -> None:
    """Give `app` its queue; where JOBS_URL is empty nobody is called, and the worker finds what is due by itself."""
    if app.config["JOBS_URL"]:
        app.extensions[EXTENSION] = Jobs(app.config["JOBS_URL"], deliver=deliver, forget=forget)


def jobs_of(app: Flask) -> Jobs | None:
    """The queue of an application, if it has one."""
    return app.extensions.get(EXTENSION)


@event.listens_for(Session, "after_flush")
def _note_post(session: Session, _: object) -> None:
    if any(isinstance(row, OutboxMail) for row in session.new):
        session.info[POSTED] = True


@event.listens_for(Session, "do_orm_execute")
def _note_bulk_post(state: ORMExecuteState) -> None:
    """The same for INSERT statements that pass no object through the session."""
    if state.is_insert and state.bind_mapper is not None and state.bind_mapper.class_ is OutboxMail:
        state.session.info[POSTED] = True


@event.listens_for(Session, "after_commit")
def _call_worker(session: Session) -> None:
    """Wake the worker once the rows are there for it to see. The page does not depend on it."""
    if session.in_nested_transaction() or not session.info.pop(POSTED, False):
        return
    jobs = jobs_of(current_app)
    if jobs is None:
        return
    try:
        jobs.call()
    except Exception as error:  # Whatever the queue is made of has exceptions of its own.
        current_app.logger.warning("the worker could not be called, mail waits a minute: %s", type(error).__name__)


@event.listens_for(Session, "after_rollback")
def _forget_post(session: Session) -> None:
    session.info.pop(POSTED, None)
