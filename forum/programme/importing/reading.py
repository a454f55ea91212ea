"""Tells the format of a file by what is in it, not by its name."""

from forum.programme.c3voc import read_json
from forum.programme.frab import read_xml
from forum.programme.parsed import MAX_BYTES, NotASchedule, ParsedSchedule, too_large

_BLANK = b"\xef\xbb\xbf \t\r\n"
"""A byte order mark, and what careless programs put before the first character."""


def read_schedule(content: bytes) -> ParsedSchedule:
    """The programme in `content`. Raises NotASchedule, TooLarge, Broken, Dangerous, NothingInIt."""
    if len(content) > MAX_BYTES:
        raise too_large()
    start = content[:200].lstrip(_BLANK)
    if start.startswith(b"{"):
        return read_json(content)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return read_xml(content)
    if start.startswith(b"<"):
        return read_xml(content.lstrip(_BLANK))
    raise NotASchedule
