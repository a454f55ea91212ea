"""Two editions and two people on one site: nothing of one is ever in an answer to the other."""

from collections.abc import Iterator
from itertools import product
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from forum.access import Policy, declared_policy
from forum.db import db
from forum.roles.models import Role
from tests import make
from tests.page import get
from tests.signed_in import signed_in

CANARY = "Kanari"
"""Stands in every text and name of the edition that nothing may come from."""
PUBLIC_OF_BOTH = {Policy.PUBLIC, Policy.ANYONE}


def an_edition_of_canaries() -> object:
    """An edition with one of everything, each with the canary in it, and its organiser."""
    edition = make.an_edition(slug="theirs", name=f"{CANARY} edition")
    room = make.a_room(edition, name=f"{CANARY} room")
    track = make.a_track(edition, name=f"{CANARY} track")
    speaker = make.a_speaker(edition, name=f"{CANARY} speaker", affiliation=CANARY)
    make.a_session(edition, title=f"{CANARY} session", abstract=CANARY, room=room, track=track, speakers=[speaker])
    make.a_release(edition)
    organiser = make.a_person(name=f"{CANARY} organiser", alias=CANARY, email=f"{CANARY.lower()}@example.org")
    make.a_grant(Role.ORGANISER, edition, person=organiser)
    make.an_invitation(edition, email=f"{CANARY.lower()}-invited@example.org")
    make.a_mailing(edition, subject=f"{CANARY} subject", body=CANARY)
    signed = make.a_sign_in(organiser)
    assert signed
    db.session.commit()
    return edition


def their_ids() -> dict[str, list[str]]:
    """Everything that stands in addresses, by the kinds of names addresses have for it."""
    found: set[str] = set()
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            if column.name in ("id", "uid", "guid", "code"):
                found.update(str(value) for value in db.session.scalars(select(column)))
    return {"any": sorted(found)}


def addresses(app: Flask, slug: str, ids: list[str]) -> Iterator[tuple[str, str]]:
    """Every rule and method that is not for everybody, with every id in every place, in the edition `slug`."""
    for rule in app.url_map.iter_rules():
        if declared_policy(app, rule.endpoint) in PUBLIC_OF_BOTH:
            continue
        free = sorted(rule.arguments - {"lang", "slug"})
        fitting = [[one for one in ids if name != "uid" or is_uuid(one)] for name in free]
        for method, values in product(sorted(rule.methods - {"HEAD", "OPTIONS"}), product(*fitting)):
            given = {"lang": "en", "slug": slug, **dict(zip(free, values, strict=True))}
            with app.test_request_context():
                yield (
                    method,
                    app.url_map.bind("localhost").build(
                        rule.endpoint, {name: given[name] for name in rule.arguments}, method=method
                    ),
                )


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.PROGRAMME])
def test_ids_of_another_edition_open_nothing_in_ones_own(app, client, role):
    an_edition_of_canaries()
    ids = their_ids()["any"]
    mine = make.an_edition(slug="mine")
    make.a_grant(Role.ORGANISER, mine)
    me = make.a_grant(role, mine).person
    signed_in(client, me)
    token = get(client, "/en/account/").token
    before, tried = foreign_rows(), 0

    for method, address in addresses(app, "mine", ids):
        if address.endswith(("/sign-out", "/account/erase")):
            continue
        form = {"csrf_token": token, **dict.fromkeys(("code", "uid", "id", "persona"), ids[0])}
        answer = client.open(address, method=method, data=form if method == "POST" else None)
        tried += 1
        assert CANARY.lower() not in answer.get_data(as_text=True).lower(), f"{method} {address}"
        assert answer.status_code < 500, f"{method} {address}"

        assert answer.location != "/en/sign-in", f"{method} {address}: signed out"

    assert tried > 50
    assert foreign_rows() == before


def foreign_rows() -> list[tuple[object, ...]]:
    """The rows of the other edition that somebody could have changed."""
    from forum.mailings.models import Mailing
    from forum.roles.models import Invitation, RoleGrant

    theirs = make.editions.queries.edition_by_slug("theirs")
    assert theirs is not None
    rows: list[tuple[object, ...]] = []
    for model in (Mailing, Invitation, RoleGrant):
        table = model.__table__
        rows += [tuple(row) for row in db.session.execute(select(table).where(table.c.edition_id == theirs.id))]
    return rows


def test_pages_of_another_edition_are_not_there(app, client):
    an_edition_of_canaries()
    ids = their_ids()["any"][:5]
    me = make.a_grant(Role.ORGANISER, make.an_edition(slug="mine")).person
    signed_in(client, me)
    token = get(client, "/en/account/").token
    rules = [rule for rule in app.url_map.iter_rules() if "slug" in rule.arguments]
    guarded = {str(rule) for rule in rules if declared_policy(app, rule.endpoint) not in PUBLIC_OF_BOTH}
    seen = set()

    for method, address in addresses(app, "theirs", ids):
        if "/theirs/" in address:
            answer = client.open(address, method=method, data={"csrf_token": token})
            seen.add(address.split("/theirs/")[1].split("/")[0])
            assert answer.status_code == 404, f"{method} {address}"
            assert CANARY.lower() not in answer.get_data(as_text=True).lower()

    assert guarded
    assert seen == {"manage"}
