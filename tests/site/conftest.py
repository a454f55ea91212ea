"""A real server with the demo edition, and a real browser to read it with."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.conftest import absent
from tests.site.backstage import Backstage, furnished
from tests.site.places import Demo, demo_on
from tests.site.server import empty_database, jukwaa, running, settings_for

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",  # A container, where tests mostly run, gives its root no user namespaces.
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A server that shows the demo edition. Tests must leave it as it is."""
    folder = tmp_path_factory.mktemp("demo")
    with empty_database("demo", folder) as database:
        settings = settings_for(database)
        jukwaa(settings, "migrate")
        jukwaa(settings, "demo")
        with running(settings, folder) as site:
            yield demo_on(site)


@pytest.fixture(scope="session")
def backstage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backstage]:
    """Another server with the demo edition, and something on every page behind the sign-in. Tests may change it."""
    folder = tmp_path_factory.mktemp("backstage")
    with empty_database("backstage", folder) as database:
        settings = settings_for(database)
        jukwaa(settings, "migrate")
        jukwaa(settings, "demo")
        with running(settings, folder) as site:
            yield furnished(site)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        absent("Chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield started
        started.close()
