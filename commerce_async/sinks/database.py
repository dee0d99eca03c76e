"""What a database must do to be a sink, and how its refusals become one line."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from commerce_async.errors import ConfigError, SinkError
from commerce_async.secrets import is_reference, resolve

T = TypeVar("T")

LOCK_WAIT = 30.0  # seconds that a statement waits for a lock that another program holds
_EXAMPLE = "such as sqlite:///shop.db or postgresql://user@host/shop"
# What to do, by the words that the databases use.
_HINTS: Final = (
    (("is full", "No space"), "make room and run the same again: it goes on where it stopped"),
    (("is locked", "lock timeout"), "another program is writing to it, run the same again when it is done"),
    (("readonly",), "this user must be able to write to the file and to its folder, also to read it (SQLite's WAL)"),
    (("unable to open",), "its folder must be there, and this user able to write to it"),
)

# What may stand behind the `?` of a URL: libpq's options, as far as asyncpg has them.
_POSTGRES: Final = frozenset({
    "application_name", "connect_timeout", "dbname", "host", "options", "passfile", "password", "port", "service",
    "ssl_max_protocol_version", "ssl_min_protocol_version", "sslcert", "sslcrl", "sslkey", "sslmode", "sslnegotiation",
    "sslpassword", "sslrootcert", "target_session_attrs", "user",
})  # fmt: skip
_OPTIONS: Final = {"sqlite": frozenset[str](), "postgresql": _POSTGRES, "postgres": _POSTGRES}


class ValueRefusedError(SinkError):
    """The database cannot hold a value, whatever its state: a number beyond 64 bits, text with a NUL."""


class Database(Protocol):
    """Runs synchronous work on a connection, in one transaction."""

    async def run(self, work: Callable[[Connection], T], *, reading: bool = False) -> T:
        """Commits what the work did, also if the task is cancelled meanwhile; or nothing of it, if it raised.

        Args:
            reading: the work only reads; it waits for nobody who writes.
        """
        ...

    async def acquire(self) -> bool:
        """Takes the lock of this database, if nobody has it. It ends with `release`, or with the process."""
        ...

    async def release(self) -> None:
        """Gives the lock back."""
        ...

    async def close(self) -> None:
        """Closes what is open, the lock included."""
        ...


def open_database(url: URL, *, create: bool, timeout: float) -> Database:
    """The database behind a URL that `checked` has passed. Connects when it is first used."""
    if url.get_backend_name() == "sqlite":
        from commerce_async.sinks.sqlite import SQLite

        return SQLite(url, create=create, timeout=timeout)
    missing = [name for name in ("asyncpg", "greenlet") if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"into: PostgreSQL needs {' and '.join(missing)}; install them with: pip install 'commerce-async[postgres]'"
        )
    from commerce_async.sinks.postgres import Postgres

    return Postgres(url, timeout=timeout)


def checked(url: str) -> URL:
    """The URL, taken apart.

    Args:
        url: it, or where it is kept: `env:NAME`, `keyring:SERVICE/USER`, `file:PATH`.

    Raises:
        ConfigError: not a URL, nothing kept there, no database named, or one that is not supported.
    """
    if is_reference(url):
        try:
            url = resolve(url).reveal()
        except ConfigError as error:
            raise ConfigError(f"into: {error.message}") from None
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        raise ConfigError(f"into: expected a database URL {_EXAMPLE}") from None
    if "\0" in url or not 0 < (parsed.port or 1) < 65536:
        raise ConfigError("into: the database URL has a port that is none, or a zero byte in it")
    unknown = sorted(parsed.query.keys() - _OPTIONS.get(parsed.get_backend_name(), parsed.query.keys()))
    if unknown:
        raise ConfigError(f"into: the option {unknown[0][:40]!r} of the database URL is not supported; leave it out")
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        if not parsed.database or parsed.database == ":memory:":
            raise ConfigError("into: name a file, such as sqlite:///shop.db")
        return parsed
    if parsed.drivername in ("postgresql", "postgres", "postgresql+asyncpg"):
        if not parsed.database:
            raise ConfigError("into: name a database, such as postgresql://user@host/shop")
        return parsed.set(drivername="postgresql")
    raise ConfigError(f"into: {parsed.drivername} is not supported; give a URL {_EXAMPLE}")


def shown(url: URL) -> str:
    """The URL for people: without password, driver and options."""
    return url.set(query={}).render_as_string(hide_password=True)


def refusal(url: URL, error: Exception) -> SinkError:
    """What the database, or the way to it, objected, in one line without anybody's data."""
    kind = ValueRefusedError if _of_value(error) else SinkError
    return kind(f"{shown(url)}: {_words(error)}")


def _of_value(error: Exception) -> bool:
    if isinstance(error, (OverflowError, UnicodeError)):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state: Any = getattr(error.orig, "sqlstate", None)
    if state:
        return str(state)[:2] in ("22", "54")  # data exceptions, and limits of the server such as an index entry's size
    return _driver_refused(error) or type(error.orig).__name__ == "DataError"


def _driver_refused(error: DBAPIError) -> bool:
    # asyncpg's own DataError: it looked at the value and never sent it.
    return type(getattr(error.orig, "__cause__", None)).__name__ == "DataError"


def _words(error: Exception) -> str:
    # Never str(error) of SQLAlchemy or asyncpg: they hold statements, parameters and keys, which are customers' data.
    if isinstance(error, OverflowError):
        return "a number beyond 64 bits"
    if isinstance(error, UnicodeError):
        return "text that is not Unicode"
    if isinstance(error, OSError):
        return f"cannot reach the database: {error.strerror or type(error).__name__}"
    if not isinstance(error, DBAPIError):
        return type(error).__name__
    if _driver_refused(error):
        return "a value that its column cannot hold"
    cause: Any = getattr(error.orig, "__cause__", None) or error.orig
    words = str(cause.args[0]) if cause.args else type(cause).__name__
    return next((f"{words}; {hint}" for signs, hint in _HINTS if any(sign in words for sign in signs)), words)


FAILURES = (SQLAlchemyError, OSError, OverflowError, UnicodeError)
"""What the databases' drivers raise."""
