"""The big list of naughty strings, from the file to the page."""

import json
import re

from tests.page import get
from tests.programme.files import (
    bring,
    c3voc,
    json_event,
    sessions_of,
)


def test_naughty_strings_become_pages_that_run_nothing_and_say_what_was_written(client, data):
    naughty = json.loads((data / "blns/blns.json").read_text())
    written = [text for text in naughty if len(text) < 200 and " ".join(text.split())]
    events = [
        json_event(
            id=n, guid=f"e{n}", code="", title=text, abstract=text, persons=[{"id": f"p{n}", "name": text}], track=text
        )
        for n, text in enumerate(written, 1)
    ]
    edition, report = bring(c3voc(*events, title="Umoja 2026"))
    kept = sessions_of(edition)
    assert len(kept) + len(report.refused) == len(written)

    for text, event in zip(written, events, strict=True):
        one = kept.get(event["guid"])
        if one is None:
            continue
        if text.isprintable() and text == " ".join(text.split()) and text.isascii():
            assert one.title.plain() == {"en": text}
            assert one.appearances[0].speaker.name == text
    suspicious = [one for one in kept.values() if re.search("[<>\"'&:]", one.title.shown("en").text)]
    assert len(suspicious) > 200
    for one in suspicious[::4]:  # The agenda and the list of speakers below show them all.
        title = one.title.shown("en").text
        page = get(client, f"/en/umoja-2026/sessions/{one.code}")
        assert page.h1 == title
        assert_runs_nothing(page)
    assert_runs_nothing(get(client, "/en/umoja-2026/agenda"))
    assert_runs_nothing(get(client, "/en/umoja-2026/speakers/"))


def assert_runs_nothing(page):
    """No script but data, no handler, no address that is a programme; `get` refuses inline scripts and styles."""
    for element in page.tree.iter():
        assert element.tag not in ("iframe", "object", "embed", "base")
        for name, value in element.attrib.items():
            assert not name.lower().startswith("on"), f"{name}={value!r}"
            if name in ("href", "src", "action", "formaction"):
                assert not re.match(r"[\x00-\x20]*(javascript|data|vbscript):", value, re.I), value
    for script in page.all("script"):
        assert json.loads(script.text)
