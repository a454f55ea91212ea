"""What one person reads of a mailing."""

import html5lib
import pytest
from flask_babel import force_locale, gettext

from forum.accounts.models import Person
from forum.db import db
from forum.i18n import LANGUAGES, direction
from forum.mail.letter import Letter
from forum.mail.rendering import message
from forum.mailings import services
from forum.mailings.letters import letter_for
from forum.mailings.links import unsubscribe_url
from tests import make
from tests.mailings.mailed import a_mailing, a_reader, row_for, sent

SUBJECTS = {"en": "Doors open", "fr": "Ouverture", "ar": "الأبواب مفتوحة", "sw": "Milango iko wazi"}
BODIES = {"en": "At **nine**.", "fr": "À **neuf** heures.", "ar": "في **التاسعة**.", "sw": "Saa **tatu**."}


def said_in(language: str, sentence: str, **values: str) -> str:
    with force_locale(language):
        return gettext(sentence, **values)


def letter_to(person: Person) -> Letter | None:
    return letter_for(row_for(person))


def parts(person: Person) -> tuple[str, str]:
    """The plain and the HTML text of the message as it leaves."""
    row = row_for(person)
    made = message(row, letter_for(row))
    return tuple(part.get_content() for part in made.iter_parts())


def test_six_people_read_it_each_in_their_language(app):
    edition = make.an_edition(languages=list(SUBJECTS), name="Umoja")
    people = {language: a_reader(edition, language=language, name=f"Ada {language}") for language in LANGUAGES}
    sent(a_mailing(edition, subject=SUBJECTS, body=BODIES))

    for language, person in people.items():
        letter = letter_to(person)
        written_in = language if language in SUBJECTS else "en"
        assert (letter.subject, letter.markdown) == (SUBJECTS[written_in], BODIES[written_in])
        assert letter.to == person.primary_address.email
        assert letter.paragraphs[0] == said_in(language, "Hello %(name)s,", name=person.name)
        assert letter.notes[0] == said_in(
            language, "You get this because you have a role in %(edition)s.", edition="Umoja"
        )
        assert letter.markdown_language == ("" if language in SUBJECTS else "en")
        assert len(letter.paragraphs) == (1 if language in SUBJECTS else 2)


def test_message_runs_the_way_its_language_does(app):
    edition = make.an_edition(languages=["en", "ar"])
    texts = {"en": "Doors open", "ar": "الأبواب مفتوحة"}
    people = {language: a_reader(edition, language=language) for language in ("ar", "fr")}
    sent(a_mailing(edition, subject=texts, body=texts))

    def shown(person):
        tree = html5lib.parse(parts(person)[1], namespaceHTMLElements=False)
        (body,) = [one for one in tree.iter("div") if one.find("p") is not None]
        return tree.get("lang"), tree.get("dir"), body.get("lang"), body.get("dir"), "".join(body.itertext()).strip()

    assert shown(people["ar"]) == ("ar", "rtl", None, None, texts["ar"])
    assert shown(people["fr"]) == ("fr", direction("fr"), "en", "ltr", texts["en"])


def test_original_in_arabic_is_marked_for_who_reads_english(app):
    edition = make.an_edition(languages=["ar"])
    reader = a_reader(edition)
    sent(a_mailing(edition, subject={"ar": "الأبواب"}, body={"ar": "مفتوحة"}))

    assert letter_to(reader).markdown_language == "ar"
    assert (
        letter_to(reader).paragraphs[1]
        == "this message was not written in your language; here it is in another: Arabic."
    )
    assert '<div lang="ar" dir="rtl">' in parts(reader)[1]


def test_person_without_a_name_is_greeted_without_one(app):
    edition = make.an_edition()
    reader = a_reader(edition, name="")
    sent(a_mailing(edition))

    assert letter_to(reader).paragraphs == ("Hello,",)


def test_letter_names_the_link_that_ends_mailings(app):
    edition = make.an_edition()
    reader = a_reader(edition, language="fr")
    sent(a_mailing(edition))
    url = unsubscribe_url(reader, edition, "fr")

    letter = letter_to(reader)

    assert url.startswith("http://127.0.0.1:8000/fr/unsubscribe/")
    assert letter.list_unsubscribe == url
    assert letter.notes[1].endswith(url)
    assert message(row_for(reader), letter)["List-Unsubscribe"] == f"<{url}>"


def test_who_refuses_after_sending_gets_nothing(app):
    edition, elsewhere = make.an_edition(), make.an_edition()
    refusing, other = a_reader(edition), a_reader(edition)
    sent(a_mailing(edition))

    services.refuse(person=refusing, edition=edition, at=make.NOON)
    services.refuse(person=other, edition=elsewhere, at=make.NOON)

    assert letter_to(refusing) is None
    assert letter_to(other).to == other.primary_address.email


def test_service_message_goes_to_who_refuses_and_offers_no_end(app):
    edition = make.an_edition()
    refusing = a_reader(edition)
    services.refuse(person=refusing, edition=edition, at=make.NOON)
    sent(a_mailing(edition, is_service=True))

    letter = letter_to(refusing)

    assert letter.to == refusing.primary_address.email
    assert letter.list_unsubscribe == ""
    assert [note for note in letter.notes if "unsubscribe" in note] == []


def test_who_has_no_address_any_more_or_is_gone_gets_nothing(app):
    edition = make.an_edition()
    without, gone = a_reader(edition), a_reader(edition)
    sent(a_mailing(edition))
    row_of_gone = row_for(gone)

    without.addresses.clear()
    db.session.delete(gone)
    db.session.flush()
    db.session.expire_all()

    assert letter_to(without) is None
    assert row_of_gone.person_id is None
    assert letter_for(row_of_gone) is None


def test_markdown_is_source_in_plain_text_and_html_that_runs_nothing(app):
    edition = make.an_edition()
    reader = a_reader(edition, name="<b>Eve</b>")
    body = "\n".join(
        [
            "- [bad](javascript:alert(1)) and [good](https://example.org)",
            "- <script>alert(2)</script> <img src=x onerror=alert(3)>",
        ]
    )
    sent(a_mailing(edition, subject='"><script>alert(4)</script>', body=body))

    plain, html = parts(reader)
    tree = html5lib.parse(html, namespaceHTMLElements=False)

    assert body in plain
    written, _way_out = [one.get("href") for one in tree.iter("a")]
    assert written == "https://example.org"
    assert [tag for tag in ("script", "img", "b") if list(tree.iter(tag))] == []
    assert len(list(tree.iter("li"))) == 2
    assert next(tree.iter("title")).text == '"><script>alert(4)</script>'


def test_line_break_in_a_name_adds_no_line(app):
    edition = make.an_edition()
    reader = a_reader(edition, name="Eve\r\nBcc: all@example.org\n\nYou won")
    sent(a_mailing(edition))

    assert letter_to(reader).paragraphs == ("Hello Eve Bcc: all@example.org You won,",)


def test_letter_is_the_same_within_a_request(app):
    """The worker may write it with a request around it or without."""
    edition = make.an_edition()
    reader = a_reader(edition, language="ar")
    sent(a_mailing(edition))
    outside = letter_to(reader)

    with app.test_request_context("/en/", base_url="http://127.0.0.1:8000"):
        assert letter_to(reader) == outside


def test_row_of_no_mailing_is_a_mistake(app):
    edition = make.an_edition()
    reader = a_reader(edition)
    sent(a_mailing(edition))
    row = row_for(reader)
    row.mailing_id = None

    with pytest.raises(AssertionError):
        letter_for(row)
