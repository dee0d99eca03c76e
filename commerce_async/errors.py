"""One tree of errors with two roots: final (change the request) and temporary (the same request may work later).

Every error carries what a caller acts on. None carries a secret, a header, a query or a body that was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


class CommerceError(Exception):
    """Anything this library raises on purpose.

    Attributes:
        message: the vendor's or our own words, one line.
        store: name of the store, as the caller gave it.
        operation: what was asked, such as `products.get`.
        method, path: the request line without host and query.
        status: HTTP status, if a reply came.
        fields: the vendor's message per field, if it gave any.
        vendor: members of the vendor's own error object, as text, if it sent one that has more than a message.
        attempts: how many times the request went on the wire.
        retry_after: seconds until the vendor wants to be asked again, if it said.
        safe_to_retry: whether sending the same request again cannot do harm.
        resume: token with which a list goes on after what was already delivered.
    """

    def __init__(
        self,
        message: str,
        *,
        store: str | None = None,
        operation: str | None = None,
        method: str | None = None,
        path: str | None = None,
        status: int | None = None,
        fields: Mapping[str, str] | None = None,
        vendor: Mapping[str, str] | None = None,
        attempts: int = 0,
        retry_after: float | None = None,
        safe_to_retry: bool = False,
        resume: str | None = None,
    ) -> None:
        message = _one_line(message)
        super().__init__(message)
        self.message = message
        self.store = store
        self.operation = operation
        self.method = method
        self.path = path
        self.status = status
        self.fields = {_one_line(name): _one_line(text) for name, text in (fields or {}).items()}
        self.vendor = {_one_line(name): _one_line(text) for name, text in (vendor or {}).items()}
        self.attempts = attempts
        self.retry_after = retry_after
        self.safe_to_retry = safe_to_retry
        self.resume = resume

    def reword(self, change: Callable[[str], str]) -> None:
        """Changes the message, the words per field and the vendor's object, wherever they show."""
        self.message = change(self.message)
        self.args = (self.message,)
        self.fields = {name: change(text) for name, text in self.fields.items()}
        self.vendor = {name: change(text) for name, text in self.vendor.items()}

    def __str__(self) -> str:
        where = " ".join(part for part in (self.store, self.operation) if part)
        request = f" ({self.method} {self.path})" if self.method else ""
        status = f" [HTTP {self.status}]" if self.status else ""
        said = [f"{name}: {text}" for name, text in self.fields.items()]
        if self.message != "; ".join(dict.fromkeys(self.fields.values())):  # else it says the same without the names
            said.insert(0, self.message)
        words = "; ".join(said)
        return f"{where}: {words}{status}{request}" if where else words

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (
            type(self),
            self.message,
            {k: v for k, v in self.__dict__.items() if k != "message"},
        )


def _one_line(text: str) -> str:
    # A vendor's words end up in logs and terminals: no line break forges an entry, no escape sequence acts.
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _rebuild(kind: type[CommerceError], message: str, state: dict[str, Any]) -> CommerceError:
    error = kind.__new__(kind, message)
    Exception.__init__(error, message)
    error.__dict__.update(state, message=message)
    return error


class FinalError(CommerceError):
    """The request itself is at fault; sending it again gives the same answer."""


class UsageError(FinalError):
    """The library was used wrongly: outside `async with`, on another event loop, with an argument it refuses."""


class ConfigError(FinalError):
    """A setting is missing or wrong. The message names the key."""


class RejectedError(FinalError):
    """The vendor understood the request and refused it; with status 403, because the credentials do not allow it."""


class AuthError(FinalError):
    """The vendor does not accept the credentials. What they do not allow (403) is a `RejectedError`."""


class MissingError(FinalError):
    """The object is not there."""


class DecodeError(FinalError):
    """The reply cannot be read: not the JSON, or not the shape, that the vendor documents."""


class PagingError(FinalError):
    """A list cannot be walked to its end: the vendor gave the same page again, or a link to another host."""


class UnknownOutcomeError(FinalError):
    """The answer to a write was lost: it may or may not have been carried out, and is not sent again.

    The message says what to check. The failure that lost the answer is the error's `__cause__`.
    """


class TemporaryError(CommerceError):
    """The same request may work later."""


class NetworkError(TemporaryError):
    """No complete reply: no connection, a reset, a truncated body."""


class ServerError(TemporaryError):
    """The vendor failed (5xx, or its own words for it)."""


class ThrottledError(TemporaryError):
    """The rate limit, after every retry that was allowed."""


class ThrottledOrMissingError(ThrottledError):
    """A reply that may mean the rate limit or an object that is not there, and stayed so after bounded retries.

    Never take it as proof that the object is gone.
    """


class DeadlineError(TemporaryError, TimeoutError):
    """The caller's deadline, or the time for one attempt, is over (or would be before a permit is free)."""


class SinkError(TemporaryError):
    """The database did not take the rows. Nothing of the batch is in it, and the checkpoint stands before it."""


class LockedError(SinkError):
    """Another process is at work on the database. Nothing was read or written."""
