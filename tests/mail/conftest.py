"""Mail servers, and deliveries at a moment that the test names."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from forum.db import db
from forum.mail import delivery, jobs, transports
from forum.mail.delivery import Desk
from forum.worker import DESK
from tests.mail.post import Certificates, PostOffice, certificates, post_office
from tests.make import NOON

Deliver = Callable[..., int]


@pytest.fixture(autouse=True)
def _nobody_is_called(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """No queue: a test that wants one opens its own."""
    monkeypatch.delitem(app.extensions, jobs.EXTENSION, raising=False)


@pytest.fixture
def office(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostOffice]:
    """A server without encryption, which SMTP_URL names."""
    with post_office() as running:
        monkeypatch.setitem(app.config, "SMTP_URL", running.url)
        yield running


@pytest.fixture
def folder(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder that mail is written to, not there yet."""
    monkeypatch.setitem(app.config, "MAIL_FOLDER", str(tmp_path / "mail"))
    return tmp_path / "mail"


@pytest.fixture
def deliver(app: Flask) -> Deliver:
    """Delivers what is due at a moment, noon unless another is named, by the way out that the settings name."""

    def run(at: datetime = NOON, *, desk: Desk = DESK, timeout_seconds: float = 10, **given: Any) -> int:
        db.session.commit()  # A worker begins anew; what a test has looked at is over.
        with transports.transport() as way_out:
            way_out.timeout_seconds = timeout_seconds  # type: ignore[attr-defined]
            return delivery.deliver(transport=way_out, desk=desk, clock=lambda: at, **given)

    return run


@pytest.fixture(scope="session")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """A certificate for this machine and the authority that signed it."""
    return certificates(tmp_path_factory.mktemp("certificates"))
