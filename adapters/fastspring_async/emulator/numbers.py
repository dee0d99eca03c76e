"""Repeatable chance and ids that can be turned back into the number they were made from."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from hashlib import blake2b

_MASK = (1 << 64) - 1


def mix(seed: int, number: int) -> int:
    """64 bits that look random and depend on both numbers only (the splitmix64 finalizer)."""
    x = (seed + number * 0x9E3779B97F4A7C15) & _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)


def seed_of(seed: int, purpose: str) -> int:
    """A seed of its own for each purpose, so that one kind of choice does not follow another."""
    return int.from_bytes(blake2b(f"{seed}/{purpose}".encode(), digest_size=8).digest(), "big")


class Ids:
    """Ids of 22 characters as FastSpring makes them, computed from a number and back without a table.

    Args:
        seed: of the shop.
        kind: "order", "account" … : the same number has another id in each.
    """

    def __init__(self, seed: int, kind: str) -> None:
        self._tag = seed_of(seed, f"{kind}/tag")
        self._veil = seed_of(seed, f"{kind}/veil")

    def make(self, number: int) -> str:
        """The id of record `number`."""
        tag = mix(self._tag, number)
        return urlsafe_b64encode((tag << 64 | number ^ mix(self._veil, tag)).to_bytes(16, "big"))[:22].decode()

    def number(self, text: str) -> int | None:
        """The number that this id was made from; None if it was made from none."""
        if len(text) != 22 or not text.isascii():
            return None
        try:
            data = urlsafe_b64decode(text + "==")
        except NotBase64:
            return None
        if len(data) != 16:
            return None
        number = int.from_bytes(data[8:], "big") ^ mix(self._veil, int.from_bytes(data[:8], "big"))
        return number if self.make(number) == text else None
