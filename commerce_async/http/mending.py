"""Replies that are nearly JSON: two faults of servers that decoders refuse, and that must not cost a page its records.

A text that was cut between the two halves of an emoji ends in one of them (RFC 8259 §8.2), and some servers put a byte
order mark in front (§8.1). Pure.
"""

from __future__ import annotations

import re
from typing import Final

_BOM: Final = b"\xef\xbb\xbf"
# A backslash that stands for itself, a whole pair, a half: in this order, so that only a half is taken for one.
_ESCAPES: Final = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


def mended(body: bytes) -> bytes:
    """The body without a byte order mark, and with the escape of U+FFFD for each half of a surrogate pair."""
    return _ESCAPES.sub(lambda found: b"\\ufffd" if found["half"] else found[0], body.removeprefix(_BOM))


__all__ = ["mended"]
