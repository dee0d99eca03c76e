"""Where a limit is shared: a Redis or Valkey, by its URL, which may hold a password."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from commerce_async.errors import ConfigError
from commerce_async.secrets import Secret, is_reference, resolve

_SCHEMES: Final = {"redis": "redis", "rediss": "rediss", "valkey": "redis", "valkeys": "rediss", "unix": "unix"}
_FORM: Final = "expected redis://[user:password@]host[:port][/number], rediss://, valkey://, valkeys:// or unix://path"


class LimiterPlace:
    """`redis://…`, `rediss://…` (TLS), `valkey://…`, `valkeys://…` (TLS) or `unix://…`, as redis-py takes it.

    Args:
        text: the URL, or where it is kept (`env:NAME`, `keyring:SERVICE/USER`, `file:PATH`).

    Raises:
        ConfigError: it is no such URL, or nothing is kept there.
    """

    __slots__ = ("_url", "where")

    def __init__(self, text: str | Secret) -> None:
        if isinstance(text, str) and not text:
            raise ConfigError(_FORM)
        text = (resolve(text) if isinstance(text, str) else text).reveal()
        scheme, _, rest = text.partition("://")
        try:
            parts = urlsplit(f"redis://{rest}")
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise ConfigError(f"not a valid URL; {_FORM}") from None
        if scheme not in _SCHEMES or not (host or scheme == "unix") or not text.isprintable() or " " in text:
            raise ConfigError(_FORM)
        self._url = Secret(f"{_SCHEMES[scheme]}://{rest}")
        self.where = f"unix://{parts.path}" if scheme == "unix" else f"{scheme}://{host}:{port or 6379}{parts.path}"

    def reveal(self) -> str:
        """The URL for redis-py."""
        return self._url.reveal()

    def __repr__(self) -> str:
        return f"LimiterPlace({self.where!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LimiterPlace) and other._url == self._url

    def __hash__(self) -> int:
        return hash((LimiterPlace, self._url))


def shows_secret(text: str) -> bool:
    """Whether a password stands in the text itself."""
    return not is_reference(text) and "@" in text
