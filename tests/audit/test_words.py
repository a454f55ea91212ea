"""Every action, record and field that the code writes has its words."""

import ast
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest
from markupsafe import Markup

from forum.audit.models import AuditEntry
from forum.audit.rules import Fault, Finding
from forum.audit.services import CHANGED
from forum.audit.words import ACTIONS, AREAS, FINDINGS, RECORD_TYPES, RECORDS, Wording, finding_words
from tests.make import NOON

CODE = Path(__file__).parents[2] / "forum"
AMINA, LEFT, NAMELESS = uuid4(), uuid4(), uuid4()


@cache
def trees():
    return [ast.parse(path.read_text()) for path in CODE.rglob("*.py")]


@cache
def given_as(name):
    """Every constant text that code passes for a parameter called `name`, by keyword or by place."""
    found = set()
    for tree in trees():
        places = {
            function.name: [one.arg for one in function.args.args].index(name)
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef) and name in [one.arg for one in function.args.args]
        }
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            passed = [keyword.value for keyword in call.keywords if keyword.arg == name]
            passed += _assigned(tree, passed)
            place = places.get(getattr(call.func, "id", ""))
            passed += call.args[place : place + 1] if place is not None else []
            found |= {text for one in passed for text in _texts(one)}
    return found


def _assigned(tree, passed):
    """What is given to the names among `passed`, anywhere in the file."""
    names = {one.id for one in passed if isinstance(one, ast.Name)}
    if not names:
        return []
    assigned = [node for node in ast.walk(tree) if isinstance(node, ast.Assign)]
    return [node.value for node in assigned if {getattr(one, "id", "") for one in node.targets} & names]


def _texts(node):
    """The texts that an argument can be: itself, either end of an `if`, or one with a parameter at its end."""
    if isinstance(node, ast.IfExp):
        return _texts(node.body) | _texts(node.orelse)
    if isinstance(node, ast.JoinedStr):
        beginning, name = node.values
        return {f"{beginning.value}{end}" for end in given_as(name.value.id)}
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def wording(language="en"):
    called = {"desk": "Registration desk", "organiser": "Organiser", "failed": "Failed", "queued": "Waiting"}
    return Wording(language, {AMINA: "Amina", NAMELESS: ""}, called)


def an_entry(**given):
    wanted = {
        "action": "roles.grant",
        "record_type": "person",
        "record": str(AMINA),
        "changes": {},
        "role": "organiser",
    }
    return AuditEntry(**{"number": 3, "at": NOON, "actor": AMINA, **wanted, **given})


def plain(text):
    return Markup(text).striptags()


def test_every_action_of_the_code_has_a_sentence():
    actions = {action for action in given_as("action") if "." in action}

    assert {"roles.grant", "audit.export", "mailings.send", "accounts.replace_authenticator"} <= actions
    assert sorted(actions - set(ACTIONS)) == []
    assert sorted({action.partition(".")[0] for action in actions} - set(AREAS)) == []


def test_every_record_type_of_the_code_has_words():
    assert sorted(given_as("record_type") - set(RECORD_TYPES)) == []
    assert set(RECORDS) == set(RECORD_TYPES) - {"person"}


def test_every_sentence_has_no_other_places_than_it_is_given(app):
    for words in ACTIONS.values():
        assert str(words) % {"who": "", "record": ""}
    for words in RECORDS.values():
        assert str(words) % {"code": ""}


@pytest.mark.parametrize(
    ("given", "sentence", "role"),
    [
        ({"record": str(LEFT)}, "Amina gave somebody who has left a role.", "Organiser"),
        ({"actor": LEFT}, "somebody who has left gave Amina a role.", "Organiser"),
        ({"actor": NAMELESS}, "somebody without a name gave Amina a role.", "Organiser"),
        ({"actor": None, "role": "command"}, "A command on the server gave Amina a role.", "Command"),
        ({"actor": None, "role": "system"}, "The system gave Amina a role.", "By itself"),
        ({"role": "self", "record_type": "invitation", "record": "Xy", "action": "roles.decline"},
         "Amina declined a role: the invitation Xy.", "For themselves"),
        ({"action": "new.thing", "record_type": "gadget", "record": "7"}, "Amina: new.thing, gadget 7.", "Organiser"),
        ({"record": "not a uid"}, "Amina gave not a uid a role.", "Organiser"),
        ({"role": "keeper"}, "Amina gave Amina a role.", "keeper"),
    ],
)  # fmt: skip
def test_entry_is_a_sentence(app, given, sentence, role):
    line = wording().line(an_entry(**given))

    assert (plain(line.sentence), line.role) == (sentence, role)


@pytest.mark.parametrize(
    ("field", "what", "said"),
    [
        ("role", [None, "desk"], "Role: Registration desk"),
        ("role", ["desk", None], "Role: no longer Registration desk"),
        ("role", ["desk", "organiser"], "Role: Registration desk, now Organiser"),
        ("email", CHANGED, "E-mail address: changed"),
        ("language", [None, "fr"], "Language: French"),
        ("state", ["failed", "queued"], "State: Failed, now Waiting"),
        ("audience", [None, {"roles": ["desk"], "languages": ["fr"]}], "For whom: Registration desk and French"),
        ("audience", [None, {"roles": [], "languages": []}], "For whom: everybody"),
        ("languages", [["fr"], ["fr", "ar"]], "Languages: French, now French and Arabic"),
        ("sees_internal_statistics", [None, True], "Sees exact statistics: yes"),
        ("rows", 12, "Entries: 12"),
        ("reason", "An audit", "Reason: An audit"),
        ("width", [1, 2.5], "width: 1, now 2.5"),
        ("shape", [None, {"a": 1}], 'shape: {"a": 1}'),
    ],
)
def test_change_says_what_was_and_what_is(app, field, what, said):
    line = wording().line(an_entry(changes={field: what}))

    assert [plain(one).replace("&#34;", '"') for one in line.changes] == [said]


def test_names_and_values_are_text_whatever_stands_in_them(app):
    naughty = "<b>%(who)s</b>"
    words = Wording("en", {AMINA: naughty}, {})

    line = words.line(an_entry(changes={naughty: [naughty, naughty]}))

    shown = "<bdi>&lt;b&gt;%(who)s&lt;/b&gt;</bdi>"
    assert line.sentence == f"{shown} gave {shown} a role."
    assert line.changes == [f"{shown}: {shown}, now {shown}"]


@pytest.mark.parametrize("fault", list(Fault))
def test_every_finding_has_a_sentence_with_its_number(app, fault):
    assert "41" in finding_words(Finding(41, fault))
    assert fault in FINDINGS
    assert finding_words(Finding(4, Fault.REMOVED, 9)) == "Entries 4 to 9 are missing."
