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
        self._key = f"{seed}/{kind}".encode()[:64]

    def make(self, number: int) -> str:
        """The id of record `number`."""
        tag = self._tag(number)
        hidden = number ^ self._veil(tag)
        return urlsafe_b64encode(tag + hidden.to_bytes(6, "big"))[:22].decode()

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
        number = int.from_bytes(data[10:], "big") ^ self._veil(data[:10])
        return number if self.make(number) == text else None

    def _tag(self, number: int) -> bytes:
        return blake2b(number.to_bytes(6, "big"), digest_size=10, key=self._key).digest()

    def _veil(self, tag: bytes) -> int:
        return int.from_bytes(blake2b(tag, digest_size=6, key=self._key).digest(), "big")
