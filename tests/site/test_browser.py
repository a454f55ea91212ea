"""The public pages in a real browser: quiet, light, usable by keyboard, without JavaScript, at any width."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Route

from tests.site.places import PLACES, Demo
from tests.site.watch import Watch

pytestmark = pytest.mark.browser

READ_IN = ("en", "ar")
PHONE, WIDE, REFLOW = 360, 1280, 320
"""CSS pixels. 320 is what WCAG 2.2, success criterion 1.4.10, asks for."""
A4 = {"width": 794, "height": 1123}
SCHEMES = ("light", "dark")
FIRST_VISIT_BYTES, FIRST_VISIT_REQUESTS, NEXT_PAGE_BYTES = 40_000, 3, 8_000
ALL_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
}
"""What axe is to ask: WCAG 2.2 A and AA, with the size of touch targets, which it leaves out by itself."""
every_page = pytest.mark.parametrize(("place", "lang"), [(place, lang) for lang in READ_IN for place in PLACES])


@contextmanager
def opened(browser: Browser, width: int = WIDE, **wanted: Any) -> Iterator[Page]:
    """An empty page of a browser that was never here: without JavaScript unless `wanted` says otherwise."""
    context = browser.new_context(
        **{"viewport": {"width": width, "height": 900}, "java_script_enabled": False, **wanted}
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def page_width(page: Page) -> int:
    """How wide the page is in CSS pixels, with what one would have to scroll sideways to."""
    return int(page.evaluate("document.documentElement.scrollWidth"))


@every_page
@pytest.mark.parametrize("scripted", [False, True], ids=["plain", "scripted"])
def test_page_keeps_quiet_and_asks_no_stranger(browser, demo: Demo, place, lang, scripted):
    with opened(browser, java_script_enabled=scripted) as page:
        watch = Watch(page)

        answer = page.goto(demo.url(place, lang), wait_until="networkidle")

        assert answer.status == demo.status(place)
        assert watch.complaints == []
        assert watch.strangers(demo.site.address) == []
        assert len(watch.requests) <= FIRST_VISIT_REQUESTS
        assert page.context.cookies() == []


def test_watch_sees_what_a_page_must_not_do(browser, demo: Demo):
    """The seeded fault for the test above: a style, a script and a picture of another host."""
    body = (
        "<!doctype html><title>x</title><p style='color:red'>x<script>alert(1)</script><img src='http://localhost:1/x'>"
    )
    policy = demo.site.ask("/en/").headers["Content-Security-Policy"]

    def answer(route: Route) -> None:
        route.fulfill(body=body, headers={"Content-Type": "text/html", "Content-Security-Policy": policy})

    with opened(browser, java_script_enabled=True) as page:
        watch = Watch(page)
        page.route("**/agenda", answer)
        page.goto(demo.url("agenda", "en"), wait_until="networkidle")

        breaches = {part for text in watch.complaints if text.startswith("issue:") for part in text.split("'")}
        assert {"style-src-attr", "script-src-elem", "img-src"} <= breaches
        assert watch.strangers(demo.site.address) == ["http://localhost:1/x"]


@every_page
def test_page_fits_every_width_without_sideways_scrolling(browser, demo: Demo, place, lang):
    with opened(browser) as page:
        page.goto(demo.url(place, lang))
        for width in (REFLOW, PHONE, WIDE):
            page.set_viewport_size({"width": width, "height": 900})
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                assert page_width(page) == width, f"{width} px, {scheme}"


@every_page
def test_axe_finds_nothing(browser, demo: Demo, place, lang):
    """Axe needs JavaScript and a way past the policy. The dark changes colours alone, and the same at every width."""
    colours = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
    with opened(browser, java_script_enabled=True, bypass_csp=True) as page:
        page.goto(demo.url(place, lang))
        for width, scheme, options in (
            (PHONE, "light", ALL_RULES),
            (WIDE, "light", ALL_RULES),
            (WIDE, "dark", colours),
        ):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            found = Axe().run(page, options=options).response
            assert [*faults(found["violations"]), *faults(found["incomplete"])] == [], f"{width} px, {scheme}"


def faults(results: list[Any]) -> list[str]:
    """What axe says is wrong, or could not decide, a line for each rule."""
    return [
        f"{rule['id']}: {len(rule['nodes'])} × {rule['help']}, as at {rule['nodes'][0]['html'][:200]}"
        for rule in results
    ]


def test_axe_measures_touch_targets_and_contrast(browser, demo: Demo):
    """The seeded fault for the test above: links on top of each other, and pale words."""
    links = "".join(f'<a href="#{n}">x</a><br>' for n in range(3))
    planted = f'<h2>x</h2><p style="font-size:8px;line-height:1">{links}</p><p style="color:#aaa">pale</p>'
    with opened(browser, java_script_enabled=True, bypass_csp=True) as page:
        page.goto(demo.url("site", "en"))
        page.evaluate("planted => document.querySelector('main').innerHTML += planted", planted)
        found = {rule["id"] for rule in Axe().run(page, options=ALL_RULES).response["violations"]}

    assert found == {"color-contrast", "target-size"}


@pytest.mark.parametrize("lang", READ_IN)
@pytest.mark.parametrize("place", ["site", "agenda", "session", "absent"])
@pytest.mark.parametrize("width", [PHONE, WIDE])
def test_skip_link_comes_first_and_leads_to_the_content(browser, demo: Demo, place, lang, width):
    with opened(browser, width) as page:
        page.goto(demo.url(place, lang))
        page.keyboard.press("Tab")

        skip = page.locator(":focus")
        assert skip.get_attribute("href") == "#content"
        box = skip.bounding_box()
        assert 0 <= box["x"] < box["x"] + box["width"] <= width

        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("#content$"))
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('main') !== null")


FOCUS = """() => {
  const at = document.activeElement;
  if (at === document.body) return {what: 'the page'};
  const box = at.getClientRects()[0], style = getComputedStyle(at);
  const shows = y => {
    const top = document.elementFromPoint(box.left + Math.min(box.width, 20) / 2, y);
    return top !== null && (at.contains(top) || top.contains(at));
  };
  return {
    what: at.outerHTML.slice(0, 120),
    outline: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth),
    inside: box.top >= 0 && box.bottom <= innerHeight && box.left >= 0 && box.right <= innerWidth,
    shown: shows(box.top + box.height / 4) && shows(box.bottom - box.height / 4),
  };
}"""
STOPS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"


@pytest.mark.parametrize("width", [PHONE, WIDE])
@pytest.mark.parametrize(
    ("place", "lang"), [("agenda", "ar"), ("filters", "en"), ("session", "ar"), ("releases", "en")]
)
def test_every_stop_of_the_keyboard_shows_that_it_is_there(browser, demo: Demo, place, lang, width):
    """WCAG 2.2: focus visible (2.4.7) and not hidden under what sticks to the edge (2.4.11), forward and back."""
    with opened(browser, width) as page:
        page.goto(demo.url(place, lang))
        wanted = sum(one.is_visible() for one in page.locator(STOPS).all())
        for key in ("Tab", "Shift+Tab"):
            stops = [stop_at(page, key) for _ in range(wanted)]
            assert [stop["what"] for stop in stops if stop["outline"] < 2] == []
            assert [stop["what"] for stop in stops if not (stop["inside"] and stop["shown"])] == []
            if key == "Tab":
                assert stop_at(page, key)["what"] == "the page", "there is a stop that nobody sees"


def stop_at(page: Page, key: str) -> Any:
    """What is to be seen of the next stop of the keyboard."""
    page.keyboard.press(key)
    return page.evaluate(FOCUS)


@pytest.mark.parametrize("width", [PHONE, WIDE])
def test_filters_are_set_and_sent_by_keyboard_without_javascript(browser, demo: Demo, width):
    with opened(browser, width) as page:
        page.goto(demo.url("agenda", "en"))
        if page.locator("summary").is_visible():
            tab_to(page, "summary")
            page.keyboard.press("Enter")
        tab_to(page, "#q")
        page.keyboard.type("data")
        tab_to(page, "#room")
        page.keyboard.type("Baobab")
        tab_to(page, "[type=checkbox][value=en]")
        page.keyboard.press("Space")
        tab_to(page, "form button")
        with page.expect_navigation():
            page.keyboard.press("Enter")

        path, _, query = page.url.removeprefix(demo.site.address).partition("?")
        assert path == demo.path("agenda", "en")
        assert query == "q=data&day=&track=&room=baobab&format=&tz=&language=en"
        assert {card.text_content().split(" · ")[0] for card in page.locator(".card .where").all()} == {"Baobab"}
        assert page.locator("#q").input_value() == "data"


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there."""
    for _ in range(page.locator(STOPS).count()):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"the keyboard never reaches {selector}")


def test_first_visit_is_light_and_a_second_page_lighter(browser, demo: Demo):
    """Bytes over the wire, with the headers of the answers, as the browser counts them."""
    with opened(browser) as page:
        network = page.context.new_cdp_session(page)
        received: list[int] = []
        network.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
        network.send("Network.enable")
        watch = Watch(page)
        page.goto(demo.url("agenda", "en"))
        wait_until(page, lambda: len(received) == FIRST_VISIT_REQUESTS)  # The icon comes last, when there is time.
        first = sum(received)
        assert len(page.locator(".card").all()) == 80
        assert len(watch.requests) == FIRST_VISIT_REQUESTS
        assert 5_000 < first <= FIRST_VISIT_BYTES

        page.goto(demo.url("session", "en"), wait_until="networkidle")
        assert 0 < sum(received) - first <= NEXT_PAGE_BYTES


def wait_until(page: Page, is_so: Callable[[], bool], patience_ms: int = 10_000) -> None:
    """Let the browser work until `is_so`, or fail."""
    for _ in range(patience_ms // 50):
        if is_so():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come about")


@pytest.mark.parametrize("lang", READ_IN)
def test_printed_agenda_has_every_session_and_no_navigation(browser, demo: Demo, lang):
    with opened(browser, viewport=A4, color_scheme="dark") as page:
        page.goto(demo.url("agenda", lang))
        page.emulate_media(media="print")

        for hidden in (".languages", ".tabs", ".dayswitch", ".filters", ".skip", ".bottom", ".actions"):
            assert page.locator(hidden).first.is_hidden(), hidden
        cards = page.locator(".card").all()
        assert len(cards) == 80
        assert all(card.is_visible() for card in cards)
        assert page_width(page) == A4["width"]
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"


def left(locator: Locator) -> float:
    return float(locator.bounding_box()["x"])


def words_box(locator: Locator) -> Any:
    """Where the words themselves are, not the box they stand in."""
    return locator.evaluate(
        "e => { const r = document.createRange(); r.selectNodeContents(e); return r.getBoundingClientRect() }"
    )


@pytest.mark.parametrize("width", [PHONE, WIDE])
def test_arabic_starts_at_the_right_and_english_at_the_left(browser, demo: Demo, width):
    with opened(browser, width) as page:
        for lang, side in (("en", "left"), ("ar", "right")):
            for place in ("agenda", "session", "speakers"):
                page.goto(demo.url(place, lang))
                content = page.locator("main").evaluate(
                    "e => { const s = getComputedStyle(e), b = e.getBoundingClientRect();"
                    "return {left: b.left + parseFloat(s.paddingLeft), right: b.right - parseFloat(s.paddingRight)} }"
                )
                heading = words_box(page.locator("h1"))
                assert heading[side] == pytest.approx(content[side], abs=3), f"{place} in {lang}"
                assert page.evaluate("getComputedStyle(document.body).direction") == ("rtl" if lang == "ar" else "ltr")


def test_words_of_another_language_run_their_own_way(browser, demo: Demo):
    with opened(browser) as page:
        page.goto(demo.url("fallback", "ar"))
        title = page.locator("h1 [lang]")
        assert title.get_attribute("dir") == "ltr"
        assert title.evaluate("e => getComputedStyle(e).direction") == "ltr"


@pytest.mark.parametrize("lang", READ_IN)
def test_wide_agenda_shows_rooms_side_by_side(browser, demo: Demo, lang):
    with opened(browser, WIDE) as page:
        page.goto(demo.url("agenda", lang))
        row = next(row for row in page.locator(".row").all() if row.locator(".card").count() >= 4)
        boxes = [card.bounding_box() for card in row.locator(".card").all()]
        names = page.locator(".day").first.locator(".rooms > span").all()[1:]

        assert len({box["y"] for box in boxes}) == 1
        lefts = [box["x"] for box in boxes]
        assert lefts == sorted(set(lefts), reverse=lang == "ar")
        assert set(lefts) <= {left(name) for name in names}
        clock = left(row.locator("h3"))
        assert clock > max(lefts) if lang == "ar" else clock < min(lefts)


@pytest.mark.parametrize("lang", READ_IN)
def test_narrow_agenda_is_a_list_by_time(browser, demo: Demo, lang):
    with opened(browser, PHONE) as page:
        page.goto(demo.url("agenda", lang))
        boxes = [card.bounding_box() for card in page.locator(".card").all()]

        assert len({(box["x"], box["width"]) for box in boxes}) == 1
        assert all(box["y"] + box["height"] <= after["y"] for box, after in pairwise(boxes))
        assert page.locator(".rooms").first.is_hidden()
