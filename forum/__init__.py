"""Jukwaa: the platform on which multi-stakeholder forums are run."""

from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

from forum import access, http, language, static_files, worker
from forum.accounts.views import addresses, data, erasure, factors, own, passkeys, sign_in
from forum.agenda import feed_views
from forum.agenda import views as agenda_views
from forum.audit import manage as audit_views
from forum.db import db, engine_options, watch_sqlite
from forum.mail import manage as mail_views
from forum.mailings import manage as mailing_views
from forum.mailings import views as unsubscribe_views
from forum.pages import manage as workshop_views
from forum.pages import views as page_views
from forum.roles import manage as role_views
from forum.roles import views as invitation_views

ROOT = Path(__file__).parent.parent
AREAS = (
    page_views.bp,
    sign_in.bp,
    own.bp,
    addresses.bp,
    data.bp,
    erasure.bp,
    factors.bp,
    passkeys.bp,
    invitation_views.bp,
    workshop_views.bp,
    role_views.bp,
    audit_views.bp,
    mailing_views.bp,
    unsubscribe_views.bp,
    mail_views.bp,
    agenda_views.bp,
    feed_views.bp,
)


def create_app(config: object) -> Flask:
    """The application with every area in it, refusing to start while a URL rule declares no policy."""
    app = Flask("forum", root_path=str(ROOT), template_folder="templates", static_folder=None)
    app.config.from_object(config)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(app.config["SQLALCHEMY_DATABASE_URI"])
    if app.config["PUBLIC_URL"]:
        app.config["TRUSTED_HOSTS"] = [
            *app.config["TRUSTED_HOSTS"],
            urlsplit(app.config["PUBLIC_URL"]).hostname,
        ]
    app.config.update(
        # __Host- binds the cookie to this very host (RFC 6265bis, 4.1.3.2); browsers take it over TLS alone.
        SESSION_COOKIE_NAME="__Host-jukwaa" if _has_tls(app) else "jukwaa",
        SESSION_COOKIE_SECURE=_has_tls(app),
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_TIME_LIMIT=None,  # As long as the cookie: who reads slowly loses nothing.
        WTF_CSRF_SSL_STRICT=False,  # It wants a Referer, and our pages tell browsers to send none.
        WTF_CSRF_METHODS={"POST", "PUT", "PATCH", "DELETE"},
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    http.log_to_stderr(app.config["LOG_LEVEL"])

    db.init_app(app)
    with app.app_context():
        watch_sqlite(db.engine)
    Migrate(app, db, directory=str(ROOT / "migrations"), render_as_batch=True)
    language.install(app, ROOT / "translations")
    for blueprint in AREAS:
        app.register_blueprint(blueprint)
    worker.install(app)

    access.install(app)
    static_files.install(app, ROOT / "static")
    http.install(app)
    if hops := app.config["PROXY_HOPS"]:  # Outermost, so that the page store too knows the real host.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=0, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    access.require_policies(app)
    return app


def _has_tls(app: Flask) -> bool:
    """Whether people reach the site by HTTPS."""
    return str(app.config["PUBLIC_URL"]).startswith("https:")
