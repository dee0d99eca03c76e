"""The operations that only some resources have (Spark Pay: the resources' own pages)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import Any, Final, TypeVar, cast

import msgspec

from commerce_async.errors import UsageError
from commerce_async.http.call import Call, Reply, quote_segment
from commerce_async.http.sending import encoded
from commerce_async.schema.lenient import Reader, untyped
from sparkpay_async import operations
from sparkpay_async.calls.answers import Answer, Decrypted
from sparkpay_async.calls.querying import Query
from sparkpay_async.kinds import Kind, is_id
from sparkpay_async.wire import read_one, read_rows

T = TypeVar("T")

# Not for any cache, neither the server's nor ours.
PRIVATE: Final = (("Cache-Control", "no-cache, no-store"),)


def request(
    name: str,
    decode: Callable[[Reply], T],
    *,
    query: Query = (),
    json: object = msgspec.UNSET,
    content: tuple[str, bytes] | None = None,
    headers: tuple[tuple[str, str], ...] = (),
    again: bool | None = None,
    **segments: str,
) -> Call[T]:
    """A call of the table's operation `name`, sent again or not as its row says.

    Args:
        json: the body.
        content: another body: its content type and bytes.
        again: False where this call may not be sent again although its row says so of others.
        segments: what takes the place of `{…}` in the path.

    Raises:
        UsageError: a segment that cannot stand in a path, or a body that cannot be sent.
    """
    row = operations.operation(name)
    where = "/".join(
        quote_segment(segments[part[1:-1]]) if part.startswith("{") else part for part in row.path.split("/")
    )
    body = None if json is msgspec.UNSET else encoded(json)
    if content is not None:
        headers, body = (*headers, ("Content-Type", content[0])), content[1]
    repeat = row.repeat is operations.Repeat.YES and again is not False
    return Call(name, row.method, where, decode, query, body, headers, idempotent=repeat, check=row.check)


# -- reading replies -----------------------------------------------------------------------------------------


def struct(kind: type[T]) -> Callable[[Reply], T]:
    """Reads a reply as that struct, forgivingly."""
    return partial(_struct, kind)


def structs(kind: type[T], key: str) -> Callable[[Reply], tuple[T, ...]]:
    """Reads a reply's list, whatever it is called."""
    return partial(_structs, kind, key)


def record(kind: Kind[T]) -> Callable[[Reply], T]:
    """Reads a reply as a record of that kind, with its own bytes."""
    return lambda reply: kind.read(read_one(reply.body))


def anything(reply: Reply) -> Answer:
    """Reads whatever came, nothing included."""
    raw = read_one(reply.body)
    if not raw:
        return Answer()
    value = untyped(raw)
    members = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    id = str(members.get("id"))
    return Answer(id=int(id) if is_id(id) else None, members=members, raw=raw)


def nothing(reply: Reply) -> None:
    """Whatever the reply holds: its status was the answer."""


def decrypted(name: str, id: str) -> Call[Decrypted]:
    """A record with what is otherwise encrypted. Its token needs the scope `decrypt`."""
    return request(name, partial(_decrypted, f"{name.partition('.')[0]} {id}"), headers=PRIVATE, id=id)


def _decrypted(of: str, reply: Reply) -> Decrypted:
    raw = read_one(reply.body)
    if not raw.startswith(b"{"):
        raise ValueError("expected an object")  # and no word of what came
    return Decrypted(of, raw)


@cache
def _reader(kind: type[Any]) -> Reader[Any]:
    return Reader(kind)


def _struct(kind: type[T], reply: Reply) -> T:
    return cast("T", _reader(kind).read(read_one(reply.body)))


def _structs(kind: type[T], key: str, reply: Reply) -> tuple[T, ...]:
    rows = read_rows(reply.body, (key,)).rows
    return tuple(cast("T", _reader(kind).read(raw)) for raw in rows)


# -- bodies in parts -----------------------------------------------------------------------------------------


def multipart(told: Mapping[str, Any], name: str, content: bytes, type: str) -> tuple[str, bytes]:
    """A body of two parts: JSON, and a file (Spark Pay: upload; import, Import file).

    Args:
        told: the JSON part.
        name: the file's name.
        content, type: the file's bytes and their type.

    Returns:
        The content type and the body.

    Raises:
        UsageError: a name with a quote, a slash or a control character.
    """
    if not isinstance(content, bytes):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all checked
        raise UsageError(f"content: expected bytes, got {content.__class__.__name__}")
    if not name or not name.isprintable() or any(char in name for char in '"/\\'):
        raise UsageError(f"{name[:60]!r} is not a file's name")
    boundary = secrets.token_hex(16)
    while boundary.encode() in content:
        boundary = secrets.token_hex(16)
    parts: Iterable[bytes] = (
        _part(boundary, 'name="json"', "application/json", encoded(told)),
        _part(boundary, f'name="file"; filename="{name}"', type, content),
        f"--{boundary}--\r\n".encode(),
    )
    return f"multipart/form-data; boundary={boundary}", b"".join(parts)


def _part(boundary: str, disposition: str, type: str, content: bytes) -> bytes:
    head = f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\nContent-Type: {type}\r\n\r\n"
    return head.encode() + content + b"\r\n"
