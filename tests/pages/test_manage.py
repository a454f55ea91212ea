"""The front pages of the workshop and of the site's administration."""

from forum.db import db
from forum.roles import queries
from forum.roles.models import Role
from tests import make
from tests.page import get, submit
from tests.signed_in import signed_in


def test_workshop_says_what_one_is_and_leads_to_what_one_may(app, client):
    edition = make.an_edition(slug="here", name="Here")
    person = make.a_person()
    make.a_grant(Role.TRANSLATOR, edition, person=person, language="fr")
    make.a_grant(Role.REVIEWER, edition, person=person)
    signed_in(client, person)

    page = get(client, "/en/here/manage/")

    assert page.texts("dd")[0] == "Translator (French) · Reviewer"
    assert [link.get("href") for link in page.tree.find(".//main").iter("a")] == []


def test_workshop_leads_an_organiser_everywhere(app, client):
    signed_in(client, make.a_grant(Role.ORGANISER, make.an_edition(slug="here")).person)

    page = get(client, "/en/here/manage/")

    for link in page.tree.find(".//main").iter("a"):
        assert client.get(link.get("href")).status_code == 200
    assert len(list(page.tree.find(".//main").iter("a"))) == 4


def test_site_page_lists_editions_and_administrators(app, client):
    make.an_edition(slug="here", name="Here")
    signed_in(client, make.a_grant(Role.ADMINISTRATOR, person=make.a_person(name="Kofi Asante")).person)

    page = get(client, "/en/admin/")

    assert page.texts("b") == ["Here"]
    assert [text.split(" Since")[0] for text in page.texts("li", class_="split")] == ["Kofi Asante (you)"]


def test_last_administrator_stays_and_reads_why(app, client):
    given = make.a_grant(Role.ADMINISTRATOR)
    signed_in(client, given.person)

    submit(client, get(client, "/en/admin/"), action=f"/en/admin/administrators/{given.code}/withdraw")

    assert get(client, "/en/admin/").texts("p", role="status") == [
        "The site keeps at least one administrator. Give the role to somebody else first."
    ]
    assert queries.holders(None, Role.ADMINISTRATOR) == 1


def test_administrator_is_taken_off_by_another(app, client):
    other = make.a_grant(Role.ADMINISTRATOR).code
    signed_in(client, make.a_grant(Role.ADMINISTRATOR).person)

    answer = submit(client, get(client, "/en/admin/"), action=f"/en/admin/administrators/{other}/withdraw")

    assert (answer.status_code, answer.location) == (303, "/en/admin/")
    assert queries.holders(None, Role.ADMINISTRATOR) == 1


def test_role_of_an_edition_cannot_be_taken_away_from_the_site_page(app, client):
    organiser = make.a_grant(Role.ORGANISER)
    make.a_grant(Role.ORGANISER, organiser.edition)
    signed_in(client, make.a_grant(Role.ADMINISTRATOR).person)
    page = get(client, "/en/admin/")
    token = page.token
    db.session.commit()

    client.post(f"/en/admin/administrators/{organiser.code}/withdraw", data={"csrf_token": token})

    assert queries.holders(organiser.edition, Role.ORGANISER) == 2
