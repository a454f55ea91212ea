"""Ending mailings, by the link that is in each of them: no signing in, one press."""

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from forum.access import Policy, csrf, policy
from forum.accounts.models import Person
from forum.db import db, utcnow
from forum.editions.models import Edition
from forum.mailings import queries, services
from forum.mailings.links import meant_by

bp = Blueprint("unsubscribe", __name__, url_prefix="/<lang>/unsubscribe")


def _meant_or_404(token: str) -> tuple[Person, Edition]:
    meant = meant_by(token)
    if meant is None:
        abort(404)
    return meant


def _page(token: str, person: Person, edition: Edition) -> str:
    return render_template(
        "mailings/unsubscribe.html", token=token, about=edition, has_refused=queries.has_refused(person, edition)
    )


@bp.get("/<token>")
@policy(Policy.ANYONE)
def ask(lang: str, token: str) -> ResponseReturnValue:
    """A button alone, or what holds already: programs that look into mail open links, and must end nothing."""
    return _page(token, *_meant_or_404(token))


@bp.post("/<token>")
@csrf.exempt  # type: ignore[untyped-decorator]  # The library has no types.
@policy(Policy.ANYONE)
def stop(lang: str, token: str) -> ResponseReturnValue:
    """End the mailings: by the button, or by a mail program's one click (RFC 8058).

    A mail program has neither a cookie nor a page of ours; the token, which the person alone has, takes the place of
    both. It does not follow a redirect either (section 3.1), so the answer is the page itself.
    """
    person, edition = _meant_or_404(token)
    services.refuse(person=person, edition=edition, at=utcnow())
    db.session.commit()
    return _page(token, person, edition)


@bp.post("/<token>/undo")
@policy(Policy.ANYONE)
def undo(lang: str, token: str) -> ResponseReturnValue:
    """Get the mailings again."""
    person, edition = _meant_or_404(token)
    services.accept(person=person, edition=edition)
    db.session.commit()
    return redirect(url_for("unsubscribe.ask", token=token), code=303)
