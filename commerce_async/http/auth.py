"""Credentials, put on the wire by aiohttp client middlewares and shown nowhere else."""

from __future__ import annotations

import json
from base64 import b64encode
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable
from urllib.parse import quote

from commerce_async.errors import ConfigError
from commerce_async.secrets import Secret

if TYPE_CHECKING:
    from aiohttp import ClientHandlerType, ClientRequest, ClientResponse

# Shorter secrets are ordinary words as well; to star them out would only mangle messages.
_TELLING = 6


@runtime_checkable
class Renewable(Protocol):
    """A credential that can be renewed when the vendor says it has expired."""

    async def renew(self) -> bool:
        """Gets a new credential; False if there is none to be had. Called once per call at most."""
        ...


@runtime_checkable
class Lease(Renewable, Protocol):
    """A credential for one call: it knows what it put on the wire for that call, and so what has expired.

    It is an aiohttp client middleware as well.
    """

    async def ready(self) -> None:
        """Returns when the call may go out; called before its permit is taken, and so free to send calls itself.

        Raises:
            CommerceError: no credential is to be had. The call then fails with this error.
        """
        ...

    @property
    def stale(self) -> bool:
        """Whether what would go on the wire now is known to be refused, or is being replaced."""
        ...

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        """Adds the credential."""
        ...


@runtime_checkable
class Leasing(Protocol):
    """A credential that all calls share and that changes under way, such as a token that is renewed.

    It is no middleware itself; its leases are.
    """

    def lease(self) -> Lease:
        """Its part for one call."""
        ...

    async def close(self) -> None:
        """Ends what it has under way. The client calls it before its session closes."""
        ...


@runtime_checkable
class Redacting(Protocol):
    """A credential that knows its secrets, and keeps them out of the words of a vendor that echoes them."""

    def redact(self, text: str) -> str:
        """The text with stars in place of secrets."""
        ...


@runtime_checkable
class Identifying(Protocol):
    """A credential that tells its account from others, so that a cache never mixes them."""

    def identity(self) -> Secret | None:
        """What only this account has; None as long as that is not known."""
        ...


class Basic:
    """HTTP Basic authentication, the credentials encoded as UTF-8 (RFC 7617).

    Args:
        username: as the vendor issued it, without a colon.
        password: as the vendor issued it.

    Raises:
        ConfigError: one is empty, or the username has a colon.
    """

    def __init__(self, username: str | Secret, password: str | Secret) -> None:
        user = _text(username, "username")
        if ":" in user:
            raise ConfigError("username: must not contain a colon (HTTP Basic could not tell where it ends)")
        word = _text(password, "password")  # after the last refusal: some tracebacks show what functions hold
        encoded = b64encode(f"{user}:{word}".encode()).decode("ascii")
        self._value = Secret("Basic " + encoded)
        self._secrets = (Secret(encoded), Secret(word))

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        """Adds the header."""
        request.headers["Authorization"] = self._value.reveal()
        return await handler(request)

    def redact(self, text: str) -> str:
        """The text without the password, plain or encoded."""
        return _starred(text, *self._secrets)

    def identity(self) -> Secret:
        """Username and password."""
        return self._value

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
        self._header = header
        if not stands_in_header(_text(token, "token")):
            raise ConfigError("token: has spaces around it or characters that cannot stand in a header")
        self._token = token if isinstance(token, Secret) else Secret(token)

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        """Adds the header."""
        request.headers[self._header] = self._token.reveal()
        return await handler(request)

    def redact(self, text: str) -> str:
        """The text without the token."""
        return _starred(text, self._token)

    def identity(self) -> Secret:
        """The token."""
        return self._token

    def __repr__(self) -> str:
        return f"HeaderToken({self._header!r}, '***')"


class Redactor:
    """Keeps secrets out of a vendor's words; as a middleware it adds nothing. For calls that carry secrets in bodies.

    Args:
        secrets: those known from the start, which are never forgotten.
    """

    _PAST: Final = 32

    def __init__(self, *secrets: Secret) -> None:
        self._always = secrets
        self._lately: deque[Secret] = deque(maxlen=self._PAST)

    def hide(self, *secrets: Secret | None) -> None:
        """These too, until many others came after them."""
        self._lately.extend(secret for secret in secrets if secret is not None and secret not in self._lately)

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        """Passes the request on."""
        return await handler(request)

    def redact(self, text: str) -> str:
        """The text without them."""
        return _starred(text, *self._always, *self._lately)

    def __repr__(self) -> str:
        return "Redactor()"


def stands_in_header(value: str) -> bool:
    """Whether the text can be a header's value as it is."""
    return value.isascii() and value.isprintable() and value == value.strip()


def _text(value: str | Secret, name: str) -> str:
    text = value.reveal() if isinstance(value, Secret) else value
    if not text:
        raise ConfigError(f"{name}: is empty")
    try:
        text.encode()
    except UnicodeEncodeError:  # its own words would show the text
        del text
        raise ConfigError(f"{name}: is not valid Unicode text") from None
    return text


def _starred(text: str, *secrets: Secret) -> str:
    words = {word for secret in secrets for word in _spellings(secret.reveal()) if len(word) >= _TELLING}
    for word in sorted(words, key=len, reverse=True):  # one may begin with another
        text = _without_beginning(text.replace(word, "***"), word)
    return text


def _spellings(word: str) -> tuple[str, ...]:
    """As it is, in a URL or form, and in JSON."""
    return (
        word,
        quote(word, safe="", errors="replace"),
        json.dumps(word)[1:-1],
        json.dumps(word, ensure_ascii=False)[1:-1],
    )


def _without_beginning(text: str, word: str) -> str:
    """The text without what is left of the word where long words of a vendor's are cut off."""
    for length in range(len(word) - 1, _TELLING - 1, -1):
        left = word[:length]
        text = text.replace(f"{left}...", "***")
        if text.endswith(left):
            return text.removesuffix(left) + "***"
    return text
