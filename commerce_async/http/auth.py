"""Credentials, put on the wire by aiohttp client middlewares and shown nowhere else."""

from __future__ import annotations

from base64 import b64encode
from typing import Protocol, runtime_checkable

from aiohttp import ClientHandlerType, ClientRequest, ClientResponse, hdrs

from commerce_async.errors import ConfigError
from commerce_async.secrets import Secret

# Shorter secrets are ordinary words as well; to star them out would only mangle messages.
_TELLING = 6


@runtime_checkable
class Renewable(Protocol):
    """A credential that can be renewed when the vendor says it has expired. The slot for OAuth."""

    async def renew(self) -> bool:
        """Gets a new credential; False if there is none to be had. Called once per call at most."""
        ...


@runtime_checkable
class Redacting(Protocol):
    """A credential that knows its secrets, and keeps them out of the words of a vendor that echoes them."""

    def redact(self, text: str) -> str:
        """The text with stars in place of secrets."""
        ...


class Basic:
    """HTTP Basic authentication, the credentials encoded as UTF-8 (RFC 7617).

    Args:
        username, password: as the vendor issued them. The username may not contain a colon.

    Raises:
        ConfigError: one is empty, or the username has a colon.
    """

    def __init__(self, username: str | Secret, password: str | Secret) -> None:
        user, word = _text(username, "username"), _text(password, "password")
        if ":" in user:
            raise ConfigError("username: must not contain a colon (HTTP Basic could not tell where it ends)")
        encoded = b64encode(f"{user}:{word}".encode()).decode("ascii")
        self._value = Secret("Basic " + encoded)
        self._secrets = (Secret(encoded), Secret(word))

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        """Adds the header."""
        request.headers[hdrs.AUTHORIZATION] = self._value.reveal()
        return await handler(request)

    def redact(self, text: str) -> str:
        """The text without the password, plain or encoded."""
        return _starred(text, *self._secrets)

    def __repr__(self) -> str:
        return "Basic('***')"


class HeaderToken:
    """A token in a header of the vendor's own.

    Args:
        header: its name.
        token: as the vendor issued it.

    Raises:
        ConfigError: the token is empty or cannot stand in a header.
    """

    def __init__(self, header: str, token: str | Secret) -> None:
        value = _text(token, "token")
        if not value.isascii() or not value.isprintable() or value != value.strip():
            raise ConfigError("token: has spaces around it or characters that cannot stand in a header")
        self._header = header
        self._token = Secret(value)

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        """Adds the header."""
        request.headers[self._header] = self._token.reveal()
        return await handler(request)

    def redact(self, text: str) -> str:
        """The text without the token."""
        return _starred(text, self._token)

    def __repr__(self) -> str:
        return f"HeaderToken({self._header!r}, '***')"


def _text(value: str | Secret, name: str) -> str:
    text = value.reveal() if isinstance(value, Secret) else value
    if not text:
        raise ConfigError(f"{name}: is empty")
    try:
        text.encode()
    except UnicodeEncodeError:  # its own words would show the text
        raise ConfigError(f"{name}: is not valid Unicode text") from None
    return text


def _starred(text: str, *secrets: Secret) -> str:
    for secret in secrets:
        word = secret.reveal()
        if len(word) >= _TELLING:
            text = text.replace(word, "***")
    return text
