"""Who may do what: every URL rule declares its policy, and the application refuses to start without.

A view may rely on what its policy says: `current_person()` is there where somebody must be signed in, and
`current_edition()` is the edition of the address wherever the policy asks for a role in it.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

from flask import Flask, Response, abort, current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user, login_user
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import update
from werkzeug.exceptions import HTTPException

from forum import limits
from forum.accounts import queries as accounts
from forum.accounts import services as accounts_services
from forum.accounts.models import Person, Proof, SignIn
from forum.accounts.rules import FRESH, SEEN_EVERY, holds
from forum.audit.services import Actor
from forum.db import begin_writing, db, hold, utcnow
from forum.editions.models import Edition
from forum.editions.queries import edition_by_slug
from forum.limits import Counted
from forum.roles import queries as roles
from forum.roles.models import RoleGrant
from forum.roles.rules import OF_EDITION, Policy, needs_second_factor, satisfies

__all__ = [
    "Policy",
    "current_actor",
    "current_edition",
    "current_person",
    "current_sign_in",
    "policy",
    "spend",
    "start_signed_in",
]

View = TypeVar("View", bound=Callable[..., object])
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
csrf = CSRFProtect()
OWN_ROLE = "self"
"""The role in the audit log of who does something to what is their own."""


class UndeclaredPolicy(RuntimeError):
    """A URL rule whose view declares no policy."""


@dataclass
class SignedIn(UserMixin):  # type: ignore[misc]  # The library has no types.
    """What Flask-Login holds of a request: the sign-in, and the secret in its cookie."""

    sign_in: SignIn
    token: str

    def get_id(self) -> str:
        return self.token


class Logins(LoginManager):  # type: ignore[misc]
    """Flask-Login without its second, lasting cookie: looking for that makes every public page depend on cookies."""

    def _update_remember_cookie(self, response: Response) -> Response:
        return response


def policy(which: Policy, *, fresh: bool = False) -> Callable[[View], View]:
    """Declare who may call a view; with `fresh`, only soon after a second factor was used (FRESH)."""

    def declare(view: View) -> View:
        view.policy = which  # type: ignore[attr-defined]
        view.wants_fresh_factor = fresh  # type: ignore[attr-defined]
        return view

    return declare


def declared_policy(app: Flask, endpoint: str) -> Policy | None:
    """The policy of the view behind `endpoint`, or None where none was declared."""
    return getattr(app.view_functions[endpoint], "policy", None)


def require_policies(app: Flask) -> None:
    """Raise UndeclaredPolicy, naming every rule of `app` that has none, or no edition to hold a role in."""
    rules = list(app.url_map.iter_rules())
    bare = [str(rule) for rule in rules if declared_policy(app, rule.endpoint) is None]
    bare += [
        str(rule)
        for rule in rules
        if declared_policy(app, rule.endpoint) in OF_EDITION and "slug" not in rule.arguments
    ]
    if bare:
        raise UndeclaredPolicy(f"declare who may call: {', '.join(sorted(bare))}")


def install(app: Flask) -> None:
    """Let every request pass through `enforce`, after its form was shown to be ours."""
    csrf.init_app(app)
    login = Logins(app, add_context_processor=False)  # It would ask on public pages too who reads them.
    login._session_identifier_generator = str  # It would put a digest of the visitor's IP address into the cookie.
    login.session_protection = None  # It would compare IP addresses and browsers, of which we keep nothing.
    login.user_loader(_load)
    app.before_request(enforce)
    app.jinja_env.globals["may"] = may


def _load(token: str) -> SignedIn | None:
    """Who holds this cookie, while their sign-in holds."""
    found = accounts.sign_in_by_token(token)
    if found is None:
        return None
    g.grants = roles.grants_of(found.person)
    is_staff = any(needs_second_factor(grant) for grant in g.grants)
    return SignedIn(found, token) if holds(found, is_staff=is_staff, at=utcnow()) else None


def enforce() -> ResponseReturnValue | None:
    """Let in whom the policy of the view lets in; to everybody else, what is forbidden looks absent."""
    if request.url_rule is None:
        return None
    if any("\0" in value for value in (request.view_args or {}).values() if isinstance(value, str)):
        abort(404)  # PostgreSQL refuses to compare it with anything; nothing here is called so.
    view: Any = current_app.view_functions[request.url_rule.endpoint]
    wanted: Policy = view.policy
    if wanted is Policy.PUBLIC:
        return None
    if request.method not in SAFE_METHODS:
        begin_writing()
    if wanted is Policy.ANYONE:
        return None
    if not current_user.is_authenticated:
        return _to_sign_in()
    _note_seen(current_sign_in())
    if wanted is not Policy.SIGNED_IN:
        refusal = _require_role(wanted)
        if refusal is not None:
            return refusal
    if view.wants_fresh_factor and not is_fresh():
        return to_second_factor()
    return None


def _require_role(wanted: Policy) -> ResponseReturnValue | None:
    """Note the role that satisfies the policy, or say what is missing: 404 for the role, a page for the factor."""
    edition = None
    if wanted in OF_EDITION:
        edition = edition_by_slug((request.view_args or {})["slug"])
        if edition is None:
            abort(404)
    held = [grant for grant in g.grants if grant.edition_id in (None, edition.id if edition else None)]
    fitting = [grant for grant in held if satisfies(grant, wanted)]
    if not fitting:
        abort(404)
    usable = [one for one in fitting if current_sign_in().second_factor_at or not needs_second_factor(one)]
    if not usable:
        return to_second_factor()
    # The role that is narrowest is not guessed at: the edition's own comes before the site's.
    g.grant = min(usable, key=lambda grant: (grant.edition_id is None, grant.id))
    g.edition = edition
    return None


def is_fresh() -> bool:
    """Whether a second factor was used a short while ago; who has none to use is asked to set one up."""
    used_at = current_sign_in().second_factor_at
    return used_at is not None and utcnow() < used_at + FRESH


def _to_sign_in() -> ResponseReturnValue:
    remember_where()
    if typed := _words_sent():  # A sign-in that ends while somebody writes takes nothing of it with it.
        return render_template("errors/typed.html", typed=typed), 403
    return redirect(url_for("accounts.sign_in"), code=303)


def _words_sent() -> list[str]:
    """What somebody wrote into a form of ours, at least two words each: nobody types the rest with care."""
    return [text for _, text in request.form.items(multi=True) if len(text.split()) > 1]


def to_second_factor() -> ResponseReturnValue:
    """Ask for a second factor, then come back."""
    remember_where()
    return redirect(url_for("factors.second_factor"), code=303)


def fresh_if_any(view: View) -> View:
    """Let a view be called only soon after a second factor was shown, unless there is none yet that could be.

    Whoever reads somebody's mail could otherwise add a factor of their own beside the one that keeps them out.
    """

    @wraps(view)
    def guarded(*arguments: Any, **given: Any) -> Any:
        if request.method not in SAFE_METHODS:
            hold(current_person())  # Two first factors at once: the second finds the first.
        if accounts.has_second_factor(current_person()) and not is_fresh():
            session["wanted"] = {"endpoint": "factors.factors_page", "values": {}}  # Unless a page can be come back to.
            return to_second_factor()
        return view(*arguments, **given)

    return guarded  # type: ignore[return-value]


def remember_where() -> None:
    """Note, in the cookie, the page asked for, as our own endpoint and its values: never an address that was given.

    Of what was sent by a form, the page at the same address, if there is one.
    """
    addresses = current_app.create_url_adapter(request)
    assert addresses is not None
    with suppress(HTTPException):
        endpoint, values = addresses.match(method="GET")
        session["wanted"] = {"endpoint": endpoint, "values": dict(values)}


def wanted_page() -> str:
    """The address of the page that was asked for before signing in, once; else one's own page."""
    wanted = session.pop("wanted", None)
    if not wanted or wanted["endpoint"] not in current_app.view_functions:
        return url_for("accounts.home")
    return url_for(wanted["endpoint"], **wanted["values"])


def start_signed_in(person: Person, proof: Proof, *, at: datetime, second_factor: bool = False) -> None:
    """Sign this browser in under a new secret; whatever its cookie held before is gone, but for where it wanted to."""
    wanted = session.get("wanted")
    if current_user.is_authenticated:
        accounts_services.end_sign_in(sign_in=current_sign_in(), at=at)
    session.clear()
    if wanted:
        session["wanted"] = wanted
    sign_in, token = accounts_services.sign_in(person=person, proof=proof, at=at, second_factor=second_factor)
    login_user(SignedIn(sign_in, token))


def note_second_factor(*, at: datetime) -> None:
    """Remember that this sign-in has shown a second factor."""
    current_sign_in().second_factor_at = at


def spend(*counted: tuple[Counted, object], at: datetime) -> None:
    """Count what is tried before anything is done with it: it stays counted whatever becomes of it.

    Commits, and begins anew, so call it before the service. Raises TooOften.
    """
    try:
        for what, subject in counted:
            limits.spend(what, subject, at=at)
    finally:
        db.session.commit()
        begin_writing()


def _note_seen(sign_in: SignIn) -> None:
    """Remember, to the minute, that somebody was here."""
    at = utcnow()
    if at < sign_in.seen_at + SEEN_EVERY:
        return
    seen = update(SignIn).where(SignIn.id == sign_in.id).values(seen_at=at)
    if request.method not in SAFE_METHODS:
        db.session.execute(seen)  # This transaction writes anyhow.
        return
    with db.engine.execution_options(writes=True).begin() as connection:  # One that has read cannot turn to writing.
        connection.execute(seen)


def current_sign_in() -> SignIn:
    """The sign-in of this request, under a policy that asks for one."""
    signed_in: Any = current_user
    return signed_in.sign_in  # type: ignore[no-any-return]


def current_person() -> Person:
    """Who is signed in, under a policy that asks for it."""
    return current_sign_in().person


def current_grants() -> list[RoleGrant]:
    """Every role of who is signed in."""
    return list(g.grants)


def current_edition() -> Edition:
    """The edition of the address, under a policy that asks for a role in it."""
    edition = g.edition
    assert isinstance(edition, Edition)
    return edition


def may(wanted: str) -> bool:
    """Whether who is signed in holds a role that satisfies the policy of this name, in the edition of the page."""
    edition = g.get("edition")
    here = (None, edition.id) if edition else (None,)
    return any(satisfies(grant, Policy(wanted)) for grant in g.get("grants", ()) if grant.edition_id in here)


def current_actor() -> Actor:
    """Who acts, for the audit log: in the role that let them in, or on what is their own."""
    return Actor(current_person().uid, g.grant.role.value if "grant" in g else OWN_ROLE)
