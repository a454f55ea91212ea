"""The page of the audit log."""

from datetime import UTC, datetime, timedelta

import pytest

from forum.audit.manage import PAGE
from forum.audit.services import CHANGED, COMMAND, Actor, record
from forum.db import db
from forum.roles import services as roles
from forum.roles.models import Role
from tests import make
from tests.asked import counted
from tests.make import NOON
from tests.page import get
from tests.signed_in import signed_in

LOG = "/en/here/manage/audit"


@pytest.fixture
def edition(app):
    return make.an_edition(slug="here", name="Here")


@pytest.fixture
def organiser(edition, client):
    person = make.a_person(name="Mwila Chanda")
    make.a_grant(Role.ORGANISER, edition, person=person)
    signed_in(client, person)
    return person


def write(edition, **given):
    wanted = {"by": COMMAND, "action": "mailings.send", "record_type": "mailing", "record": "M1", "at": NOON}
    entry = record(edition_id=edition.id, **{**wanted, **given})
    db.session.commit()
    return entry


def lines(page):
    """What each entry says, with its details."""
    return [" ".join("".join(one.itertext()).split()) for one in page.all("li") if one.get("value")]


def test_log_says_who_did_what_when_in_which_role_and_what_changed(edition, organiser, client):
    fatou = make.a_person(name="Fatou Sarr")
    at = datetime(2026, 5, 2, 22, 30, tzinfo=UTC)
    given = roles.grant(person=fatou, role=Role.DESK, edition=edition, by=Actor(organiser.uid, "organiser"), at=at)
    roles.withdraw(given=given, by=Actor(organiser.uid, "organiser"), at=at + timedelta(hours=1))

    page = get(client, LOG)

    assert lines(page) == [
        "Mwila Chanda took a role from Fatou Sarr. 3 May 2026, 01:30 · Organiser · No. 3 "
        "Role: no longer Registration desk",
        "Mwila Chanda gave Fatou Sarr a role. 3 May 2026, 00:30 · Organiser · No. 2 Role: Registration desk",
        "A command on the server gave Mwila Chanda a role. 1 May 2026, 14:00 · Command · No. 1 Role: Organiser",
    ]
    assert page.text.count("Lusaka (UTC+2)") == 1
    assert page.headers["Cache-Control"] == "no-store"


def test_who_has_left_has_no_name_any_more(edition, organiser, client):
    gone = make.a_person(name="Once Here")
    write(edition, by=Actor(gone.uid, "programme"), changes={"email": CHANGED})
    db.session.delete(gone)
    db.session.commit()

    page = get(client, LOG)

    assert lines(page)[0] == (
        "somebody who has left sent the mailing M1. 1 May 2026, 14:00 · Programme · No. 2 E-mail address: changed"
    )
    assert "somebody who has left" in page.texts("option")
    assert "Once Here" not in page.html


def test_log_of_another_edition_is_not_shown(edition, organiser, client):
    elsewhere = make.an_edition(slug="elsewhere")
    write(elsewhere, record="Canary")

    assert "Canary" not in get(client, LOG).html
    get(client, "/en/elsewhere/manage/audit", status=404)


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [4, 3, 2, 1]),
        ("area=roles", [1]),
        ("area=mailings&record=mailing", [4, 2]),
        ("role=command", [3, 2, 1]),
        ("record=outbox_mail", [3]),
        ("person={uid}", [4]),
        ("since=2026-05-03", [4, 3]),
        ("until=2026-05-02", [2, 1]),
        ("since=2026-05-03&until=2026-05-03", [3]),
        ("area=mailings&since=2026-05-04", [4]),
        ("before=3", [2, 1]),
        ("before=3&area=mailings", [2]),
        ("before=-1", [4, 3, 2, 1]),
        ("before=99999999999999999999", [4, 3, 2, 1]),
        ("before=x&slug=y&_scheme=z", [4, 3, 2, 1]),
        ("person={uid}&area=roles", []),
    ],
)
def test_log_is_filtered_by_what_was_asked(edition, organiser, client, query, numbers):
    write(edition, at=NOON + timedelta(days=1))
    write(edition, at=datetime(2026, 5, 2, 22, tzinfo=UTC), action="mail.try_now", record_type="outbox_mail")
    write(edition, at=datetime(2026, 5, 3, 22, tzinfo=UTC), by=Actor(organiser.uid, "organiser"))

    page = get(client, f"{LOG}?{query.format(uid=organiser.uid)}")

    assert [int(one.get("value")) for one in page.all("li") if one.get("value")] == numbers


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("area=nothing", "This choice is not there; all are shown."),
        ("person=4f0d1a34-0fa5-4b19-8f55-4a4d0bd6d1a9", "This choice is not there; all are shown."),
        ("person=%00", "This choice is not there; all are shown."),
        ("since=yesterday", "Write a day, such as 2026-05-12; all days are shown."),
        ("until=9999-12-31", "Write a day, such as 2026-05-12; all days are shown."),
        ("since=0001-01-01", "Write a day, such as 2026-05-12; all days are shown."),
    ],
)
def test_filter_that_cannot_be_is_named_and_left_out(edition, organiser, client, query, fault):
    page = get(client, f"{LOG}?{query}")

    assert len(lines(page)) == 1
    assert page.texts("small")[0] == fault


def test_long_log_is_read_page_by_page_with_its_filters(edition, organiser, client):
    for _ in range(PAGE + 1):
        write(edition)

    first = get(client, f"{LOG}?area=mailings")
    older = next(link.get("href") for link in first.all("a") if "before" in link.get("href", ""))
    second = get(client, older)

    assert older == f"{LOG}?before=3&area=mailings"
    assert ([len(lines(first)), len(lines(second))]) == [PAGE, 1]
    assert [link.get("href") for link in second.all("a") if link.text == "Newest entries"] == [f"{LOG}?area=mailings"]
    assert "Older entries" not in second.text


@pytest.mark.parametrize("more", [1, 3])
def test_log_asks_the_database_as_often_for_many_as_for_one(edition, organiser, client, more):
    for _ in range(more):
        one, other = make.a_person(), make.a_person()
        write(edition, by=Actor(one.uid, "organiser"), record_type="person", record=other.uid, action="roles.grant")

    with counted() as asked:
        page = get(client, LOG)

    assert len(lines(page)) == more + 1
    assert len(asked) == 9


def test_log_that_nothing_fits_says_so(edition, organiser, client):
    assert get(client, f"{LOG}?until=2020-01-01").texts("p", class_="empty") == [
        "No entry fits. Take a filter away to see more."
    ]


def test_log_of_an_edition_in_which_nothing_was_done_says_so(edition, client):
    administrator = make.a_grant(Role.ADMINISTRATOR).person
    signed_in(client, administrator)

    assert get(client, LOG).texts("p", class_="empty") == [
        "Nothing was done yet. Whatever somebody does in this workshop will stand here."
    ]


@pytest.mark.parametrize("language", ["ar", "fr", "sw"])
def test_log_is_a_page_in_every_language(edition, organiser, client, language):
    page = get(client, f"/{language}/here/manage/audit")

    assert len(lines(page)) == 1


@pytest.mark.parametrize("role", [Role.PROGRAMME, Role.DESK, Role.FUNDER, Role.ASSESSOR])
def test_log_is_absent_for_other_roles(edition, client, role):
    signed_in(client, make.a_grant(role, edition).person)

    get(client, LOG, status=404)
    get(client, f"{LOG}/export", status=404)


def test_log_of_the_site_says_what_belongs_to_no_edition(edition, client):
    person = make.a_person(name="Kofi Asante", time_zone="Africa/Accra")
    make.a_grant(Role.ADMINISTRATOR, person=person)
    write(edition)
    record(by=Actor(person.uid, "self"), action="accounts.add_passkey", record_type="passkey", record="P1", at=NOON)
    db.session.commit()
    signed_in(client, person)

    page = get(client, "/en/admin/audit")

    assert lines(page) == [
        "Kofi Asante set up a passkey. 1 May 2026, 12:00 · For themselves · No. 2",
        "A command on the server gave Kofi Asante a role. 1 May 2026, 12:00 · Command · No. 1 Role: Site administrator",
    ]
    assert page.text.count("Accra (UTC)") == 1


def test_filter_of_the_sites_log_leads_back_to_it(app, client):
    signed_in(client, make.a_grant(Role.ADMINISTRATOR).person)

    page = get(client, "/en/admin/audit?until=2020-01-01")

    assert lines(page) == []
    assert [form.get("action") for form in page.all("form", method="get")] == ["/en/admin/audit"]
