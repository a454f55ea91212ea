"""Who may do what: every URL rule declares its policy, and the application refuses to start without."""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from flask import Flask

View = TypeVar("View", bound=Callable[..., object])


class Policy(StrEnum):
    """Who is let in."""

    PUBLIC = "public"
    """Anyone, without a cookie; the answer is the same for all."""


class UndeclaredPolicy(RuntimeError):
    """A URL rule whose view declares no policy."""


def policy(which: Policy) -> Callable[[View], View]:
    """Declare who may call a view."""

    def declare(view: View) -> View:
        view.policy = which  # type: ignore[attr-defined]
        return view

    return declare


def declared_policy(app: Flask, endpoint: str) -> Policy | None:
    """The policy of the view behind `endpoint`, or None where none was declared."""
    return getattr(app.view_functions[endpoint], "policy", None)


def require_policies(app: Flask) -> None:
    """Raise UndeclaredPolicy, naming every rule of `app` that has none."""
    bare = [str(rule) for rule in app.url_map.iter_rules() if declared_policy(app, rule.endpoint) is None]
    if bare:
        raise UndeclaredPolicy(f"declare who may call: {', '.join(sorted(bare))}")
