"""A secret that cannot be printed by accident, and the places one may be kept."""

from __future__ import annotations

import importlib
import os
import re
from pathlib import Path
from typing import Any, Final

from commerce_async.errors import ConfigError

_SCHEMES: Final = ("env:", "keyring:", "file:")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


class Secret:
    """A text that shows itself only to `reveal()`.

    `repr`, `str`, `format`, JSON and msgpack all see stars, so that no log line, error or report carries it.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        if not text:
            raise ConfigError("a secret is empty; give the text that the vendor issued")
        self._text = text

    def reveal(self) -> str:
        """The text itself. Call this where it goes on the wire and nowhere else."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __reduce__(self) -> Any:
        # A pickle would carry the text to a file or another machine.
        raise TypeError("a Secret is not pickled; resolve it again where it is needed")


def is_reference(text: str) -> bool:
    """Whether `text` says where a secret is kept, instead of being one."""
    return text.startswith(_SCHEMES)


def resolve(text: str) -> Secret:
    """The secret that `env:NAME`, `keyring:SERVICE/USER` or `file:PATH` points to; any other text is the secret.

    Raises:
        ConfigError: nothing is kept there. The message names the place, never its content.
    """
    scheme, _, place = text.partition(":")
    if not is_reference(text):
        return Secret(text)
    if scheme == "env":
        if not _VARIABLE.fullmatch(place):  # not shown: it may be the secret itself
            raise ConfigError("env: is to be followed by the name of an environment variable, such as env:SHOP_TOKEN")
        return _found(os.environ.get(place), f"environment variable {place} is not set")
    if scheme == "file":
        return _from_file(place)
    return _from_keyring(place)


def _found(text: str | None, otherwise: str) -> Secret:
    if not text:
        raise ConfigError(otherwise)
    return Secret(text)


def _from_file(place: str) -> Secret:
    try:
        text = Path(place).expanduser().read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(f"cannot read the secret file {place}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"the secret file {place} is not UTF-8 text") from None
    except (RuntimeError, ValueError):  # no such user's home; a character that no path has
        raise ConfigError(f"{place!r} is not the path of a secret file") from None
    return _found(text, f"the secret file {place} is empty")


def keyring_place(place: str) -> tuple[str, str]:
    """Service and user of `SERVICE/USER`.

    Raises:
        ConfigError: it is not of that form.
    """
    service, slash, user = place.rpartition("/")
    if not (slash and service and user):
        raise ConfigError(f"keyring:{place} is not keyring:SERVICE/USER")
    return service, user


def keyring_backend() -> Any:
    """The keyring library. Its calls block, and raise whatever its system's library raises.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        return importlib.import_module("keyring")
    except ImportError:
        raise ConfigError("keyring: secrets need the extra: pip install 'commerce-async[keyring]'") from None


def _from_keyring(place: str) -> Secret:
    service, user = keyring_place(place)
    keyring = keyring_backend()
    try:
        text: str | None = keyring.get_password(service, user)
    except Exception as error:  # a backend lets through whatever its system's library raises
        raise ConfigError(f"the keyring did not answer for {place}: {type(error).__name__}") from None
    return _found(text, f"the keyring has no secret for {place}")
