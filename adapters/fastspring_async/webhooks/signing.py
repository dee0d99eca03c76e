"""The signature of a webhook. FastSpring: Webhooks, Message secret (HMAC SHA256)."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable
from typing import Final, TypeAlias

from commerce_async.errors import ConfigError
from commerce_async.secrets import Secret

HEADER: Final = "X-FS-Signature"

Key: TypeAlias = str | bytes | Secret
Keys: TypeAlias = Key | Iterable[Key]


def sign(body: bytes, secret: Key) -> str:
    """The signature that FastSpring sends for those bytes, for tests and relays.

    Raises:
        ConfigError: the secret is empty.
    """
    return base64.b64encode(hmac.digest(_bytes(secret), body, "sha256")).decode()


def verify(body: bytes, signature: str | bytes | None, secret: Keys) -> bool:
    """Whether the body was signed with the secret. It takes as long wherever two signatures differ.

    Args:
        body: the raw bytes of the request, before anything parsed them.
        signature: the header `X-FS-Signature`; None if it is missing.
        secret: the one set in the webhook's configuration; several while one is being replaced.

    Raises:
        ConfigError: no secret, or an empty one: anybody can sign with that.
    """
    given = signature.encode("utf-8", "replace") if isinstance(signature, str) else signature or b""
    matches = [hmac.compare_digest(sign(body, key).encode(), given.strip()) for key in checked(secret)]
    return any(matches)


def checked(secret: Keys) -> tuple[Secret, ...]:
    """The secrets, one or several, so that none is printed by accident.

    Raises:
        ConfigError: none, or an empty one.
    """
    keys = (secret,) if isinstance(secret, str | bytes | Secret) else tuple(secret)
    if not keys:
        raise ConfigError("webhooks: give the secret of the webhook's configuration")
    return tuple(_secret(key) for key in keys)


def _secret(key: Key) -> Secret:
    if isinstance(key, Secret):
        return key
    if not key:
        raise ConfigError("webhooks: the secret is empty, and anybody could sign with it")
    return Secret(key if isinstance(key, str) else key.decode("utf-8", "surrogateescape"))


def _bytes(key: Key) -> bytes:
    return _secret(key).reveal().encode("utf-8", "surrogateescape")
