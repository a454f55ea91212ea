"""Deny by default: every rule of the URL map says who may call it."""

import pytest

from forum.access import Policy, UndeclaredPolicy, declared_policy, policy, require_policies

DECLARED = {
    "/": Policy.PUBLIC,
    "/<lang>/": Policy.PUBLIC,
    "/<lang>/<slug>/": Policy.PUBLIC,
    "/<lang>/<slug>/agenda": Policy.PUBLIC,
    "/<lang>/<slug>/agenda.ics": Policy.PUBLIC,
    "/<lang>/<slug>/agenda.json": Policy.PUBLIC,
    "/<lang>/<slug>/releases.atom": Policy.PUBLIC,
    "/<lang>/<slug>/releases/": Policy.PUBLIC,
    "/<lang>/<slug>/schedule.json": Policy.PUBLIC,
    "/<lang>/<slug>/schedule.xml": Policy.PUBLIC,
    "/<lang>/<slug>/sessions/<code>": Policy.PUBLIC,
    "/<lang>/<slug>/sessions/<code>.ics": Policy.PUBLIC,
    "/<lang>/<slug>/speakers/": Policy.PUBLIC,
    "/<lang>/<slug>/speakers/<code>": Policy.PUBLIC,
    "/healthz": Policy.PUBLIC,
    "/readyz": Policy.PUBLIC,
    "/static/editions/<slug>.<digest>.css": Policy.PUBLIC,
}


def test_every_rule_has_the_policy_meant_for_it(app):
    found = {str(rule): declared_policy(app, rule.endpoint) for rule in app.url_map.iter_rules()}

    assert found == DECLARED


def test_no_rule_changes_anything_by_get(app):
    methods = {method for rule in app.url_map.iter_rules() for method in rule.methods}

    assert methods == {"GET", "HEAD", "OPTIONS"}


def test_application_refuses_to_start_with_an_undeclared_rule(app):
    from flask import Flask

    bare = Flask("bare", static_folder=None)
    bare.add_url_rule("/open", "open", policy(Policy.PUBLIC)(lambda: ""))
    bare.add_url_rule("/secret", "secret", lambda: "")

    with pytest.raises(UndeclaredPolicy, match=r"declare who may call: /secret$"):
        require_policies(bare)
