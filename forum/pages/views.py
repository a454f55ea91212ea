"""The home page of the site, and what a machine asks to know whether it is well."""

from pathlib import Path

from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.access import Policy, policy
from forum.agenda.queries import search_site
from forum.db import db, utcnow
from forum.editions.queries import edition_by_slug, forums
from forum.editions.rules import next_midnight, takes_place
from forum.http import public_page
from forum.language import preferred_language
from forum.pages.stylesheet import edition_stylesheet, stylesheet_name
from forum.programme.queries import latest_release

bp = Blueprint("pages", __name__)
MAX_QUERY = 80


@bp.get("/")
@policy(Policy.PUBLIC)
def front() -> ResponseReturnValue:
    """To the home page in the language that the browser asks for."""
    answer = redirect(url_for("pages.home", lang=preferred_language()), code=302)
    answer.headers["Vary"] = "Accept-Language"
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@bp.get("/<lang>/")
@policy(Policy.PUBLIC)
def home(lang: str) -> ResponseReturnValue:
    """Forums, their editions, and the search over all of them."""
    at, known = utcnow(), forums()
    query = " ".join(request.args.get("q", "").split())[:MAX_QUERY]
    found, total = search_site(query) if query else ([], 0)
    editions = [edition for forum in known for edition in forum.editions]
    body = render_template(
        "pages/home.html",
        forums=known,
        query=query,
        found=found,
        total=total,
        running={edition.id for edition in editions if takes_place(edition, at)},
    )
    return public_page(body, valid_until=min((next_midnight(edition, at) for edition in editions), default=None))


@bp.get("/static/editions/<slug>.<digest>.css")
@policy(Policy.PUBLIC)
def stylesheet(slug: str, digest: str) -> ResponseReturnValue:
    """The site's style sheet in an edition's colours, under a name that changes when it does."""
    edition = edition_by_slug(slug)
    release = latest_release(edition) if edition else None
    if edition is None or stylesheet_name(edition, release) != f"{slug}.{digest}.css":
        abort(404)
    return public_page(
        edition_stylesheet(edition, release), mimetype="text/css", Cache_Control="public, max-age=31536000, immutable"
    )


@bp.get("/healthz")
@policy(Policy.PUBLIC)
def healthz() -> ResponseReturnValue:
    """Alive: this process answers."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
@policy(Policy.PUBLIC)
def readyz() -> ResponseReturnValue:
    """Ready: the database answers and has the newest schema. 503 with the reason otherwise."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(current_app.root_path) / "migrations"))
    wanted = set(ScriptDirectory.from_config(config).get_heads())
    with db.engine.connect() as connection:
        found = set(MigrationContext.configure(connection).get_current_heads())
    if found != wanted:
        return Response("the database needs `jukwaa migrate`\n", status=503, mimetype="text/plain")
    return Response("ready\n", mimetype="text/plain")
