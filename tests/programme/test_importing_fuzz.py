"""Files that chance has damaged are imported or refused, and never crash the importer."""

import json
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forum.db import db
from forum.errors import ForumError
from forum.programme.importing import edition_for, import_schedule, read_schedule
from tests.programme.files import (
    ADA,
    AT,
    LATER,
    c3voc,
    frab,
    json_event,
    numbered,
    xml_event,
)

SMALL_XML = frab(
    numbered(1, persons=ADA, track="Rights", language="en", abstract="<p>a</p>"),
    xml_event(attributes={"id": "2", "guid": "0f6a3b1c-0000-4000-8000-000000000007"}, start=None),
    conference='<day_change>06:00</day_change><track name="Rights" color="#aa0000"/>',
)
SMALL_JSON = json.loads(
    c3voc(
        json_event(persons=[{"id": 5, "name": "Ada"}], track="Rights", language="en", links=[{"url": "https://a.org"}]),
        json_event(id=2, guid="0f6a3b1c-0000-4000-8000-000000000007", start=None),
        rooms=[{"name": "Hall", "capacity": 5}],
        tracks=[{"name": "Rights", "color": "#aa0000"}],
    )
)
NASTY = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["", "0001-01-01T00:00:00+14:00", "9999-12-31", "-1:00", "24:00", "\ud800", "\x00", "en", "UTC", "#2"]
    )
    | st.sampled_from(["00000000-0000-0000-0000-000000000000", "1" * 5_000, "../x", "<b>", "{", "2026-05-12T09:00:00"])
)
ANYTHING = st.recursive(
    NASTY, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)


@st.composite
def mutated_bytes(draw):
    """The small XML with a few pieces cut out, repeated, or replaced."""
    content = SMALL_XML
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 40)))
        piece = draw(
            st.binary(max_size=6)
            | st.sampled_from(
                [b"<", b">", b"&", b"]]>", b"<event>", b"</event>", b"<day/>", b"\x00", b'="', b"&#0;", b"&x;"]
            )
            | st.text(string.digits + "-+:TZ", max_size=8).map(str.encode)
            | st.just(content[start:end] * 2)
        )
        content = content[:start] + piece + content[end:]
    return content


@st.composite
def mutated_json(draw):
    """The small JSON with a few of its values replaced by anything."""
    document = json.loads(json.dumps(SMALL_JSON))
    for _ in range(draw(st.integers(1, 4))):
        node = document
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if not isinstance(node[key], dict | list) or draw(st.integers(0, 5)) == 0:
                node[key] = draw(ANYTHING)
                break
            node = node[key]
    return json.dumps(document).encode()


FUZZED = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def import_and_forget(content):
    """Import `content` twice in a transaction that is rolled back; refusals are what it may raise, nothing else."""
    try:
        for at in (AT, LATER):
            schedule = read_schedule(content)
            edition = edition_for(
                schedule=schedule, slug="umoja-2026", create=True, time_zone=None, language=None, at=at
            )
            report = import_schedule(schedule=schedule, edition=edition, at=at)
        db.session.flush()
        assert (report.made, report.changed, report.release) == ({}, {}, None)
    except ForumError as refusal:
        str(refusal)  # Its words can be put together.
    finally:
        db.session.rollback()


@FUZZED
@given(mutated_bytes())
def test_mutated_xml_is_imported_or_refused(app, content):
    import_and_forget(content)


@FUZZED
@given(mutated_json())
def test_mutated_json_is_imported_or_refused(app, content):
    import_and_forget(content)


@FUZZED
@given(
    st.binary(max_size=60),
    st.sampled_from([b"", b"{", b"<", b"<schedule>", b'{"schedule":', b"\xff\xfe<\x00", b"\xef\xbb\xbf{"]),
)
def test_any_bytes_are_refused(noise, start):
    with pytest.raises(ForumError):
        read_schedule(start + noise)
