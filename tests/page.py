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

    @property
    def text(self) -> str:
        body = self.tree.find(".//body")
        return " ".join(" ".join(body.itertext()).split())

    @property
    def h1(self) -> str:
        return " ".join(" ".join(self.tree.find(".//h1").itertext()).split())

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


def get(client: FlaskClient, path: str, status: int = 200) -> Page:
    """The page at `path`, checked: status, one h1 the title starts with, unique ids, labelled fields, lang, dir."""
    answer = client.get(path)
    assert answer.status_code == status, f"{path} answered {answer.status_code}"
    assert answer.mimetype == "text/html"
    html = answer.get_data(as_text=True)
    page = Page(answer.status_code, html, html5lib.parse(html, namespaceHTMLElements=False), answer.headers)
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
        assert script.get("type") == "application/ld+json", f"{path}: inline script"
