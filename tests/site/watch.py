"""Watches what a page does behind the reader's back: what it asks for, and what the browser has to say against it."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page


@dataclass
class Watch:
    """What was seen of one page since it was opened."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    """Console messages, uncaught errors, dialogs, and issues the browser found, such as a breach of the policy."""
    requests: list[str] = field(default_factory=list)
    """Every address asked for."""

    def __post_init__(self) -> None:
        self.page.on("console", self._note_message)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        self.page.on("request", lambda request: self.requests.append(request.url))
        devtools = self.page.context.new_cdp_session(self.page)
        devtools.on("Audits.issueAdded", self._note_issue)
        devtools.send("Audits.enable")

    def _note_message(self, message: ConsoleMessage) -> None:
        """Note a message, except that a page which we opened as an error page is one."""
        is_page_itself = message.location.get("url") == self.page.url
        if not (is_page_itself and message.text.endswith("a status of 404 (Not Found)")):
            self.complaints.append(f"console: {message.text}")

    def _note_issue(self, event: Any) -> None:
        self.complaints.append(f"issue: {event['issue']['code']} {event['issue']['details']}")

    def strangers(self, address: str) -> list[str]:
        """The requests to any other host than that of `address`."""
        return [url for url in self.requests if urlsplit(url).netloc != urlsplit(address).netloc]
