"""The shop's coupons and their codes."""

from __future__ import annotations

from typing import Any

from fastspring_async.emulator.words import COUPONS


class Coupons:
    """Coupons by id. There is one for each code that the generated orders were bought with."""

    def __init__(self) -> None:
        self._coupons: dict[str, dict[str, Any]] = {code.lower(): _coupon(code, off) for code, off in COUPONS}
        self._codes: dict[str, list[str]] = {code.lower(): [code] for code, _ in COUPONS}

    def ids(self) -> list[str]:
        return list(self._coupons)

    def get(self, identity: str) -> dict[str, Any] | None:
        """The coupon without its codes."""
        return self._coupons.get(identity)

    def codes(self, identity: str) -> list[str]:
        return list(self._codes.get(identity, ()))

    def put(self, identity: str, members: dict[str, Any]) -> None:
        """Creates a coupon, or changes the members given."""
        self._coupons[identity] = {**self._coupons.get(identity, {"coupon": identity}), **members}
        self._codes.setdefault(identity, [])

    def add_codes(self, identity: str, codes: list[str], *, replace: bool = False) -> list[str]:
        """Adds codes, in upper case and each once: all that there are now."""
        kept = [] if replace else self._codes[identity]
        self._codes[identity] = list(dict.fromkeys([*kept, *(code.strip().upper() for code in codes)]))
        return self.codes(identity)

    def drop_codes(self, identity: str) -> list[str]:
        """Removes every code: what was removed."""
        gone, self._codes[identity] = self._codes[identity], []
        return gone

    def drop(self, identity: str) -> None:
        del self._coupons[identity], self._codes[identity]


def _coupon(code: str, off: int) -> dict[str, Any]:
    return {
        "coupon": code.lower(),
        "discount": {"type": "percent", "percent": off // 100},
        "combine": False,
        "limit": 500,
        "reason": {"en": f"With {code}"},
        "available": {},
    }
