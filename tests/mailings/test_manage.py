"""Organisers' pages of mailings."""

import json

import pytest

from forum.db import db
from forum.i18n import LANGUAGES
from forum.mail.models import MailState
from forum.mailings import queries, services
from forum.mailings.models import Mailing, MailingState
from forum.mailings.rules import BODY_LENGTH, SUBJECT_LENGTH, Audience
from forum.roles.models import Role
from tests import make
from tests.asked import counted
from tests.mailings.mailed import a_mailing, a_reader, outbox, sent
from tests.page import get, held_by, parsed, submit
from tests.signed_in import signed_in

PAGES = "/en/here/manage/mailings/"
WRITE = f"{PAGES}new"


@pytest.fixture
def edition(app):
    return make.an_edition(slug="here", name="Here", languages=["en", "ar"])


@pytest.fixture
def organiser(edition, client):
    """Who writes, and is one of those written to."""
    person = make.a_person(name="Mwila Chanda")
    make.a_grant(Role.ORGANISER, edition, person=person)
    signed_in(client, person)
    return person


def only_mailing() -> Mailing:
    return db.session.query(Mailing).one()


def buttons(page) -> list[str]:
    return page.texts("button")


def facts(page) -> dict[str, str]:
    return {
        " ".join("".join(one.find("dt").itertext()).split()): " ".join("".join(one.find("dd").itertext()).split())
        for one in page.all("div")
        if one.find("dt") is not None
    }


def remarks(page) -> list[str]:
    """What is said below the numbers."""
    (remarks,) = page.all("ul", class_="soft")
    return ["".join(one.itertext()) for one in remarks.iter("li")]


def readings(page) -> dict[str, tuple[str, ...]]:
    """By language: lang and dir of the letter, its subject, lang and dir of its text, and the text."""
    found = {}
    for section in page.all("section", class_="reading"):
        letter = section.find("div")
        prose = next(one for one in letter.iter("div") if one.get("class") == "prose")
        language = section.get("aria-labelledby").removeprefix("reading-")
        found[language] = (
            letter.get("lang"),
            letter.get("dir"),
            "".join(letter.find("p/strong").itertext()),
            prose.get("lang"),
            prose.get("dir"),
            "".join(prose.itertext()).strip(),
        )
    return found


def test_empty_list_says_what_will_be_here(organiser, client):
    page = get(client, PAGES)

    assert page.h1 == "Mailings"
    assert page.texts("p", class_="empty") == [
        "No draft. What you write stands here until it is sent.",
        "Nothing was sent yet. Mailings stand here with how far they have come.",
    ]
    assert [link.get("href") for link in page.all("a", class_="button")] == [WRITE]


def test_list_shows_drafts_and_how_far_the_sent_have_come(edition, organiser, client):
    for _ in range(4):
        a_reader(edition)
    sent(a_mailing(edition, subject="Out"))
    a_mailing(edition, subject="Unfinished", body="")
    a_mailing(make.an_edition(), subject="Of others")
    states = (MailState.SENT, MailState.SENDING, MailState.QUEUED, MailState.FAILED, MailState.CANCELLED)
    for row, state in zip(outbox(), states, strict=True):
        row.state = state

    page = get(client, PAGES)

    assert page.texts("ul", class_="daylist") == ["Unfinished 1 May 2026, 14:00"]
    assert page.texts("tr")[1:] == ["Out1 May 2026, 14:0051211"]


@pytest.mark.parametrize("mailings", [1, 3])
def test_list_asks_the_same_whatever_its_length(edition, organiser, client, mailings):
    for _ in range(mailings):
        sent(a_mailing(edition))
        a_mailing(edition)
    get(client, PAGES)  # Notes that the person was seen.

    with counted() as asked:
        get(client, PAGES)

    assert len(asked) == 6


def test_written_mailing_is_kept_as_a_draft(edition, organiser, client):
    page = get(client, WRITE)

    answer = submit(
        client,
        page,
        action=WRITE,
        roles=["desk", "funder"],
        languages=["ar"],
        is_service="y",
        subject_en=" Doors open ",
        body_en="At nine.\r\n\r\n- Water\r\n",
        subject_ar="الأبواب مفتوحة",
        body_ar="في التاسعة",
    )

    mailing = only_mailing()
    assert (answer.status_code, answer.location) == (303, f"{PAGES}{mailing.code}")
    assert mailing.subject.plain() == {"en": "Doors open", "ar": "الأبواب مفتوحة"}
    assert mailing.body.plain() == {"en": "At nine.\n\n- Water", "ar": "في التاسعة"}
    assert (mailing.subject.original_language, mailing.body.original_language) == ("en", "en")
    assert mailing.audience == {"sources": [], "roles": ["desk", "funder"], "languages": ["ar"]}
    assert (mailing.is_service, mailing.written_by, mailing.state) == (True, organiser.uid, MailingState.DRAFT)
    assert outbox() == []


def test_draft_is_shown_as_it_was_kept_and_saved_again_unchanged(edition, organiser, client):
    mailing = a_mailing(
        edition,
        subject={"en": "Doors", "ar": "الأبواب"},
        body={"en": "\n  Indented\n\nText"},
        audience=Audience(roles=(Role.DESK,), languages=("ar", "sw")),
        is_service=True,
    )
    before = (mailing.subject, mailing.audience, mailing.is_service, mailing.written_at)

    page = get(client, f"{PAGES}{mailing.code}")
    submit(client, page, action=f"{PAGES}{mailing.code}")

    db.session.expire_all()
    assert (mailing.subject, mailing.audience, mailing.is_service) == before[:3]
    assert mailing.body.plain() == {"en": "Indented\n\nText"}
    assert [(one.get("lang"), one.get("dir")) for one in page.all("textarea")] == [("en", "ltr"), ("ar", "rtl")]


def test_draft_says_how_many_it_would_reach(edition, organiser, client):
    a_reader(edition, language="ar")
    without = a_reader(edition, language="ar")
    without.addresses.clear()
    services.refuse(person=a_reader(edition), edition=edition, at=make.NOON)
    mailing = a_mailing(edition)

    page = get(client, f"{PAGES}{mailing.code}")

    assert facts(page) == {"Goes to": "2 people", "Arabic": "1", "English": "1", "Left out": "2"}
    assert remarks(page) == [
        "1 person has no address.",
        "1 person wants no mailings.",
        "1 person gets the original, since there is no text in their language.",
    ]


def test_draft_that_somebody_else_saved_is_not_overwritten_unseen(edition, organiser, client):
    mailing = a_mailing(edition, body="First")
    path = f"{PAGES}{mailing.code}"
    mine = get(client, path)
    submit(client, get(client, path), action=path, body_en="Theirs")

    answer = submit(client, mine, action=path, body_en="Mine")

    again = parsed(answer, path)
    assert (answer.status_code, only_mailing().body.plain()) == (422, {"en": "Theirs"})
    assert [text.strip() for text in again.texts("textarea", lang="en")] == ["Mine"]
    assert submit(client, again, action=path).status_code == 303
    assert only_mailing().body.plain() == {"en": "Mine"}


def test_draft_saved_twice_by_a_double_press_is_saved_once(edition, organiser, client):
    mailing = a_mailing(edition, body="First")
    path = f"{PAGES}{mailing.code}"
    page = get(client, path)

    answers = [submit(client, page, action=path, body_en="Second") for _ in range(2)]

    assert [one.status_code for one in answers] == [303, 303]


def test_bad_input_is_shown_again_with_its_fault_and_nothing_is_kept(edition, organiser, client):
    page = get(client, WRITE)
    written = {"subject_en": "s" * (SUBJECT_LENGTH + 1), "body_en": "b" * (BODY_LENGTH + 1), "subject_ar": "الأبواب"}

    answer = submit(client, page, action=WRITE, roles=["desk"], **written)

    again = parsed(answer, WRITE)
    assert answer.status_code == 422
    assert again.texts("small", id="subject_en-note") == ["Write at most 150 characters."]
    assert again.texts("small", id="body_en-note") == ["Write at most 20000 characters."]
    held = held_by(next(one for one in again.all("form") if one.get("action") == WRITE))
    assert held["roles"] == ["desk"]
    assert held["body_en"] == written["body_en"]
    assert [held["subject_en"], held["subject_ar"]] == [[written["subject_en"]], [written["subject_ar"]]]
    assert db.session.query(Mailing).count() == 0


@pytest.mark.parametrize("letter", ["\n", "\r", "\x00", "\x1b", "\x85", "\u2028", "\u2029"])
def test_subject_of_more_than_a_line_is_refused(edition, organiser, client, letter):
    answer = submit(client, get(client, WRITE), action=WRITE, subject_en=f"Doors{letter}Bcc: all@example.org")

    assert parsed(answer, WRITE).texts("small", id="subject_en-note") == [
        "A subject is one line of text. Take out line breaks and control characters."
    ]


def test_control_character_in_the_text_is_refused(edition, organiser, client):
    answer = submit(client, get(client, WRITE), action=WRITE, body_en="one\x00two")

    assert parsed(answer, WRITE).texts("small", id="body_en-note") == [
        "There is a control character in this text. Type it anew, or paste it as plain text."
    ]


@pytest.mark.parametrize(("field", "value"), [("roles", "administrator"), ("roles", "king"), ("languages", "tlh")])
def test_choice_that_is_not_offered_is_refused(edition, organiser, client, field, value):
    answer = submit(client, get(client, WRITE), action=WRITE, **{field: value})

    assert answer.status_code == 422
    assert parsed(answer, WRITE).texts("small", id=f"{field}-note") == ["Choose from what is offered."]


def test_preview_shows_what_each_language_reads(edition, organiser, client):
    for language in ("ar", "sw", "sw"):
        a_reader(edition, language=language)
    mailing = a_mailing(
        edition, subject={"en": "Doors", "ar": "الأبواب"}, body={"en": "At **nine**.", "ar": "في **التاسعة**."}
    )

    page = get(client, f"{PAGES}{mailing.code}/preview")

    assert readings(page) == {
        "sw": ("sw", "ltr", "Doors", "en", "ltr", "At nine."),
        "ar": ("ar", "rtl", "الأبواب", None, None, "في التاسعة."),
        "en": ("en", "ltr", "Doors", None, None, "At nine."),
    }
    assert list(readings(page)) == ["sw", "ar", "en"]
    assert facts(page) == {"Goes to": "4 people", "Swahili": "2", "Arabic": "1", "English": "1", "Left out": "0"}
    assert remarks(page) == [
        "Nobody who fits is left out.",
        "2 people get the original, since there is no text in their language.",
    ]
    assert remarks(get(client, f"{PAGES}{mailing.code}")) == remarks(page)
    assert "Send to 4 people" in buttons(page)
    assert "At **nine**." in page.texts("pre", lang="en")[0]


def test_preview_of_naughty_words_runs_nothing(edition, organiser, client):
    mailing = a_mailing(
        edition,
        subject="</strong><script>alert(1)</script>",
        body="<img src=x onerror=alert(2)> [x](javascript:alert(3)) [y](data:text/html,z) [z](https://example.org)",
    )

    page = get(client, f"{PAGES}{mailing.code}/preview")

    (prose,) = page.all("div", class_="prose")
    assert [one.get("href") for one in prose.iter("a")] == ["https://example.org"]
    assert page.all("script") + page.all("img") == []
    assert readings(page)["en"][2] == "</strong><script>alert(1)</script>"


def test_preview_of_an_unfinished_mailing_says_what_is_missing(edition, organiser, client):
    mailing = a_mailing(edition, subject={"en": "", "ar": "الأبواب"}, body={"en": "At nine."})

    page = get(client, f"{PAGES}{mailing.code}/preview")

    assert page.texts("p", class_="fault") == [
        "It cannot be sent yet. The subject, or the text, is missing in: English and Arabic."
    ]
    assert [one for one in buttons(page) if one.startswith("Send")] == []


def test_preview_for_nobody_offers_no_sending(edition, organiser, client):
    mailing = a_mailing(edition, audience=Audience(roles=(Role.DESK,)))

    page = get(client, f"{PAGES}{mailing.code}/preview")

    assert page.texts("p", class_="empty") == ["There is nobody to send this to. Choose other people."]
    assert [one for one in buttons(page) if one.startswith("Send")] == []


def test_sending_takes_the_number_that_was_shown(edition, organiser, client):
    reader = a_reader(edition)
    mailing = a_mailing(edition)
    page = get(client, f"{PAGES}{mailing.code}/preview")

    answer = submit(client, page, action=f"{PAGES}{mailing.code}/send")

    assert (answer.status_code, answer.location) == (303, f"{PAGES}{mailing.code}")
    assert {row.person_id for row in outbox()} == {organiser.id, reader.id}
    page = get(client, answer.location)
    assert page.texts("p", class_="notice") == ["The mailing is on its way to 2 people."]
    assert page.h1 == "A mailing that was sent"
    assert [facts(page)[name] for name in ("People", "Sent", "Waiting", "Failed", "Stopped")] == [
        "2",
        "0",
        "2",
        "0",
        "0",
    ]


def test_sending_asks_again_where_the_number_has_changed(edition, organiser, client):
    mailing = a_mailing(edition)
    page = get(client, f"{PAGES}{mailing.code}/preview")
    a_reader(edition)
    assert "Send to 1 person" in buttons(page)

    answer = submit(client, page, action=f"{PAGES}{mailing.code}/send")

    again = parsed(answer, f"{PAGES}{mailing.code}/send")
    assert (answer.status_code, outbox()) == (422, [])
    assert again.texts("p", class_="fault") == [
        "Nothing was sent yet: the number of people has changed meanwhile. It is 2 now. Look again, then send."
    ]
    assert "Send to 2 people" in buttons(again)
    assert submit(client, again, action=f"{PAGES}{mailing.code}/send").status_code == 303
    assert len(outbox()) == 2


def test_sending_asks_again_where_the_words_have_changed(edition, organiser, client):
    mailing = a_mailing(edition)
    preview = get(client, f"{PAGES}{mailing.code}/preview")
    submit(client, get(client, f"{PAGES}{mailing.code}"), action=f"{PAGES}{mailing.code}", body_en="Other words")

    answer = submit(client, preview, action=f"{PAGES}{mailing.code}/send")

    again = parsed(answer, f"{PAGES}{mailing.code}/send")
    assert (answer.status_code, outbox()) == (422, [])
    assert readings(again)["en"][5] == "Other words"


@pytest.mark.parametrize("seen", [{"people": ""}, {"people": "x"}, {"written": "yesterday"}, {"written": "2026-05-01"}])
def test_sending_without_what_was_seen_sends_nothing(edition, organiser, client, seen):
    mailing = a_mailing(edition)
    page = get(client, f"{PAGES}{mailing.code}/preview")

    answer = submit(client, page, action=f"{PAGES}{mailing.code}/send", **seen)

    assert (answer.status_code, answer.location, outbox()) == (303, page.path, [])
    assert get(client, page.path).texts("p", class_="fault") == ["Nothing was sent. Look again, then send."]


def test_sending_twice_sends_once(edition, organiser, client):
    mailing = a_mailing(edition)
    page = get(client, f"{PAGES}{mailing.code}/preview")

    answers = [submit(client, page, action=f"{PAGES}{mailing.code}/send") for _ in range(2)]

    assert [one.status_code for one in answers] == [303, 303]
    assert len(outbox()) == 1


def test_sent_mailing_cannot_be_changed_or_deleted(edition, organiser, client):
    mailing = a_mailing(edition, subject="As it was")
    page, ask = get(client, f"{PAGES}{mailing.code}"), get(client, f"{PAGES}{mailing.code}/delete")
    sent(mailing)

    changed = submit(client, page, action=f"{PAGES}{mailing.code}", subject_en="Other")
    deleted = submit(client, ask, action=f"{PAGES}{mailing.code}/delete")

    again = parsed(changed, f"{PAGES}{mailing.code}")
    assert (changed.status_code, deleted.status_code) == (422, 303)
    assert again.texts("p", class_="fault") == [
        "This mailing was sent and stays as it is. Use it as a template for another."
    ]
    assert [one.get("value") for one in again.all("input", name_="subject_en")] == ["Other"]
    assert only_mailing().subject.plain() == {"en": "As it was"}
    for page_of_draft in ("preview", "delete"):
        answer = client.get(f"{PAGES}{mailing.code}/{page_of_draft}")
        assert (answer.status_code, answer.location) == (303, f"{PAGES}{mailing.code}")


def test_draft_is_deleted_after_asking(edition, organiser, client):
    mailing = a_mailing(edition)
    page = get(client, f"{PAGES}{mailing.code}/delete")
    assert db.session.query(Mailing).count() == 1

    answer = submit(client, page, action=f"{PAGES}{mailing.code}/delete")

    assert (answer.status_code, answer.location) == (303, PAGES)
    assert db.session.query(Mailing).count() == 0


def test_sent_mailing_is_a_template(edition, organiser, client):
    mailing = sent(a_mailing(edition, audience=Audience(roles=(Role.ORGANISER,)), is_service=True))

    answer = submit(client, get(client, f"{PAGES}{mailing.code}"), action=f"{PAGES}{mailing.code}/copy")

    (draft,) = [one for one in queries.mailings_in(edition) if one.state is MailingState.DRAFT]
    assert (answer.status_code, answer.location) == (303, f"{PAGES}{draft.code}")
    assert (draft.subject, draft.body, draft.audience) == (mailing.subject, mailing.body, mailing.audience)
    assert (draft.is_service, draft.sent_at, draft.sent_to) == (True, None, 0)


ROUTES = [
    ("GET", ""),
    ("GET", "new"),
    ("POST", "new"),
    ("GET", "CODE"),
    ("POST", "CODE"),
    ("GET", "CODE/preview"),
    ("POST", "CODE/send"),
    ("GET", "CODE/delete"),
    ("POST", "CODE/delete"),
    ("POST", "CODE/copy"),
]


def asked_with_a_token(client, method: str, path: str) -> int:
    """The status of a request that carries a true token of this browser's, so that only the role can refuse it."""
    if method == "GET":
        return client.get(path).status_code
    token = get(client, "/en/account/").all("input", name_="csrf_token")[0].get("value")
    return client.post(path, data={"csrf_token": token}).status_code


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_pages_are_absent_for_other_roles(edition, client, method, path):
    mailing = a_mailing(edition)
    person = make.a_person()
    make.a_grant(Role.PROGRAMME, edition, person=person)
    make.a_grant(Role.ORGANISER, make.an_edition(), person=person)
    signed_in(client, person)

    assert asked_with_a_token(client, method, PAGES + path.replace("CODE", mailing.code)) == 404
    assert only_mailing().state is MailingState.DRAFT


@pytest.mark.parametrize(("method", "path"), [one for one in ROUTES if "CODE" in one[1]])
@pytest.mark.parametrize("code", ["other", "%00", "x" * 61, "no-such-mailing"])
def test_mailing_of_another_edition_and_of_none_are_absent(edition, organiser, client, method, path, code):
    other = a_mailing(make.an_edition())
    code = other.code if code == "other" else code

    assert asked_with_a_token(client, method, PAGES + path.replace("CODE", code)) == 404
    assert only_mailing().state is MailingState.DRAFT


def test_every_page_in_every_language_is_well_made(edition, organiser, client):
    draft, out = a_mailing(edition), sent(a_mailing(edition))
    for language in LANGUAGES:
        for path in ("", "new", draft.code, f"{draft.code}/preview", f"{draft.code}/delete", out.code):
            get(client, f"/{language}/here/manage/mailings/{path}")


def test_naughty_strings_are_kept_exactly_or_refused(edition, organiser, client, data):
    naughty = json.loads((data / "blns/blns.json").read_text())
    page, kept = get(client, WRITE), 0

    for text in naughty:
        answer = submit(client, page, action=WRITE, subject_en=text, body_en=text)
        if answer.status_code == 422:
            assert not text.isprintable() or len(text) > SUBJECT_LENGTH
            continue
        kept += 1
        mailing = queries.mailing_by_code(edition, answer.location.rpartition("/")[2])
        assert mailing.subject.shown("en").text == text.strip(" \r\n\t")
        assert mailing.body.shown("en").text == text.strip(" \n\t").replace("\r\n", "\n")
    assert kept > 450
