"""Delivery to a real mail server that takes, refuses, is slow, is away, or hangs up in the middle."""

import logging
from datetime import timedelta

import pytest

from forum.db import db
from forum.mail.models import MailState
from tests import make
from tests.mail.post import a_letter, a_mail, let_in, post_office, silent_server
from tests.make import NOON
from tests.page import get, submit
from tests.site.server import free_port

MINUTE = timedelta(minutes=1)


def seen(row):
    """Where a message is, as the database has it now."""
    db.session.expire_all()
    return (row.state, row.attempts, row.last_reply)


def test_message_arrives_whole(office, deliver):
    letter = a_letter(to="anna@example.org", subject="رابطك", paragraphs=("مرحبا", ". A line that begins with a dot"))
    row = a_mail(letter, language="ar")

    assert deliver() == 1

    assert (office.the_one().sender, office.the_one().recipients) == ("no-reply@localhost", ["anna@example.org"])
    message = office.the_one().message
    assert (message["Subject"], message["To"], message["Content-Language"]) == ("رابطك", "anna@example.org", "ar")
    assert message["Message-ID"] == f"<{row.uid}@localhost>"
    assert message["Date"].datetime == NOON
    assert office.the_one().part("plain") == "مرحبا\n\n. A line that begins with a dot\n"
    assert office.the_one().part("html").count('<html lang="ar" dir="rtl">') == 1
    assert seen(row) == (MailState.SENT, 1, "250 2.0.0")
    assert (row.sent_at, row.claimed_at) == (NOON, None)


def test_messages_of_a_run_share_one_connection(office, deliver):
    for _ in range(3):
        a_mail()

    assert deliver() == 3

    assert (len(office.received), office.connections) == (3, 1)


def test_most_urgent_goes_first_then_the_oldest(office, deliver):
    for urgency, subject in ((9, "mailing"), (5, "notice"), (9, "another"), (0, "screen")):
        a_mail(a_letter(subject=subject), urgency=urgency)

    deliver()

    assert [one.message["Subject"] for one in office.received] == ["screen", "notice", "mailing", "another"]


def test_urgent_message_overtakes_a_mailing_under_way(office, deliver):
    for subject in ("first", "second"):
        a_mail(a_letter(subject=subject), urgency=9)
    asked = []

    def may_go_on():
        asked.append(len(office.received))
        if asked == [0, 1]:
            a_mail(a_letter(subject="urgent"), urgency=0)
        return True

    deliver(may_go_on=may_go_on)

    assert [one.message["Subject"] for one in office.received] == ["first", "urgent", "second"]


def test_worker_that_is_told_to_stop_leaves_the_rest(office, deliver):
    rows = [a_mail(), a_mail()]

    assert deliver(may_go_on=lambda: not office.received) == 1

    assert [seen(row)[0] for row in rows] == [MailState.SENT, MailState.QUEUED]


def test_server_that_is_down_costs_a_minute(app, deliver, monkeypatch):
    monkeypatch.setitem(app.config, "SMTP_URL", f"smtp+plain://127.0.0.1:{free_port()}")
    row = a_mail()

    deliver()

    assert seen(row) == (MailState.QUEUED, 1, "connection refused")
    assert row.next_try_at == NOON + MINUTE


def test_message_waits_for_a_server_that_comes_back(app, deliver, monkeypatch):
    monkeypatch.setitem(app.config, "SMTP_URL", f"smtp+plain://127.0.0.1:{free_port()}")
    row = a_mail()
    deliver()

    with post_office() as office:
        monkeypatch.setitem(app.config, "SMTP_URL", office.url)
        assert deliver(NOON + MINUTE - timedelta(seconds=1)) == 0
        assert deliver(NOON + MINUTE) == 1

    assert seen(row) == (MailState.SENT, 2, "250 2.0.0")
    assert len(office.received) == 1


def test_slow_server_is_given_up_after_the_time_out(app, deliver, monkeypatch):
    row = a_mail()
    with silent_server() as url:
        monkeypatch.setitem(app.config, "SMTP_URL", url)
        deliver(timeout_seconds=0.2)

    assert seen(row) == (MailState.QUEUED, 1, "timed out")


def test_unknown_host_is_tried_again(app, deliver, monkeypatch):
    monkeypatch.setitem(app.config, "SMTP_URL", "smtp+plain://mail.invalid")
    row = a_mail()

    deliver()

    assert seen(row) == (MailState.QUEUED, 1, "host not found")


def test_recipient_refused_for_now_is_tried_again(office, deliver):
    office.at_rcpt = ["450 4.2.1 anna@example.org is busy"]
    row = a_mail()

    deliver()

    assert seen(row) == (MailState.QUEUED, 1, "450 4.2.1")
    assert deliver(NOON + MINUTE) == 1
    assert seen(row) == (MailState.SENT, 2, "250 2.0.0")


def test_content_refused_for_now_is_tried_again(office, deliver):
    office.at_data = ["451 4.3.0 later"]
    row = a_mail()

    deliver()

    assert seen(row) == (MailState.QUEUED, 1, "451 4.3.0")


def test_server_that_closes_does_not_take_the_next_message_with_it(office, deliver):
    office.at_rcpt = ["421 4.3.2 closing"]
    rows = [a_mail(), a_mail()]

    deliver()

    assert [seen(row)[0] for row in rows] == [MailState.QUEUED, MailState.SENT]
    assert office.connections == 2


@pytest.mark.parametrize("where", ["at_rcpt", "at_data"])
def test_refusal_for_good_fails_and_is_noted_at_the_address(office, deliver, where):
    person, other = make.a_person(email="anna@example.org"), make.a_person()
    setattr(office, where, ["550 5.1.1 no anna@example.org here"])
    row = a_mail(a_letter(to="Anna@Example.org"))

    deliver()

    assert seen(row) == (MailState.FAILED, 1, "550 5.1.1")
    assert (person.addresses[0].refused_at, person.addresses[0].refusal) == (NOON, "550 5.1.1")
    assert other.addresses[0].refused_at is None
    assert row.letter is not None
    assert deliver(NOON + timedelta(days=30)) == 0


def test_message_that_is_taken_clears_the_refusal(office, deliver):
    person = make.a_person(email="anna@example.org")
    address = person.addresses[0]
    other = make.a_person().addresses[0]
    address.refused_at = other.refused_at = NOON
    address.refusal = other.refusal = "550 5.1.1"
    a_mail(a_letter(to="anna@example.org"))

    deliver()

    db.session.expire_all()
    assert (address.refused_at, address.refusal) == (None, "")
    assert (other.refused_at, other.refusal) == (NOON, "550 5.1.1")


def test_refusal_for_one_stops_nobody_else(office, deliver):
    office.at_rcpt = ["550 5.1.1 no"]
    rows = [a_mail(), a_mail()]

    deliver()

    assert [seen(row)[0] for row in rows] == [MailState.FAILED, MailState.SENT]


def test_connection_cut_after_the_message_was_taken_comes_again_under_the_same_id(office, deliver):
    office.at_data = ["cut"]
    row = a_mail()

    deliver()

    assert seen(row) == (MailState.QUEUED, 1, "connection cut")
    deliver(NOON + MINUTE)
    assert seen(row)[0] is MailState.SENT
    ids = [one.message["Message-ID"] for one in office.received]
    assert ids == [f"<{row.uid}@localhost>"] * 2


def test_address_in_another_script_goes_to_a_server_that_takes_it(office, deliver):
    row = a_mail(a_letter(to="josé@bücher.example"))

    deliver()

    assert seen(row)[0] is MailState.SENT
    assert office.the_one().recipients == ["josé@xn--bcher-kva.example"]


def test_address_in_another_script_fails_where_the_server_does_not_take_it(app, deliver, monkeypatch):
    row = a_mail(a_letter(to="josé@example.org"))

    with post_office(enable_SMTPUTF8=False) as office:
        monkeypatch.setitem(app.config, "SMTP_URL", office.url)
        deliver()

    assert seen(row) == (MailState.FAILED, 1, "no SMTPUTF8")


def test_what_is_no_address_fails_and_never_reaches_the_server(office, deliver):
    row = a_mail(a_letter(to="anna@example.org\r\nRCPT TO:<other@example.org>"))

    deliver()

    assert seen(row) == (MailState.FAILED, 1, "no address")
    assert office.connections == 0


def at_tls(office, scheme, host="localhost", who=""):
    return f"{scheme}://{who}{host}:{office.port}"


@pytest.mark.parametrize("scheme", ["smtps", "smtp"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_encrypted_delivery_to_a_server_we_can_verify(app, deliver, monkeypatch, signed, scheme, host):
    row = a_mail()
    monkeypatch.setitem(app.config, "SMTP_CA_FILE", str(signed.authority))
    tls = {"ssl_context": signed.for_server} if scheme == "smtps" else {"tls_context": signed.for_server}

    with post_office(**tls, **({"require_starttls": True} if scheme == "smtp" else {})) as office:
        monkeypatch.setitem(app.config, "SMTP_URL", at_tls(office, scheme, host))
        deliver()

    assert seen(row)[0] is MailState.SENT
    assert len(office.received) == 1


@pytest.mark.parametrize("scheme", ["smtps", "smtp"])
def test_server_that_cannot_prove_who_it_is_gets_nothing(app, deliver, monkeypatch, signed, scheme, caplog):
    row = a_mail()
    tls = {"ssl_context": signed.for_server} if scheme == "smtps" else {"tls_context": signed.for_server}

    with post_office(**tls) as office:
        monkeypatch.setitem(app.config, "SMTP_URL", at_tls(office, scheme))
        deliver()

    assert seen(row) == (MailState.QUEUED, 1, "certificate not verified")
    assert office.received == []
    assert [record.levelno for record in caplog.records if record.name == app.logger.name] == [logging.ERROR]


def test_certificate_for_another_name_is_refused(app, deliver, monkeypatch, signed):
    row = a_mail()
    monkeypatch.setitem(app.config, "SMTP_CA_FILE", str(signed.authority))

    with post_office(ssl_context=signed.for_server, hostname="127.0.0.2") as office:
        monkeypatch.setitem(app.config, "SMTP_URL", at_tls(office, "smtps", "127.0.0.2"))
        deliver()

    assert seen(row) == (MailState.QUEUED, 1, "certificate not verified")


def test_server_without_starttls_gets_nothing(office, app, deliver, monkeypatch):
    row = a_mail()
    monkeypatch.setitem(app.config, "SMTP_URL", at_tls(office, "smtp", "127.0.0.1"))

    deliver()

    assert seen(row) == (MailState.QUEUED, 1, "no STARTTLS")
    assert office.received == []


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("anna:right%3Aword@", (MailState.SENT, 1, "250 2.0.0")),
        ("anna:wrong@", (MailState.QUEUED, 1, "535 5.7.8 sign-in refused")),
    ],
)
def test_sign_in_at_the_server(app, deliver, monkeypatch, signed, who, expected, caplog):
    row = a_mail(a_letter(to="canary@example.org"))
    monkeypatch.setitem(app.config, "SMTP_CA_FILE", str(signed.authority))

    with post_office(ssl_context=signed.for_server, authenticator=let_in, auth_require_tls=False) as office:
        monkeypatch.setitem(app.config, "SMTP_URL", at_tls(office, "smtps", who=who))
        deliver()

    assert seen(row) == expected
    assert caplog.text.count("canary") == 0
    assert caplog.text.count("word") == caplog.text.count("password of SMTP_URL")


def test_password_is_not_sent_to_a_server_without_encryption(office, app, deliver, monkeypatch):
    row = a_mail()
    monkeypatch.setitem(app.config, "SMTP_URL", at_tls(office, "smtp", "127.0.0.1", "anna:secret@"))

    deliver()

    assert seen(row)[2] == "no STARTTLS"


def test_nobody_is_named_in_the_log(app, office, deliver, caplog, monkeypatch):
    caplog.set_level(logging.DEBUG)
    office.at_rcpt = ["550 5.1.1 canary@example.org unknown", "450 canary", "250 ok canary"]
    office.at_data = ["cut", "554 5.7.1 canary@example.org is spam"]
    for _ in range(6):
        a_mail(a_letter(to="canary@example.org", subject="Canary", paragraphs=("Dear Canary",)))
    a_mail(a_letter(to="canary@example.org\r\n"))

    deliver()
    monkeypatch.setitem(app.config, "SMTP_URL", f"smtp+plain://127.0.0.1:{free_port()}")
    deliver(NOON + timedelta(days=1))

    ours = [record for record in caplog.records if not record.name.startswith(("mail.log", "asyncio"))]
    assert [one for one in ours if "canary" in one.getMessage().lower()] == []


def test_pages_answer_while_the_server_is_down(app, client, monkeypatch):
    monkeypatch.setitem(app.config, "SMTP_URL", f"smtp+plain://127.0.0.1:{free_port()}")
    page = get(client, "/en/sign-in")

    answer = submit(client, page, action="/en/sign-in", email="anna@example.org")

    assert (answer.status_code, answer.location) == (303, "/en/sign-in/code")
