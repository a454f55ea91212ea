"""Texts of the programme, shortened for lists and descriptions; how prose is rendered is `forum.prose`'s."""

from forum.prose import as_html, as_plain

__all__ = ["as_html", "as_plain", "summary"]


def summary(markdown: str, most: int = 200) -> str:
    """The first `most` characters of a text in plain words, cut at a word."""
    words = " ".join(as_plain(markdown).split())
    return words if len(words) <= most else words[: most - 1].rsplit(" ", 1)[0] + "…"
