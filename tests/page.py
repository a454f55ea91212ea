"""Fetches pages as a reader's browser would and refuses one that is not well made."""

from dataclasses import dataclass
from typing import Any

import html5lib
from flask.testing import FlaskClient

LABELLED = {"input", "select", "textarea"}


@dataclass
class Page:
    """A parsed page: `text` is what a reader sees, `tree` an ElementTree without namespaces."""

    status: int
    html: str
    tree: Any
    headers: Any
    path: str = ""

    @property
    def text(self) -> str:
        body = self.tree.find(".//body")
        return " ".join(" ".join(body.itertext()).split())

    @property
    def h1(self) -> str:
        return " ".join(" ".join(self.tree.find(".//h1").itertext()).split())

    @property
    def token(self) -> str:
        """What shows that a form came from a page of ours."""
        return next(one.get("value") for one in self.tree.iter("input") if one.get("name") == "csrf_token")

    def all(self, name: str, **wanted: str) -> list[Any]:
        """Every element of this name whose attributes are as wanted; `class_` for class."""
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in wanted.items()}
        return [
            element
            for element in self.tree.iter(name)
            if all(
                value in element.get(key, "").split() if key == "class" else element.get(key) == value
                for key, value in wanted.items()
            )
        ]

    def texts(self, name: str, **wanted: str) -> list[str]:
        """What each such element says."""
        return [" ".join("".join(element.itertext()).split()) for element in self.all(name, **wanted)]


def submit(
    client: FlaskClient, page: Page, *, action: str | None = None, button: str | None = None, **fields: Any
) -> Any:
    """The answer to a form of `page`, sent as a browser would: with what it holds already, changed by `fields`.

    The form is the one with this `action`, or with a button of this name and value (`name=value`); the only one else.
    """
    forms = [one for one in page.all("form") if one.get("method", "get").lower() == "post"]
    if action is not None:
        forms = [one for one in forms if one.get("action", page.path) == action]
    if button is not None:
        name, _, value = button.partition("=")
        forms = [
            one for one in forms if any(b.get("name") == name and b.get("value") == value for b in one.iter("button"))
        ]
        fields = {name: value, **fields}
    assert len(forms) == 1, f"{len(forms)} forms fit"
    return client.post(forms[0].get("action") or page.path, data={**held_by(forms[0]), **fields})


def held_by(form: Any) -> dict[str, Any]:
    """What a form sends when nobody touches it."""
    held: dict[str, Any] = {}
    for field in form.iter("input"):
        kind, name = field.get("type", "text"), field.get("name")
        if name and (kind not in ("checkbox", "radio", "submit") or field.get("checked") is not None):
            held.setdefault(name, []).append(field.get("value", "on" if kind == "checkbox" else ""))
    for field in form.iter("textarea"):
        held[field.get("name")] = "".join(field.itertext()).removeprefix("\n")
    for field in form.iter("select"):
        options = list(field.iter("option"))
        chosen = [one for one in options if one.get("selected") is not None]
        if field.get("multiple") is None:
            chosen = chosen or options[:1]
        held[field.get("name")] = [one.get("value", "".join(one.itertext())) for one in chosen]
    return held


def get(client: FlaskClient, path: str, status: int = 200) -> Page:
    """The page at `path`, checked: status, one h1 the title starts with, unique ids, labelled fields, lang, dir."""
    answer = client.get(path)
    assert answer.status_code == status, f"{path} answered {answer.status_code}"
    assert answer.mimetype == "text/html"
    return parsed(answer, path)


def parsed(answer: Any, path: str) -> Page:
    """An answer as a page, checked; `path` is where it came from."""
    html = answer.get_data(as_text=True)
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    page = Page(answer.status_code, html, tree, answer.headers, path)
    check(page, path)
    return page


def check(page: Page, path: str) -> None:
    """The rules every page keeps."""
    assert len(page.all("h1")) == 1, f"{path}: one h1"
    title = page.texts("title")[0]
    assert title.startswith(page.h1), f"{path}: the title {title!r} does not start with {page.h1!r}"
    ids = [element.get("id") for element in page.tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids)), f"{path}: an id stands twice"
    labelled = {label.get("for") for label in page.all("label")}
    inside = {field for label in page.all("label") for field in label.iter() if field.tag in LABELLED}
    for field in (field for name in LABELLED for field in page.all(name) if field.get("type") != "hidden"):
        assert field in inside or field.get("id") in labelled, f"{path}: {field.get('name')} has no label"
    for element in page.tree.iter():
        for reference in ("aria-labelledby", "aria-describedby"):
            for target in (element.get(reference) or "").split():
                assert target in ids, f"{path}: {reference} names {target}, which is not there"
    root = page.tree
    assert root.get("lang") == path.split("/")[1] or page.status >= 400, f"{path}: lang is {root.get('lang')}"
    assert root.get("dir") == ("rtl" if root.get("lang") == "ar" else "ltr")
    assert not page.all("style"), f"{path}: inline style"
    assert not [element for element in page.tree.iter() if element.get("style")], f"{path}: style attribute"
    for script in page.all("script"):
        assert script.get("type") == "application/ld+json" or script.get("src"), f"{path}: inline script"
