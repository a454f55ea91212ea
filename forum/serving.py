"""The production server: granian with our settings, and what its processes share."""

import ctypes
import gc
import resource
from datetime import date
from typing import Any

from flask import Flask
from flask_babel import gettext
from sqlalchemy.orm import configure_mappers

from forum.i18n import LANGUAGES
from forum.language import days_text

MOST_CONNECTIONS = 4_096
"""Connections one process holds at once. An idle browser is a connection too: a low limit would let the idle lock out
everybody else."""
FILES_OF_OUR_OWN = 100
"""Files one process needs open besides its connections."""
THREADS = 3
"""Python threads of one process: a page is answered from memory while another is made and a third waits for the
database. More would only wait for each other."""
UNFINISHED_MS = 30_000
"""After how many milliseconds an idle connection, or one whose request does not come to its end, is closed."""
RETURNED_BYTES = 256 * 1024
"""Pieces of memory from this size on go back to the system as soon as they are free."""


def granian_server(target: str, *, address: str, port: int, workers: int) -> Any:
    """The server for the WSGI application `target`; `.serve()` runs it until it is told to end."""
    from granian.constants import HTTPModes, Interfaces, RuntimeModes
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server import Server

    return Server(
        target,
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        runtime_mode=RuntimeModes.st,  # One thread for the network; the other mode is for many and costs a tenth more.
        backpressure=min(MOST_CONNECTIONS, _files_allowed() - FILES_OF_OUR_OWN),
        http=HTTPModes.http1,  # While it guesses between HTTP/1 and 2, granian waits for a silent client for ever.
        http1_settings=HTTP1Settings(header_read_timeout=UNFINISHED_MS),
        log_access=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
    )


def _files_allowed() -> int:
    """How many files a process may have open, once we have asked for as many as we want."""
    given, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + FILES_OF_OUR_OWN
    allowed = max(given, wanted if most == resource.RLIM_INFINITY else min(wanted, most))
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
    return allowed


def share(app: Flask) -> None:
    """Load now what every process would load for itself: after the fork they share one copy, and none starts cold."""
    _return_memory_soon()
    configure_mappers()
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    for language in LANGUAGES:
        with app.test_request_context(f"/{language}/"):
            gettext("Agenda")  # Loads the catalogue; the days, what Babel knows of the language.
            days_text(date(2026, 1, 1), date(2026, 1, 2))
    gc.freeze()  # The collector marks every object it looks at; pages so marked would no longer be shared.


def _return_memory_soon() -> None:
    """Let the C library give large pieces back, and keep one heap for all threads, where it can be told so.

    A page passes through buffers many times its size; what stays of them is memory that nobody uses.
    """
    tell = getattr(ctypes.CDLL(None), "mallopt", None)
    if tell is not None:  # glibc has it, others have not. The numbers are those of <malloc.h>.
        for parameter, value in ((-1, RETURNED_BYTES), (-3, RETURNED_BYTES), (-8, 1)):
            tell(parameter, value)
