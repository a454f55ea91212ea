"""The pages behind the sign-in in a real browser: fit for everybody, without JavaScript; and what people do there."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests import make
from tests.site.backstage import BACKSTAGE, NOBODY, ORGANISER, Backstage
from tests.site.mailbox import last_letter
from tests.site.test_browser import A4, ALL_RULES, FOCUS, PHONE, REFLOW, STOPS, WIDE, faults, opened, page_width
from tests.site.watch import Watch

pytestmark = pytest.mark.browser

LOOKS = [("en", WIDE, "light"), ("ar", PHONE, "dark")]
MORE_LOOKS = [("ar", WIDE, "light"), ("fr", PHONE, "light")]
FULL = ("sign-in", "people", "draft", "outbox", "audit-filtered")
"""The pages with most on them, looked at in more ways."""
every_look = pytest.mark.parametrize(
    ("place", "lang", "width", "scheme"),
    [(place, *look) for look in LOOKS for place in BACKSTAGE]
    + [(place, *look) for look in MORE_LOOKS for place in FULL],
)
SCRIPTED = {"java_script_enabled": True, "bypass_csp": True}
"""Axe needs JavaScript and a way past the policy."""
ARE_VISIBLE = "wanted => [...document.querySelectorAll(wanted)].filter(one => one.checkVisibility()).length"
NEXT_FOCUS = f"""() => ({{
  ...({FOCUS})(),
  index: [...document.querySelectorAll('*')].indexOf(document.activeElement),
  isTall: document.activeElement.matches('textarea, [role=region]'),
}})"""


@dataclass
class Visits:
    """One page of a browser for each person and way of looking, signed in once, and what was seen of it."""

    browser: Browser
    backstage: Backstage
    opened: dict[Any, tuple[Page, Watch]] = field(default_factory=dict)

    def at(self, place: str, lang: str, width: int, scheme: str, **wanted: Any) -> tuple[Page, Watch]:
        """A place, opened by whoever it is for. Without JavaScript unless `wanted` says otherwise."""
        who = BACKSTAGE[place][0]
        key = (who, width, scheme, *wanted)
        if key not in self.opened:
            self.opened[key] = self._open(who, {"width": width, "height": 900}, color_scheme=scheme, **wanted)
        page, watch = self.opened[key]
        watch.complaints.clear()
        watch.requests.clear()
        page.set_viewport_size({"width": width, "height": 900})
        url = self.backstage.url(place, lang)
        answer = page.goto(url)
        assert (answer.status, page.url) == (200, url)
        return page, watch

    def _open(self, who: str, viewport: Any, **wanted: Any) -> tuple[Page, Watch]:
        context = self.browser.new_context(viewport=viewport, **{"java_script_enabled": False, **wanted})
        page = context.new_page()
        if who != NOBODY:
            look_around(page, self.backstage, who)
        return page, Watch(page)


def look_around(page: Page, backstage: Backstage, who: str) -> None:
    """Sign in by the demo's button for one of its people."""
    page.goto(backstage.site.address + "/en/sign-in")
    page.locator(f"button[value={who}]").click()
    page.wait_for_url("**/en/account/")


@pytest.fixture(scope="module")
def visits(browser: Browser, backstage: Backstage) -> Iterator[Visits]:
    made = Visits(browser, backstage)
    yield made
    for page, _ in made.opened.values():
        page.context.close()


@every_look
def test_page_keeps_quiet_and_fits_and_shows_every_stop(visits, backstage, place, lang, width, scheme):
    page, watch = visits.at(place, lang, width, scheme)

    assert invisible_stops(page) == []
    narrowest = REFLOW if width == PHONE else width
    page.set_viewport_size({"width": narrowest, "height": 900})
    assert page_width(page) == narrowest
    assert watch.complaints == []
    assert watch.strangers(backstage.site.address) == []


def invisible_stops(page: Page) -> list[str]:
    """The stops of the keyboard whose focus is hard to see, after it came by all of them.

    A field of several lines, or a table, may be taller than the screen: of them the outline alone is asked for.
    """
    wanted = page.evaluate(ARE_VISIBLE, STOPS)
    wrong, found = [], set()
    while (stop := _next_stop(page))["what"] != "the page":
        is_seen = stop["outline"] >= 2 and (stop["isTall"] or (stop["inside"] and stop["shown"]))
        if not is_seen and stop["index"] not in found:  # A date is one field with several stops, marked by themselves.
            wrong.append(stop["what"])
        found.add(stop["index"])
    assert len(found) == wanted, "there is a stop that nobody sees, or a thing to press without one"
    return wrong


def _next_stop(page: Page) -> Any:
    page.keyboard.press("Tab")
    return page.evaluate(NEXT_FOCUS)


@every_look
def test_axe_finds_nothing(visits, place, lang, width, scheme):
    page, _ = visits.at(place, lang, width, scheme, **SCRIPTED)

    assert found_by_axe(page) == []


def test_every_page_leads_back(visits):
    """By a line above the heading, or by what the workshop's navigation marks as the section one is in."""
    tops = {"own", "organiser", "second"}
    deeper = [place for place, (who, _) in BACKSTAGE.items() if who != NOBODY and place not in tops]
    lost = [
        place
        for place in deeper
        if not visits.at(place, "en", WIDE, "light")[0].locator(".eyebrow a, .side [aria-current]").count()
    ]

    assert lost == []


def found_by_axe(page: Page) -> list[str]:
    found = Axe().run(page, options=ALL_RULES).response
    return faults(found["violations"]) + faults(found["incomplete"])


@pytest.mark.parametrize("place", ["sign-in", "passkey"])
def test_page_that_knows_passkeys_keeps_quiet_too(visits, backstage, place):
    page, watch = visits.at(place, "en", WIDE, "light", java_script_enabled=True)
    page.wait_for_load_state("networkidle")

    assert watch.complaints == []
    assert watch.strangers(backstage.site.address) == []


def ask_for_a_mail(page: Page, backstage: Backstage, address: str) -> None:
    page.goto(backstage.site.address + "/en/sign-in")
    page.get_by_label("E-mail address").fill(address)
    page.get_by_role("button", name="Mail me a link").click()
    page.wait_for_url("**/en/sign-in/code")


def sign_in_by_link(page: Page, backstage: Backstage, address: str) -> None:
    """Sign in as somebody who reads the mail in this browser."""
    ask_for_a_mail(page, backstage, address)
    page.goto(last_letter(backstage.site, address).url)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


def heading(page: Page) -> Any:
    return page.get_by_role("heading", level=1)


def test_mailed_link_signs_in_without_javascript(browser, backstage):
    with opened(browser) as page:
        watch = Watch(page)
        sign_in_by_link(page, backstage, make.an_address())

        page.wait_for_url("**/en/account/")
        expect(heading(page)).to_have_text("My page")
        page.get_by_role("link", name="Say your name").click()
        page.get_by_label("Name", exact=True).fill("Amina")
        page.get_by_role("button", name="Save").click()
        page.get_by_role("main").get_by_role("link", name="My page").click()
        expect(page.get_by_text("Hello Amina.")).to_be_visible()
        assert watch.complaints == []


def test_mailed_code_signs_in_without_javascript(browser, backstage):
    address = make.an_address()
    with opened(browser, PHONE) as page:
        ask_for_a_mail(page, backstage, address)
        code = last_letter(backstage.site, address).code
        page.get_by_label("Six-digit code").fill(f"{code[:3]} {code[3:]}")
        page.get_by_role("main").get_by_role("button", name="Sign in").click()

        page.wait_for_url("**/en/account/")


def test_somebody_invited_signs_in_and_takes_the_role(browser, backstage):
    address = make.an_address()
    with opened(browser) as organiser, opened(browser, PHONE) as invited:
        look_around(organiser, backstage, ORGANISER)
        organiser.goto(backstage.url("people", "en"))
        organiser.get_by_label("E-mail address").fill(address)
        organiser.get_by_label("Role", exact=True).select_option("Rapporteur")
        organiser.get_by_role("button", name="Invite").click()
        expect(organiser.get_by_text(address).first).to_be_visible()

        invited.goto(last_letter(backstage.site, address).url)
        expect(heading(invited)).to_have_text("An invitation")
        sign_in_by_link(invited, backstage, address)
        invited.get_by_role("button", name="Take the role").click()

        role = invited.get_by_role("region", name="Where you have a role").get_by_role("link")
        expect(role).to_contain_text("Rapporteur")
        organiser.goto(backstage.url("people", "en"))
        expect(organiser.get_by_role("row", name="Rapporteur")).to_have_count(2)
        expect(organiser.get_by_text(address)).to_have_count(0)


def test_mailing_is_written_looked_at_and_sent(browser, backstage):
    with opened(browser) as page:
        look_around(page, backstage, ORGANISER)
        page.goto(backstage.url("mailings", "en"))
        page.get_by_role("link", name="Write a mailing").click()
        page.get_by_label("Reviewer").check()
        page.get_by_label("Subject in English").fill("Doors open at eight")
        page.get_by_label("Text in English").fill("Bring your *badge*.")
        page.get_by_role("button", name="Save the draft").click()
        expect(page.get_by_role("status")).to_have_text("The draft is saved. Nothing was sent.")
        page.get_by_role("link", name="Look at it as they will read it").click()
        expect(page.get_by_role("region", name="English").locator("em")).to_have_text("badge")
        page.get_by_role("button", name="Send to 1 person").click()

        expect(page.get_by_role("status")).to_have_text("The mailing is on its way to 1 person.")
        page.goto(backstage.url("outbox", "en"))
        expect(page.get_by_role("row").nth(1)).to_contain_text("Mailing")
        page.goto(backstage.url("audit", "en"))
        expect(page.get_by_role("main").get_by_role("listitem").first).to_contain_text("Mwila Chanda sent the mailing")


@pytest.mark.parametrize(("lang", "width", "scheme"), LOOKS)
def test_pages_that_are_shown_once_are_fit_for_everybody(browser, backstage, lang, width, scheme):
    """Recovery codes, the second proof that they are good for, and the receipt of an erasure."""
    with opened(browser, width, color_scheme=scheme, **SCRIPTED) as page:

        def check(place: str) -> None:
            assert found_by_axe(page) == [], place
            assert page_width(page) == width, place

        sign_in_by_link(page, backstage, make.an_address())
        page.goto(f"{backstage.site.address}/{lang}/account/factors/authenticator")
        key = page.locator("code").inner_text().replace(" ", "")
        page.locator("main input[name=code]").fill(pyotp.TOTP(key).now())
        page.locator("main form button").click()
        page.locator("li code").first.wait_for()
        check("recovery codes")
        printed_without(page, [".languages", ".actions", ".bottom", ".own"], shown="li code")

        for place in ("account/factors", "sign-in/second"):
            page.goto(f"{backstage.site.address}/{lang}/{place}")
            check(place)

        page.goto(f"{backstage.site.address}/{lang}/account/erase")
        page.locator("main .button").first.click()
        check("nothing ticked")
        page.locator("main input[type=checkbox]").check()
        page.locator("main .button").first.click()
        page.locator("main .plainlist").wait_for()
        check("receipt")
        printed_without(page, [".languages", ".bottom", ".own"], shown="main .facts dt")


def printed_without(page: Page, hidden: list[str], *, shown: str) -> None:
    """What paper has no use for is not printed; everything `shown` is, black on white, within the width of A4."""
    before: Any = page.viewport_size
    page.set_viewport_size(A4)
    page.emulate_media(media="print")
    assert [one for one in hidden if page.locator(one).first.is_visible()] == []
    assert all(one.is_visible() for one in page.locator(shown).all())
    assert page_width(page) == A4["width"]
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    page.emulate_media(media="screen")
    page.set_viewport_size(before)
