"""Tokens that a vendor issued to an app, and the places where they are kept between runs."""

from __future__ import annotations

import asyncio
import os
import secrets
import stat
from collections.abc import AsyncGenerator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Annotated, Final, Protocol, runtime_checkable

import anyio
import anyio.to_thread
import msgspec

from commerce_async.errors import ConfigError
from commerce_async.secrets import Secret, keyring_backend, keyring_place

try:
    import fcntl
except ImportError:  # pragma: no cover  Windows
    fcntl = None

_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)  # Windows has neither links like these nor the flag
_NO_WAIT: Final = getattr(os, "O_NONBLOCK", 0)  # to open a named pipe would wait for its other end
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_LARGEST: Final = 64 * 1024  # bytes; a token file has a few hundred
_LONGEST: Final = 30.0  # seconds for another process's renewal; one that takes longer hangs
_POLL: Final = 0.1
_PATIENCE: Final = 60.0  # seconds for a keyring, which may ask a person for a password first


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An access token and what is known of it.

    Attributes:
        access: goes on the wire with each call.
        refresh: gets the next access token; None if the vendor gave none.
        expires: when the access token ends, by the vendor's clock (aware UTC); None if it does not, or nobody knows.
        obtained: when the vendor issued it, by the vendor's clock (aware UTC).
        audience: the account and app that it was issued for; it must not be sent to any other.
        user: whose rights it carries, if the vendor says.
    """

    access: Secret
    refresh: Secret | None = None
    expires: datetime | None = None
    obtained: datetime | None = None
    audience: str = ""
    user: str = ""


@runtime_checkable
class TokenStore(Protocol):
    """Where the token of one account is kept. Several processes may share one."""

    async def load(self) -> Token | None:
        """The token that was saved last; None if there is none.

        Raises:
            ConfigError: the place cannot be read. The message names it.
        """
        ...

    async def save(self, token: Token) -> None:
        """Puts it in the place of the one before, wholly or not at all.

        Raises:
            ConfigError: the place cannot be written. The message names it.
        """
        ...


@runtime_checkable
class Exclusive(Protocol):
    """A token store that lets one process at a time renew its token."""

    def alone(self) -> AbstractAsyncContextManager[None]:
        """Around a renewal, from reading the token to saving the next."""
        ...


class MemoryTokens:
    """Keeps the token in this process only.

    Args:
        token: one to begin with.
    """

    def __init__(self, token: Token | None = None) -> None:
        self._token = token

    async def load(self) -> Token | None:
        """The token."""
        return self._token

    async def save(self, token: Token) -> None:
        """Keeps it."""
        self._token = token

    def __str__(self) -> str:
        return "memory"


class FileTokens:
    """Keeps the token in a file that only this user can read (mode 0600), in a directory made with mode 0700.

    The file is replaced as a whole, so that another process reads the old token or the new one. A symbolic link, a file
    of another user and a file that others can read are refused. Processes that share it renew the token one after the
    other, by a lock on an empty file beside it.

    Args:
        path: the file; `~` is the home directory.
    """

    def __init__(self, path: str | Path) -> None:
        if not str(path) or "\0" in str(path):
            raise ConfigError("the path of the token file is empty, or has a zero byte in it")
        self._given = str(path)
        try:
            self._path = Path(path).expanduser()
        except RuntimeError:  # no such user's home
            raise ConfigError(f"{self._given!r} is not the path of a token file") from None

    async def load(self) -> Token | None:
        """The token; None if there is no such file.

        Raises:
            ConfigError: the file cannot be read, is no token file, or others can read it.
        """
        # In no variable: some tracebacks show what functions hold.
        return _from_text(await anyio.to_thread.run_sync(self._read), f"the token file {self._given}")

    async def save(self, token: Token) -> None:
        """Replaces the file.

        Raises:
            ConfigError: it cannot be written.
        """
        await anyio.to_thread.run_sync(self._write, token)

    @asynccontextmanager
    async def alone(self) -> AsyncGenerator[None]:
        """Around a renewal: waits for another process that is at it, but not for one that stalls (`_LONGEST`)."""
        number = self._lock_file()
        try:
            with anyio.move_on_after(_LONGEST):
                while number is not None and not _locked(number):  # noqa: ASYNC110  another process sets no event
                    await anyio.sleep(_POLL)
            yield
        finally:
            if number is not None:
                os.close(number)  # and so the lock is gone

    def _lock_file(self) -> int | None:
        try:
            beside = self._path.with_name(f".{self._path.name}.lock")
            return os.open(beside, os.O_WRONLY | os.O_CREAT | _NO_FOLLOW | _NO_WAIT, 0o600)
        except (OSError, ValueError):
            return None  # no such directory yet, or one that cannot be written: saving will say so

    def _read(self) -> bytes | None:
        try:
            number = os.open(self._path, os.O_RDONLY | _NO_FOLLOW | _NO_WAIT)
        except FileNotFoundError:
            return None
        except OSError as error:
            if self._path.is_symlink():
                raise ConfigError(f"the token file {self._given} is a symbolic link; name the file itself") from None
            raise ConfigError(f"cannot read the token file {self._given}: {error.strerror}") from None
        try:
            self._check(os.fstat(number))
            return os.read(number, _LARGEST)
        except OSError as error:
            raise ConfigError(f"cannot read the token file {self._given}: {error.strerror}") from None
        finally:
            os.close(number)

    def _check(self, state: os.stat_result) -> None:
        if not stat.S_ISREG(state.st_mode):
            raise ConfigError(f"the token file {self._given} is not a file")
        if os.name != "posix":  # pragma: no cover  Windows keeps other users out by the profile's directory
            return
        if state.st_uid != os.geteuid():
            raise ConfigError(f"the token file {self._given} belongs to another user")
        if state.st_mode & _OTHERS:
            raise ConfigError(f"the token file {self._given} can be read by others; run: chmod 600 {self._given}")

    def _write(self, token: Token) -> None:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._path.is_symlink():
                raise ConfigError(f"the token file {self._given} is a symbolic link; name the file itself")
            beside = self._path.with_name(f".{self._path.name}.{secrets.token_hex(8)}")
            number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW, 0o600)
            try:
                with os.fdopen(number, "wb") as file:
                    file.write(_to_text(token))
                    file.flush()
                    os.fsync(number)
                beside.replace(self._path)
            except BaseException:  # interrupted as well: half a token must not lie about
                with suppress(OSError):
                    beside.unlink()
                raise
        except OSError as error:
            raise ConfigError(f"cannot write the token file {self._given}: {error.strerror}") from None

    def __str__(self) -> str:
        return f"file:{self._given}"


class KeyringTokens:
    """Keeps the token in the system's keyring (extra `keyring`).

    Args:
        place: `SERVICE/USER`.

    Raises:
        ConfigError: the place is not of that form.
    """

    def __init__(self, place: str) -> None:
        self._place = place
        self._service, self._user = keyring_place(place)

    async def load(self) -> Token | None:
        """The token; None if the keyring has none there.

        Raises:
            ConfigError: no keyring, or it did not answer, or what it holds is no token.
        """
        return _from_text(await self._asked("get_password"), f"the keyring's entry {self._place}")

    async def save(self, token: Token) -> None:
        """Replaces the entry.

        Raises:
            ConfigError: no keyring, or it did not take it.
        """
        await self._asked("set_password", token)

    async def _asked(self, what: str, *tokens: Token) -> str | None:
        answer: Future[str | None] = Future()
        # A thread of its own that nobody waits for: one behind a dialog that nobody sees never ends.
        Thread(target=self._ask, args=(answer, what, tokens), daemon=True, name="commerce-async keyring").start()
        with anyio.move_on_after(_PATIENCE):
            return await asyncio.wrap_future(answer)
        raise ConfigError(f"the keyring did not answer for {self._place} within {_PATIENCE:g} s; is it locked?")

    def _ask(self, answer: Future[str | None], what: str, tokens: tuple[Token, ...]) -> None:
        """In the thread."""
        if not answer.set_running_or_notify_cancel():
            return
        try:
            ask = getattr(keyring_backend(), what)
            answer.set_result(ask(self._service, self._user, *(_to_text(token).decode() for token in tokens)))
        except ConfigError as error:
            answer.set_exception(error)
        except Exception as error:  # a backend lets through whatever its system's library raises
            words = f"the keyring did not answer for {self._place}: {type(error).__name__}"
            answer.set_exception(ConfigError(words))

    def __str__(self) -> str:
        return f"keyring:{self._place}"


class TokenPlace:
    """A place in a configuration file: `file:PATH` or `keyring:SERVICE/USER`.

    Args:
        text: the place.

    Raises:
        ConfigError: it is neither.
    """

    def __init__(self, text: str) -> None:
        scheme, _, place = text.partition(":")
        if scheme not in ("file", "keyring") or not place:
            raise ConfigError(f"expected file:PATH or keyring:SERVICE/USER, got {text[:80]!r}")
        self.store: TokenStore = FileTokens(place) if scheme == "file" else KeyringTokens(place)

    def __repr__(self) -> str:
        return f"TokenPlace({str(self.store)!r})"


class _Kept(msgspec.Struct, omit_defaults=True):
    """A token as it is written down."""

    access_token: Annotated[str, msgspec.Meta(min_length=1)]
    refresh_token: str | None = None
    expires: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    obtained: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    audience: str = ""
    user: str = ""


def _locked(number: int) -> bool:
    """Whether the lock is ours now; where there are no locks, it is always."""
    if fcntl is None:  # pragma: no cover  Windows
        return True
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a network's file system without locks
        return True
    return True


def _to_text(token: Token) -> bytes:
    return msgspec.json.encode(
        _Kept(
            access_token=token.access.reveal(),
            refresh_token=token.refresh.reveal() if token.refresh else None,
            expires=token.expires,
            obtained=token.obtained,
            audience=token.audience,
            user=token.user,
        )
    )


def _kept(text: str | bytes) -> _Kept | None:
    try:
        return msgspec.json.decode(text, type=_Kept)
    except ValueError:  # its own words might show the content
        return None


def _from_text(text: str | bytes | None, where: str) -> Token | None:
    if text is None:
        return None
    kept = _kept(text)
    del text  # as above
    if kept is None:
        raise ConfigError(f"{where} holds no token; delete it and log in again")
    return Token(
        access=Secret(kept.access_token),
        refresh=Secret(kept.refresh_token) if kept.refresh_token else None,
        expires=kept.expires,
        obtained=kept.obtained,
        audience=kept.audience,
        user=kept.user,
    )


__all__ = ["Exclusive", "FileTokens", "KeyringTokens", "MemoryTokens", "Token", "TokenPlace", "TokenStore"]
