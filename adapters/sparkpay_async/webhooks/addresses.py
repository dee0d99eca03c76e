"""One address per event that nobody can guess. Pure.

The vendor signs nothing, and its bodies do not say which event they are of (Spark Pay: Webhooks). So both are in the
address: `BASE/EVENT/TOKEN`. The token is made from one secret and the event's name. Nothing else needs to be kept,
several processes agree on the addresses, and who learns one of them has none of the others.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from commerce_async.errors import ConfigError
from commerce_async.secrets import Secret
from sparkpay_async.webhooks.events import NOTICES, QUESTIONS, checked

Key: TypeAlias = str | Secret
Keys: TypeAlias = Key | Iterable[Key]

_SHORTEST: Final = 16
_TOKEN: Final = re.compile(r"[0-9a-f]{64}")
_HERE: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def new_secret() -> str:
    """A secret to make addresses with, of 256 random bits. Keep it where the other credentials are kept."""
    return secrets.token_urlsafe(32)


def checked_keys(secret: Keys) -> tuple[Secret, ...]:
    """The secrets, one or several.

    Raises:
        ConfigError: none, or one that could be guessed.
    """
    keys = (secret,) if isinstance(secret, str | Secret) else tuple(secret)
    if not keys:
        raise ConfigError("webhooks: give the secret that the addresses are made with; new_secret() makes one")
    found = tuple(Secret(key) if isinstance(key, str) else key for key in keys)
    if any(len(key.reveal()) < _SHORTEST for key in found):
        raise ConfigError(f"webhooks: the secret has under {_SHORTEST} characters; new_secret() makes a good one")
    return found


def token(secret: Secret, event_type: str) -> str:
    """The part of an address that nobody can guess: 64 hexadecimal digits."""
    words = f"sparkpay webhook {event_type}".encode()
    return hmac.digest(secret.reveal().encode("utf-8", "surrogateescape"), words, "sha256").hex()


def event_at(path: str, keys: Iterable[Secret]) -> str | None:
    """The event whose address a path is; None if it is no address. It takes as long wherever two tokens differ.

    Args:
        path: of a request; what stands before the last two parts does not matter.
        keys: several while one is being replaced.
    """
    parts = path.rstrip("/").rsplit("/", 2)
    event_type, given = parts[-2:] if len(parts) > 1 else ("", "")
    if event_type not in NOTICES and event_type not in QUESTIONS:
        return None
    given_bytes = given.lower().encode("utf-8", "replace")
    matches = [hmac.compare_digest(token(key, event_type).encode(), given_bytes) for key in keys]
    return event_type if any(matches) else None


class Addresses:
    """The addresses of one receiver.

    Args:
        base_url: where the receiver is reached, such as `https://hooks.example.com/sparkpay`. https, or this machine.
        secret: at least 16 characters; see `new_secret`.

    Raises:
        ConfigError: an address or secret that cannot be used; the message does not show the secret.
    """

    def __init__(self, base_url: str, secret: Key) -> None:
        self.base_url = _base(base_url)
        (self._secret,) = checked_keys(secret)

    def url(self, event_type: str) -> str:
        """The address of an event. Keep it secret: whoever has it can send that event.

        Raises:
            UsageError: there is no such event.
        """
        return f"{self.base_url}/{checked(event_type)}/{token(self._secret, event_type)}"

    def owns(self, url: str | None) -> bool:
        """Whether that is an address of this receiver, made with whichever secret."""
        head, _, rest = (url or "").rpartition("/")
        return _TOKEN.fullmatch(rest) is not None and head.rpartition("/")[0] == self.base_url

    def __repr__(self) -> str:
        return f"<Addresses under {self.base_url}>"


def _base(base_url: str) -> str:
    text = base_url.strip().rstrip("/")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if not host or parts.query or parts.fragment or parts.username is not None or not text.isprintable():
        raise ConfigError("webhooks: base_url: expected an address such as https://hooks.example.com/sparkpay")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _HERE):
        raise ConfigError("webhooks: base_url: expected https, for the address itself is the secret")
    return text
