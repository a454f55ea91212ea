"""What every answer has: security headers, error pages, logs that name no one, and how public pages are kept."""

import json
import logging
import time
from datetime import datetime
from typing import Any

from flask import Flask, Response, current_app, g, render_template, request
from flask_babel import gettext as _
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, SecurityError

from forum.access import Policy, declared_policy
from forum.faults import traceback_text, without_values
from forum.pagestore import PageStore, accepted_encoding, compressed, matches

CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
OWN_SCRIPTS = "script-src 'self'"
"""What the policy of a page says besides whose view set `g.scripts`."""
SECURITY_HEADERS = (
    ("Content-Security-Policy", CSP),
    ("Cross-Origin-Embedder-Policy", "require-corp"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)
FEED_HEADERS = (
    ("Access-Control-Allow-Origin", "*"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
)
PUBLIC_SECONDS = 60
"""How long a browser or a front server may show a public page without asking."""
STALE_SECONDS = 60
"""How long it may still show it while it asks: what a page calls "now" is at most two minutes old."""
A_DAY = 24 * 3600


def public_page(
    body: str | bytes, *, mimetype: str = "text/html", valid_until: datetime | None = None, **headers: str
) -> Response:
    """An answer that is the same for everyone, to be kept until the next public change or `valid_until`."""
    response = Response(body, mimetype=mimetype)
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = value
    g.keep_until = valid_until.timestamp() if valid_until else time.time() + A_DAY
    return response


def install(app: Flask) -> None:
    """Put the headers, error pages, logs and the page store around `app`."""
    store = PageStore(
        app.wsgi_app,
        generation=_generation_of(app),
        limit_bytes=app.config["PAGES_KEPT_BYTES"],
        freshness_seconds=app.config["FRESHNESS_SECONDS"],
    )
    app.extensions["pages"] = store
    app.wsgi_app = store  # type: ignore[method-assign]
    app.before_request(_note_generation)
    app.after_request(_finish)
    app.register_error_handler(HTTPException, error_page)
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(Exception, _bug)


def _generation_of(app: Flask) -> Any:
    from forum.db import public_generation

    def ask() -> int:
        with app.app_context():
            return public_generation()

    return ask


def _note_generation() -> None:
    g.generation = current_app.extensions["pages"].generation


def _finish(response: Response) -> Response:
    """Add the headers; keep the page where the view said it may be."""
    is_feed = not (response.mimetype == "text/html" or response.mimetype == "text/css")
    for name, value in SECURITY_HEADERS:
        response.headers.setdefault(name, value)
    if g.get("scripts") and "keep_until" not in g:
        response.headers["Content-Security-Policy"] = f"{CSP}; {OWN_SCRIPTS}"
    if is_feed and "keep_until" in g:
        response.headers.update(FEED_HEADERS)
    if current_app.config["PUBLIC_URL"].startswith("https:"):
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if "keep_until" in g and response.status_code == 200:
        return _keep(response)
    response.headers.setdefault("Cache-Control", "no-store")
    return _packed(response)


def _packed(response: Response) -> Response:
    """A page for everyone that is not kept, compressed. Pages with anything private in them are never compressed
    together with what a request says (BREACH, CVE-2013-3587)."""
    rule = request.url_rule
    is_public = rule is None or declared_policy(current_app, rule.endpoint) is Policy.PUBLIC
    encoding = accepted_encoding(request.headers.get("Accept-Encoding", ""))
    if is_public and encoding and response.mimetype == "text/html" and not response.is_streamed:
        response.set_data(compressed(response.get_data(), encoding))
        response.headers["Content-Encoding"] = encoding
        response.vary.add("Accept-Encoding")
    return response


def _keep(response: Response) -> Response:
    store: PageStore = current_app.extensions["pages"]
    response.headers.setdefault(
        "Cache-Control", f"public, max-age={PUBLIC_SECONDS}, stale-while-revalidate={STALE_SECONDS}"
    )
    headers = [(name, value) for name, value in response.headers if name not in ("Content-Length", "Vary")]
    body = response.get_data()
    pages = store.keep(request.environ, body, headers, g.keep_until, g.generation)
    kept = pages[accepted_encoding(request.headers.get("Accept-Encoding", ""))]
    if matches(kept.etag, request.headers.get("If-None-Match", "")):
        return Response(status=304, headers=kept.not_modified_headers)
    return Response(kept.body or [body], headers=kept.headers)


def error_page(error: HTTPException) -> Response:
    """The page for a refusal of HTTP, in the reader's language. Redirects pass as they are."""
    if error.response is not None or (error.code or 500) < 400:
        return error.get_response()  # type: ignore[return-value]
    if isinstance(error, SecurityError):  # A host that is not ours: nothing of this request can be built into links.
        return Response("\n".join(_words(400)), status=400, mimetype="text/plain")
    response = _error_page(error.code or 500)
    response.headers.extend([header for header in error.get_headers() if header[0] != "Content-Type"])
    return response


def _database_away(error: OperationalError) -> Response:
    current_app.logger.error("the database does not answer", exc_info=error)
    return _error_page(503)


def _bug(error: Exception) -> Response:
    current_app.logger.error("unexpected error at %s", request.endpoint, exc_info=error)
    if current_app.testing or current_app.debug:
        raise error
    return _error_page(500)


def _error_page(code: int) -> Response:
    title, text = _words(code)
    response = Response(render_template("errors/error.html", code=code, title=title, text=text), status=code)
    if code == 503:
        response.headers["Retry-After"] = "10"
    return response


def _words(code: int) -> tuple[str, str]:
    """What happened and what to do, for the reader."""
    if code == 404:
        return _("This page does not exist"), _("The address may be mistyped, or what was here has been taken down.")
    if code in (400, 413, 414, 422, 431):
        return _("This request could not be read"), _(
            "Nothing was changed. Go back, check what you entered and try again."
        )
    if code == 405:
        return _("This cannot be done here"), _("Nothing was changed. Go back and use the buttons of the page.")
    if code == 429:
        return _("Too many requests"), _("Nothing was lost. Wait a minute, then try again.")
    if code == 503:
        return _("The site is resting for a moment"), _("Nothing was lost. Try again in a minute.")
    return _("Something went wrong on our side"), _("Nothing was lost. The fault is noted in our log; try again later.")


class JsonLines(logging.Formatter):
    """One JSON object a line: when, how grave, what, and the traceback of a bug. Nobody's address is in it, and no
    value of a row."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_values(record),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["traceback"] = traceback_text(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def log_to_stderr(level: str) -> None:
    """Send everything logged to standard error as JSON lines."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    if not any(isinstance(one.formatter, JsonLines) for one in root.handlers):
        root.addHandler(handler)
    root.setLevel(level)
    logging.getLogger("alembic").setLevel("WARNING")  # Its every step is of no interest to who types `make run`.
