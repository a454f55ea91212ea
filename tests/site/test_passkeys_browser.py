"""Passkeys in a real browser with a virtual authenticator, and second proofs without JavaScript."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, expect

from forum.db import db
from forum.roles.models import Role
from tests import make
from tests.site.mailbox import inside, last_letter
from tests.site.server import Site, empty_database, jukwaa, running, settings_for
from tests.site.test_browser import ALL_RULES, faults, page_width
from tests.site.watch import Watch

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with an empty database, whose mail can be read."""
    folder = tmp_path_factory.mktemp("passkeys")
    with empty_database("passkeys", folder) as database:
        settings = settings_for(database)
        jukwaa(settings, "migrate")
        with running(settings, folder) as site:
            yield site


def named(site: Site) -> str:
    """The site by a name: browsers give no passkeys to numbers."""
    return f"http://localhost:{site.port}"


@contextmanager
def visiting(browser: Browser, address: str, **wanted: Any) -> Iterator[Page]:
    """A page of a browser that was never here, with JavaScript and an authenticator that says yes to all."""
    context = browser.new_context(base_url=address, **wanted)
    try:
        page = context.new_page()
        devtools = context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        devtools.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )
        yield page
    finally:
        context.close()


def sign_in_by_mail(page: Page, site: Site, address: str) -> None:
    """Sign in as anybody would: the address, the mail, its link, the button."""
    page.goto("/en/sign-in")
    page.get_by_label("E-mail address").fill(address)
    page.get_by_role("button", name="Mail me a link").click()
    page.wait_for_url("**/sign-in/code")
    page.goto(last_letter(site, address).url)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


def add_passkey(page: Page) -> None:
    page.goto("/en/account/factors/passkeys/new")
    page.get_by_label("Name").fill("My phone")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")


def sign_out(page: Page) -> None:
    """Forget the cookie; the authenticator stays."""
    page.context.clear_cookies()


def an_organiser(site: Site) -> tuple[str, str]:
    """The address of an organiser, and the path of a page for organisers alone."""
    with inside(site):
        address = make.an_address()
        edition = make.an_edition()
        make.a_grant(Role.ORGANISER, edition, person=make.a_person(email=address))
        db.session.flush()
        return address, f"/en/{edition.slug}/manage/people/"


def test_passkey_signs_in_by_itself_and_nothing_is_typed(browser, site):
    with visiting(browser, named(site)) as page:
        watch = Watch(page)
        sign_in_by_mail(page, site, make.an_address())
        add_passkey(page)
        sign_out(page)

        page.goto("/en/sign-in")
        page.get_by_role("button", name="Sign in with a passkey").click()

        page.wait_for_url("**/en/account/")
        page.goto("/en/account/factors")
        expect(page.get_by_role("main")).to_contain_text("last used")
        assert watch.complaints == []
        assert watch.strangers(named(site)) == []


def test_organiser_adds_a_passkey_and_shows_it_for_the_page_wanted(browser, site):
    address, wanted = an_organiser(site)
    with visiting(browser, named(site)) as page:
        page.goto(wanted)
        sign_in_by_mail(page, site, address)
        expect(page.get_by_role("heading", level=1)).to_have_text("Second proof")
        page.get_by_role("link", name="Add a passkey").click()
        page.get_by_label("Name").fill("My phone")
        page.get_by_role("button", name="Add a passkey").click()
        page.get_by_role("link", name="I have kept them: go on").click()
        page.wait_for_url(f"**{wanted}")
        sign_out(page)

        sign_in_by_mail(page, site, address)
        page.goto(wanted)
        page.get_by_role("button", name="Use a passkey").click()

        page.wait_for_url(f"**{wanted}")


def test_form_that_a_passkey_answered_is_taken_once(browser, site):
    with visiting(browser, named(site)) as page:
        sign_in_by_mail(page, site, make.an_address())
        add_passkey(page)
        sign_out(page)
        page.goto("/en/sign-in")
        cookie = page.context.cookies()[0]["value"]
        sent: list[Request] = []
        page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url("**/en/account/")
        form = sent[0].post_data

    again = browser.new_context(base_url=named(site))
    answer = again.request.post(
        "/en/sign-in/passkey",
        data=form,
        headers={"Cookie": f"jukwaa={cookie}", "Content-Type": "application/x-www-form-urlencoded"},
        max_redirects=0,
    )
    assert (answer.status, answer.headers["location"]) == (303, "/en/sign-in")
    again.close()


def test_device_that_is_known_already_is_told_so(browser, site):
    with visiting(browser, named(site)) as page:
        sign_in_by_mail(page, site, make.an_address())
        add_passkey(page)
        page.goto("/en/account/factors/passkeys/new")
        page.get_by_label("Name").fill("The same")
        page.get_by_role("button", name="Add a passkey").click()

        expect(page.get_by_role("status")).to_have_text("This device has a passkey for your account already.")


def test_device_without_a_passkey_says_what_to_do(browser, site):
    with visiting(browser, named(site)) as page:
        page.goto("/en/sign-in")
        page.get_by_role("button", name="Sign in with a passkey").click()

        expect(page.get_by_role("status")).to_have_text("No passkey was given. Try again, or take another way.")


def test_page_that_was_open_too_long_asks_anew(browser, site):
    with visiting(browser, named(site)) as page:
        page.goto("/en/sign-in")
        form = page.locator("form[data-passkey]")
        before = form.get_attribute("data-options")
        form.evaluate("form => form.dataset.milliseconds = '1'")
        with page.expect_navigation():
            page.get_by_role("button", name="Sign in with a passkey").click()

        assert form.get_attribute("data-options") != before


def test_plain_browser_is_told_the_other_way(browser, site):
    context = browser.new_context(base_url=named(site), java_script_enabled=False)
    page = context.new_page()
    page.goto("/en/sign-in")

    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    expect(page.get_by_role("main")).to_contain_text("they need JavaScript")
    expect(page.get_by_role("main")).to_contain_text("Let us mail you a link.")
    context.close()


def test_site_by_its_number_offers_no_passkey(browser, site):
    with visiting(browser, site.address) as page:
        watch = Watch(page)
        page.goto("/en/sign-in")

        expect(page.get_by_role("button", name="Sign in with a passkey")).to_have_count(0)
        expect(page.get_by_role("main")).to_contain_text("Passkeys do not work at this address.")
        assert watch.complaints == []


def test_app_and_recovery_codes_work_without_javascript(browser, site):
    address, wanted = an_organiser(site)
    context = browser.new_context(base_url=site.address, java_script_enabled=False)
    page = context.new_page()
    page.goto(wanted)
    sign_in_by_mail(page, site, address)
    page.get_by_role("link", name="Set up an app").click()
    key = page.locator("code").inner_text().replace(" ", "")
    page.get_by_label("Code", exact=True).fill(pyotp.TOTP(key).now())
    page.get_by_role("button", name="Set up").click()
    codes = page.locator("li code").all_inner_texts()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save as a text file").click()
    assert saved.value.path().read_text().split("\n") == codes
    page.get_by_role("link", name="I have kept them: go on").click()
    page.wait_for_url(f"**{wanted}")

    context.clear_cookies()
    sign_in_by_mail(page, site, address)
    page.goto(wanted)
    page.get_by_label("Code", exact=True).fill(codes[3].lower().replace(" ", "-"))
    page.get_by_role("button", name="Go on").click()

    page.wait_for_url(f"**{wanted}")
    assert last_letter(site, address).subject == "About your account"
    context.close()


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_pages_are_fit_for_everybody(browser, site, lang):
    """Narrow, in the dark, right to left; axe needs a way past the policy."""
    with visiting(browser, named(site), bypass_csp=True) as page:
        faulty: list[str] = []

        def look() -> None:
            for width, scheme in ((320, "light"), (360, "dark"), (1280, "light")):
                page.set_viewport_size({"width": width, "height": 900})
                page.emulate_media(color_scheme=scheme)
                where = f"{page.url} {width} {scheme}"
                if page_width(page) != width:
                    faulty.append(f"{where}: is {page_width(page)} wide")
                found = Axe().run(page, options=ALL_RULES).response
                faulty.extend(f"{where}: {one}" for one in faults(found["violations"]) + faults(found["incomplete"]))

        sign_in_by_mail(page, site, make.an_address())
        for path in ("sign-in/second", "account/factors", "account/factors/authenticator"):
            page.goto(f"/{lang}/{path}")
            look()
        page.goto(f"/{lang}/account/factors/passkeys/new")
        look()
        page.locator("input[name=name]").fill("My phone")
        page.locator("form[data-passkey] button").click()
        page.locator("li code").first.wait_for()
        look()
        for path in ("account/factors", "sign-in/second"):
            page.goto(f"/{lang}/{path}")
            look()
        page.goto(f"/{lang}/account/factors")
        page.get_by_role("link", name="My phone").click()
        look()
        sign_out(page)
        page.goto(f"/{lang}/sign-in")
        look()

        assert faulty == []
