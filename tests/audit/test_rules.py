"""What breaks a chain, on random chains: every single thing that can be done to one is found."""

import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from forum.audit.models import AuditChain, AuditEntry
from forum.audit.rules import BEGINNING, Fault, Finding, Noted, chain_seal, check_chain, entry_digest

SCOPE = "edition:7"
FIELDS = ("number", "at", "actor", "role", "action", "record_type", "record", "changes", "previous", "digest")
values = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8"), max_size=8)
facts = st.fixed_dictionaries(
    {
        "at": st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
        "actor": st.none() | st.uuids(),
        "role": st.sampled_from(["organiser", "self", "command"]),
        "action": st.sampled_from(["roles.grant", "roles.withdraw", "mail.try_now"]),
        "record_type": st.sampled_from(["person", "mail"]),
        "record": st.uuids().map(str),
        "changes": st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), st.lists(values), max_size=3),
    }
)
anything = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def a_chain(said, scope=SCOPE):
    """A chain and its entries, as `services.record` makes them, without a database."""
    entries, last = [], BEGINNING
    for number, given_facts in enumerate(said, 1):
        entry = AuditEntry(number=number, previous=last, **given_facts)
        entry.digest = last = entry_digest(entry, scope)
        entries.append(entry)
    chain = AuditChain(scope=scope, length=len(entries), last=last)
    chain.seal = chain_seal(chain)
    return chain, entries


def chains(least=1):
    return st.lists(facts, min_size=least, max_size=6)


def found(chain, entries, noted=None):
    return list(check_chain(chain, sorted(entries, key=lambda entry: entry.number), noted))


def a_copy(entry, **changed):
    return AuditEntry(**{**{name: getattr(entry, name) for name in FIELDS}, **changed})


@anything
@given(said=chains(least=0))
def test_whole_chain_has_no_fault(app, said):
    chain, entries = a_chain(said)

    assert found(chain, entries) == []


@anything
@given(said=chains(), drawn=st.data())
def test_changed_entry_is_found_whatever_was_changed(app, said, drawn):
    chain, entries = a_chain(said)
    at = drawn.draw(st.integers(0, len(entries) - 1))
    other = AuditEntry(number=0, previous=uuid.uuid4().bytes * 2, digest=uuid.uuid4().bytes * 2, **drawn.draw(facts))
    field = drawn.draw(st.sampled_from([name for name in FIELDS if name != "number"]))
    assume(getattr(other, field) != getattr(entries[at], field))
    setattr(entries[at], field, getattr(other, field))

    assert found(chain, entries) == [Finding(at + 1, Fault.CHANGED)]


@anything
@given(said=chains(least=2), drawn=st.data())
def test_removed_entries_are_found_with_their_numbers(app, said, drawn):
    chain, entries = a_chain(said)
    first = drawn.draw(st.integers(1, len(entries)))
    last = drawn.draw(st.integers(first, len(entries)))
    del entries[first - 1 : last]

    assert found(chain, entries) == [Finding(first, Fault.REMOVED, last)]


@anything
@given(said=chains(), more=facts, drawn=st.data())
def test_entry_put_in_is_found(app, said, more, drawn):
    chain, entries = a_chain(said)
    number = drawn.draw(st.sampled_from([-1, 0, len(entries) + 1, len(entries) + 5]))
    entries.append(AuditEntry(number=number, previous=chain.last, digest=bytes(32), **more))

    assert found(chain, entries) == [Finding(number, Fault.INSERTED)]


@anything
@given(said=chains(), more=facts, drawn=st.data())
def test_entry_put_between_others_is_found_at_every_number_that_moved(app, said, more, drawn):
    chain, entries = a_chain(said)
    place = drawn.draw(st.integers(1, len(entries)))
    later = [a_copy(entry, number=entry.number + 1) for entry in entries[place - 1 :]]
    new = AuditEntry(number=place, previous=BEGINNING, digest=bytes(32), **more)

    result = found(chain, [*entries[: place - 1], new, *later])

    assert result == [
        *(Finding(number, Fault.CHANGED) for number in range(place, len(entries) + 1)),
        Finding(len(entries) + 1, Fault.INSERTED),
    ]


@anything
@given(said=chains(least=2), drawn=st.data())
def test_swapped_entries_are_found_both(app, said, drawn):
    chain, entries = a_chain(said)
    one, other = sorted(drawn.draw(st.lists(st.integers(0, len(entries) - 1), min_size=2, max_size=2, unique=True)))
    entries[one].number, entries[other].number = other + 1, one + 1

    assert found(chain, entries) == [Finding(one + 1, Fault.CHANGED), Finding(other + 1, Fault.CHANGED)]


@anything
@given(said=chains(), drawn=st.data())
def test_changed_chain_row_is_found_whatever_was_changed(app, said, drawn):
    chain, entries = a_chain(said)
    field, value = drawn.draw(
        st.sampled_from([("length", chain.length - 1), ("length", chain.length + 1), ("last", b"x"), ("seal", b"x")])
    )
    setattr(chain, field, value)

    assert found(chain, entries) == [Finding(chain.length, Fault.END_CHANGED)]


def test_entries_cut_off_with_the_chain_row_set_back_are_found_by_its_seal(app):
    chain, entries = a_chain([a_fact(n) for n in range(4)])
    chain.length, chain.last = 2, entries[1].digest

    assert found(chain, entries[:2]) == [Finding(2, Fault.END_CHANGED)]


def a_fact(number):
    return {
        "at": datetime(2026, 5, 1, 12, number, tzinfo=UTC),
        "actor": None,
        "role": "command",
        "action": "roles.grant",
        "record_type": "person",
        "record": str(number),
        "changes": {},
    }


def test_chain_put_back_whole_is_found_by_what_was_noted_alone(app):
    said = [a_fact(n) for n in range(4)]
    now, entries = a_chain(said)
    before, earlier = a_chain(said[:2])
    noted = Noted(now.length, now.last)

    assert found(before, earlier) == []
    assert found(before, earlier, noted) == [Finding(4, Fault.NOT_AS_NOTED)]
    assert found(now, entries, noted) == []
    assert found(now, entries, Noted(2, earlier[-1].digest)) == []
    assert found(now, entries, Noted(3, earlier[-1].digest)) == [Finding(3, Fault.NOT_AS_NOTED)]


def test_genuine_entry_of_another_history_does_not_go_with_its_neighbour(app):
    chain, entries = a_chain([a_fact(n) for n in range(3)])
    _, others = a_chain([a_fact(n) for n in (9, 8, 7)])

    assert found(chain, [entries[0], others[1], entries[2]]) == [
        Finding(2, Fault.DETACHED),
        Finding(3, Fault.DETACHED),
    ]
    assert found(chain, [*entries[:2], others[2]]) == [Finding(3, Fault.DETACHED), Finding(3, Fault.DETACHED)]


@pytest.mark.parametrize("scope", ["edition:8", "site"])
def test_entries_of_another_chain_are_none_of_this(app, scope):
    chain, entries = a_chain([a_fact(1), a_fact(2)])
    _, others = a_chain([a_fact(1), a_fact(2)], scope)

    assert found(chain, [entries[0], others[1]]) == [Finding(2, Fault.CHANGED)]
