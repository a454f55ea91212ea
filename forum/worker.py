"""What the worker does: it joins delivery to the areas above mail, which mail must not know."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from flask import Flask
from sqlalchemy import update

from forum import limits
from forum.accounts import services as accounts
from forum.accounts.models import Address
from forum.db import begin_writing, db, utcnow
from forum.language import public_url
from forum.mail import delivery, jobs
from forum.mail import services as mail
from forum.mail.transports import transport
from forum.mailings.letters import letter_for
from forum.roles import services as roles

PARENT_LOOK_SECONDS = 1.0
STOP_SECONDS = jobs.SHUTDOWN_SECONDS + 5


def _refused(digest: bytes, reply: str, at: datetime) -> None:
    db.session.execute(update(Address).where(Address.digest == digest).values(refused_at=at, refusal=reply))


def _taken(digest: bytes, reply: str, at: datetime) -> None:
    known = update(Address).where(Address.digest == digest, Address.refused_at.is_not(None))
    db.session.execute(known.values(refused_at=None, refusal=""))


DESK = delivery.Desk(write_letter=letter_for, on_refusal=_refused, on_taken=_taken)


def deliver_due(may_go_on: Callable[[], bool] = lambda: True) -> int:
    """Try every message that is due; how many were tried."""
    with transport() as way_out:
        return delivery.deliver(transport=way_out, desk=DESK, clock=utcnow, may_go_on=may_go_on)


def forget_past() -> None:
    """Remove what is kept for a time and is past it: words of sent mail, sign-ins, invitations, counts of limits."""
    for forget in (mail.forget_past, accounts.forget_past, roles.forget_past, limits.forget_past):
        begin_writing()
        forget(at=utcnow())
        db.session.commit()


class Worker:
    """Deliveries of one application, each in a context of its own, and whether they are to stop."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.stopping = threading.Event()

    @contextmanager
    def _context(self) -> Iterator[None]:
        """A context in which addresses of pages can be made, as for mail written in a request."""
        with self.app.app_context():
            base_url = public_url()
        with self.app.test_request_context(base_url=base_url):
            yield

    def deliver(self) -> None:
        with self._context():
            deliver_due(lambda: not self.stopping.is_set())

    def forget(self) -> None:
        with self._context():
            forget_past()

    def run(self) -> None:
        """Do what the queue and the clock ask for, until SIGTERM."""
        queue = jobs.jobs_of(self.app)
        assert queue is not None, "JOBS_URL is empty"
        consumer = queue.consumer()
        self.stopping = consumer.stop_flag
        consumer.run()


def install(app: Flask) -> None:
    """Give `app` its worker."""
    worker = Worker(app)
    app.extensions["worker"] = worker
    jobs.install(app, deliver=worker.deliver, forget=worker.forget)


def end_with(parent: int) -> None:
    """End this process, as by SIGTERM, once `parent` is not its parent any more: nobody else would end it."""

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_LOOK_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=look, daemon=True).start()


@contextmanager
def beside() -> Iterator[None]:
    """A worker in a process of its own, ended when the block ends or this process does."""
    # A session of its own: Ctrl+C in the terminal is for us, and we end it in order.
    child = subprocess.Popen(  # noqa: S603  # Our own command.
        [sys.executable, sys.argv[0], "worker", "--beside", str(os.getpid())], start_new_session=True
    )
    try:
        yield
    finally:
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
