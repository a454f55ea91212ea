"""Mail in the folder, for the administrator while no mail server is set."""

import pytest

from forum.mail.folder import paragraphs
from forum.roles.models import Role
from tests import make
from tests.mail.post import a_letter, a_mail
from tests.page import get
from tests.signed_in import signed_in


@pytest.fixture
def administrator(client):
    return signed_in(client, make.a_grant(Role.ADMINISTRATOR).person)


def test_folder_lists_what_was_written(administrator, folder, deliver):
    first = a_mail(a_letter(to="anna@example.org", subject="First"))
    second = a_mail(a_letter(to="bob@example.org", subject="رابطك"), language="ar", urgency=9)
    deliver()

    page = get(administrator, "/en/admin/mail/")

    listed = page.all("ul", class_="daylist")[0]
    assert [(link.get("href"), link.find("b").text) for link in listed.iter("a")] == [
        (f"/en/admin/mail/{second.uid}", "رابطك"),
        (f"/en/admin/mail/{first.uid}", "First"),
    ]
    assert [bdi.text for bdi in listed.iter("bdi")] == ["bob@example.org", "anna@example.org"]


def test_empty_folder_says_so(administrator, folder):
    page = get(administrator, "/en/admin/mail/")

    assert len(page.all("p", class_="empty")) == 1


def test_letter_shows_its_text_and_leads_to_our_pages_alone(administrator, folder, deliver):
    row = a_mail(
        a_letter(
            subject="Your link",
            paragraphs=("<b>Hello</b>", "See https://elsewhere.example/x and http://localhost//elsewhere.example/y"),
            url="http://127.0.0.1:8000/en/sign-in/link/abc?x=1",
            action="Sign in",
        )
    )
    deliver()

    page = get(administrator, f"/en/admin/mail/{row.uid}")

    card = page.all("div", class_="card")[0]
    assert page.h1 == "Your link"
    assert [(link.get("href"), link.text) for link in card.iter("a")] == [
        ("/en/sign-in/link/abc?x=1", "http://127.0.0.1:8000/en/sign-in/link/abc?x=1")
    ]
    assert [" ".join(" ".join(p.itertext()).split()) for p in card] == [
        "<b>Hello</b>",
        "See https://elsewhere.example/x and http://localhost//elsewhere.example/y",
        "Sign in: http://127.0.0.1:8000/en/sign-in/link/abc?x=1",
    ]


@pytest.mark.parametrize("path", ["//elsewhere.example/", "/\\elsewhere.example/", "\\elsewhere.example/"])
def test_address_that_browsers_take_for_another_site_leads_nowhere(path):
    """WHATWG URL: a backslash is a slash."""
    pieces = [piece for text in paragraphs(f"http://localhost{path}", ["localhost"]) for piece in text[0]]

    assert [piece.path for piece in pieces] == [""]


@pytest.mark.parametrize("name", ["..", "..%2Fsecret", "secret", "{UID}.eml", "{uid}/..", "{upper}"])
def test_name_leads_nowhere_but_into_the_folder(administrator, folder, deliver, name):
    row = a_mail()
    deliver()
    (folder.parent / "secret.eml").write_text("Subject: canary\n\ncanary")
    (folder / "secret.eml").write_text("Subject: canary\n\ncanary")

    asked = name.replace("{UID}", str(row.uid)).replace("{uid}", str(row.uid)).replace("{upper}", str(row.uid).upper())

    answer = administrator.get(f"/en/admin/mail/{asked}")

    assert answer.status_code in (404, 308)
    assert get(administrator, "/en/admin/mail/").html.count("canary") == 0


def test_folder_does_not_exist_where_a_mail_server_is_set(administrator, folder, deliver, app, monkeypatch):
    row = a_mail()
    deliver()
    monkeypatch.setitem(app.config, "SMTP_URL", "smtps://mail.example.org")

    get(administrator, "/en/admin/mail/", 404)
    get(administrator, f"/en/admin/mail/{row.uid}", 404)


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.FUNDER])
def test_folder_does_not_exist_for_others(client, folder, deliver, role):
    row = a_mail()
    deliver()
    visitor = signed_in(client, make.a_grant(role).person)

    get(visitor, "/en/admin/mail/", 404)
    get(visitor, f"/en/admin/mail/{row.uid}", 404)
