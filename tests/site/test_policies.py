"""Deny by default: every rule of the URL map says who may call it."""

import pytest

from forum.access import Policy, UndeclaredPolicy, declared_policy, policy, require_policies
from forum.roles.models import Role
from tests import make
from tests.page import get
from tests.rows import all_rows
from tests.signed_in import signed_in

DECLARED = {
    "/": Policy.PUBLIC,
    "/<lang>/": Policy.PUBLIC,
    "/<lang>/<slug>/": Policy.PUBLIC,
    "/<lang>/<slug>/agenda": Policy.PUBLIC,
    "/<lang>/<slug>/agenda.ics": Policy.PUBLIC,
    "/<lang>/<slug>/agenda.json": Policy.PUBLIC,
    "/<lang>/<slug>/manage/": Policy.WORKSHOP,
    "/<lang>/<slug>/manage/audit": Policy.AUDIT,
    "/<lang>/<slug>/manage/audit/export": Policy.AUDIT,
    "/<lang>/<slug>/manage/mailings/": Policy.MAIL,
    "/<lang>/<slug>/manage/mailings/<code>": Policy.MAIL,
    "/<lang>/<slug>/manage/mailings/<code>/copy": Policy.MAIL,
    "/<lang>/<slug>/manage/mailings/<code>/delete": Policy.MAIL,
    "/<lang>/<slug>/manage/mailings/<code>/preview": Policy.MAIL,
    "/<lang>/<slug>/manage/mailings/<code>/send": Policy.MAIL,
    "/<lang>/<slug>/manage/mailings/new": Policy.MAIL,
    "/<lang>/<slug>/manage/outbox": Policy.MAIL,
    "/<lang>/<slug>/manage/outbox/<uid>": Policy.MAIL,
    "/<lang>/<slug>/manage/outbox/<uid>/again": Policy.MAIL,
    "/<lang>/<slug>/manage/outbox/<uid>/now": Policy.MAIL,
    "/<lang>/<slug>/manage/people/": Policy.PEOPLE,
    "/<lang>/<slug>/manage/people/<code>/withdraw": Policy.PEOPLE,
    "/<lang>/<slug>/manage/people/invitations/<code>/withdraw": Policy.PEOPLE,
    "/<lang>/<slug>/manage/people/invite": Policy.PEOPLE,
    "/<lang>/<slug>/releases.atom": Policy.PUBLIC,
    "/<lang>/<slug>/releases/": Policy.PUBLIC,
    "/<lang>/<slug>/schedule.json": Policy.PUBLIC,
    "/<lang>/<slug>/schedule.xml": Policy.PUBLIC,
    "/<lang>/<slug>/sessions/<code>": Policy.PUBLIC,
    "/<lang>/<slug>/sessions/<code>.ics": Policy.PUBLIC,
    "/<lang>/<slug>/speakers/": Policy.PUBLIC,
    "/<lang>/<slug>/speakers/<code>": Policy.PUBLIC,
    "/<lang>/account/": Policy.SIGNED_IN,
    "/<lang>/account/addresses/": Policy.SIGNED_IN,
    "/<lang>/account/addresses/<uuid:uid>/primary": Policy.SIGNED_IN,
    "/<lang>/account/addresses/<uuid:uid>/remove": Policy.SIGNED_IN,
    "/<lang>/account/addresses/code": Policy.SIGNED_IN,
    "/<lang>/account/addresses/link/<token>": Policy.SIGNED_IN,
    "/<lang>/account/data": Policy.SIGNED_IN,
    "/<lang>/account/data.json": Policy.SIGNED_IN,
    "/<lang>/account/erase": Policy.SIGNED_IN,
    "/<lang>/account/factors": Policy.SIGNED_IN,
    "/<lang>/account/factors/authenticator": Policy.SIGNED_IN,
    "/<lang>/account/factors/authenticator/remove": Policy.SIGNED_IN,
    "/<lang>/account/factors/passkeys/<uuid:uid>": Policy.SIGNED_IN,
    "/<lang>/account/factors/passkeys/<uuid:uid>/remove": Policy.SIGNED_IN,
    "/<lang>/account/factors/passkeys/new": Policy.SIGNED_IN,
    "/<lang>/account/factors/recovery-codes": Policy.SIGNED_IN,
    "/<lang>/account/invitations/<code>/accept": Policy.SIGNED_IN,
    "/<lang>/account/invitations/<code>/decline": Policy.SIGNED_IN,
    "/<lang>/account/profile": Policy.SIGNED_IN,
    "/<lang>/account/sign-ins": Policy.SIGNED_IN,
    "/<lang>/account/sign-ins/<code>/end": Policy.SIGNED_IN,
    "/<lang>/account/sign-ins/end-others": Policy.SIGNED_IN,
    "/<lang>/admin/": Policy.SITE,
    "/<lang>/admin/administrators/<code>/withdraw": Policy.SITE,
    "/<lang>/admin/audit": Policy.SITE,
    "/<lang>/admin/mail/": Policy.SITE,
    "/<lang>/admin/mail/<name>": Policy.SITE,
    "/<lang>/invitations/<token>": Policy.ANYONE,
    "/<lang>/sign-in": Policy.ANYONE,
    "/<lang>/sign-in/code": Policy.ANYONE,
    "/<lang>/sign-in/link/<token>": Policy.ANYONE,
    "/<lang>/sign-in/passkey": Policy.ANYONE,
    "/<lang>/sign-in/persona": Policy.ANYONE,
    "/<lang>/sign-in/second": Policy.SIGNED_IN,
    "/<lang>/sign-in/second/passkey": Policy.SIGNED_IN,
    "/<lang>/sign-out": Policy.SIGNED_IN,
    "/<lang>/unsubscribe/<token>": Policy.ANYONE,
    "/<lang>/unsubscribe/<token>/undo": Policy.ANYONE,
    "/healthz": Policy.PUBLIC,
    "/readyz": Policy.PUBLIC,
    "/static/editions/<slug>.<digest>.css": Policy.PUBLIC,
}


def test_every_rule_has_the_policy_meant_for_it(app):
    found = {str(rule): declared_policy(app, rule.endpoint) for rule in app.url_map.iter_rules()}

    assert found == DECLARED


def test_no_get_changes_anything(app, client):
    """Programs that look into mail, and browsers that fetch ahead, follow every link."""
    edition = make.an_edition(slug="here")
    person = make.a_grant(Role.ORGANISER, edition).person
    for role in (Role.ADMINISTRATOR, Role.ASSESSOR):
        make.a_grant(role, None if role is Role.ADMINISTRATOR else edition, person=person)
    codes = [make.an_invitation(edition).code, make.a_mailing(edition).code, make.a_sign_in(person).code]
    signed_in(client, person)
    before, tried = all_rows(), 0

    for rule in app.url_map.iter_rules():
        for code in codes if "GET" in rule.methods else ():
            given = {"slug": "here", "lang": "en", "uid": person.uid}
            values = {name: given.get(name, code) for name in rule.arguments}
            client.get(app.url_map.bind("localhost").build(rule.endpoint, values))
            tried += 1

    assert all_rows() == before
    assert tried > 100


def test_only_post_stands_beside_get(app):
    methods = {method for rule in app.url_map.iter_rules() for method in rule.methods}

    assert methods == {"GET", "HEAD", "OPTIONS", "POST"}


def test_application_refuses_to_start_with_an_undeclared_rule(app):
    from flask import Flask

    bare = Flask("bare", static_folder=None)
    bare.add_url_rule("/open", "open", policy(Policy.PUBLIC)(lambda: ""))
    bare.add_url_rule("/secret", "secret", lambda: "")

    with pytest.raises(UndeclaredPolicy, match=r"declare who may call: /secret$"):
        require_policies(bare)


def test_application_refuses_to_start_where_a_role_has_no_edition_to_be_held_in():
    from flask import Flask

    bare = Flask("bare", static_folder=None)
    bare.add_url_rule("/people", "people", policy(Policy.PEOPLE)(lambda: ""))

    with pytest.raises(UndeclaredPolicy, match=r"/people$"):
        require_policies(bare)


WITHOUT_A_TOKEN = {"/<lang>/unsubscribe/<token>"}
"""What mail programs post by themselves (RFC 8058); its own key is in the address."""


@pytest.mark.parametrize("token", [None, "", "made-up"])
def test_form_that_is_not_ours_is_refused_everywhere(app, client, token):
    edition = make.an_edition(slug="here")
    person = make.a_grant(Role.ORGANISER, edition).person
    make.a_grant(Role.ADMINISTRATOR, person=person)
    ids = {"slug": "here", "lang": "en", "uid": person.uid, "code": make.a_mailing(edition).code}
    signed_in(client, person)
    get(client, "/en/account/")  # The cookie now holds the token that forms of ours would bring.
    before, answered = all_rows(), {}

    for rule in app.url_map.iter_rules():
        if "POST" in rule.methods:
            values = {name: ids.get(name, "x") for name in rule.arguments}
            form = {} if token is None else {"csrf_token": token}
            path = app.url_map.bind("localhost").build(rule.endpoint, values, method="POST")
            answered[str(rule)] = client.post(path, data=form).status_code

    assert {rule for rule, status in answered.items() if status != 400} == WITHOUT_A_TOKEN
    assert len(answered) > 30
    assert all_rows() == before
