"""A shop in memory that answers calls as the vendor's pages say, without a socket."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from commerce_async.errors import AuthError, MissingError, RejectedError, ServerError
from commerce_async.http.call import Call, Outcome, Reply
from sparkpay_async import kinds
from sparkpay_async.verdict import judge

FIXTURES = Path(__file__).parent / "fixtures"
NOW = datetime(2016, 11, 20, 12, 0, tzinfo=UTC)

_ERRORS = {
    Outcome.MISSING: MissingError,
    Outcome.REJECTED: RejectedError,
    Outcome.EXPIRED: AuthError,
    Outcome.TEMPORARY: ServerError,
}


def fixture(name: str) -> bytes:
    return (FIXTURES / f"{name}.json").read_bytes()


def others(name: str) -> dict[str, Any]:
    return msgspec.json.decode(fixture("others"))[name]


def reply(body: bytes = b"", status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=named, body=body, received=NOW)


def kind_named(name: str) -> kinds.Kind[Any]:
    every = (value for value in vars(kinds).values() if isinstance(value, kinds.Kind))
    return next(kind for kind in every if kind.name == name)


class FakeShop:
    """Lists by resource name, each a dict from id to record (a dict, or bytes that stand as they are).

    Attributes:
        calls: `path?query` of every call, in order.
        before: called with the call's path before each one is answered.
        cap: the most records of a page, whatever the call asks for.
        ignores: parameters that the server does not know, and silently ignores.
        broken: status by path with which to answer instead.
    """

    base_url = "https://shop.example.com/api/v1"
    store = "us"

    def __init__(self, **lists: dict[int, Any]) -> None:
        self.lists = lists
        self.calls: list[str] = []
        self.headers: list[tuple[tuple[str, str], ...]] = []
        self.before: Callable[[str], None] = lambda path: None
        self.cap = 1000
        self.ignores: set[str] = set()
        self.broken: dict[str, int] = {}

    def by_path(self) -> Counter[str]:
        return Counter(call.partition("?")[0] for call in self.calls)

    async def send(self, call: Call[Any]) -> Any:
        self.before(call.path)
        self.calls.append(call.path + "?" + "&".join(f"{name}={value}" for name, value in call.query))
        self.headers.append(call.headers)
        answer = self.answer(call)
        verdict = judge(call, answer)
        if verdict.outcome is not Outcome.OK:
            raise _ERRORS[verdict.outcome](verdict.message, status=answer.status)
        return call.decode(answer)

    def answer(self, call: Call[Any]) -> Reply:
        if call.path in self.broken:
            return reply(status=self.broken[call.path])
        _, name, *rest = call.path.split("/")
        records = self.lists.get(name)
        if records is None:
            return reply(b'{"status_code":404,"message":"NotFound"}', 404)
        query = {key: value for key, value in call.query if key not in self.ignores}
        if rest == ["select_many"]:
            asked = [int(each) for each in query["ids"].split(",")]
            return self._list(name, [records[each] for each in asked if each in records], {})
        if rest:
            found = records.get(int(rest[0]))
            return reply(b"", 404) if found is None else reply(_bytes(found))
        return self._list(name, self._chosen(records, query), query)

    def _chosen(self, records: dict[int, Any], query: dict[str, str]) -> list[Any]:
        chosen = list(records.items())
        if query.get("sort") == "id":
            chosen.sort(key=lambda pair: pair[0])
        if "id" in query:
            chosen = [pair for pair in chosen if pair[0] > int(query["id"].removeprefix("gt:"))]
        if "updated_at" in query:
            since = query["updated_at"].removeprefix("gte:")
            chosen = [pair for pair in chosen if pair[1]["updated_at"] >= since]
        return [record for _, record in chosen]

    def _list(self, name: str, chosen: list[Any], query: dict[str, str]) -> Reply:
        count = min(int(query.get("count", "100")), self.cap)
        page = int(query.get("page", "1"))
        some = chosen[(page - 1) * count : page * count]
        if page > 1 and not some:
            return reply(b'{"status_code":404,"message":"Not Found"}', 404)
        body = b'{"total_count":%d' % len(chosen)
        if page * count < len(chosen):
            rest = "&".join(f"{key}={value}" for key, value in query.items() if key != "page")
            body += f',"next_page":"{self.base_url}/{name}?{rest}&page={page + 1}"'.encode()
        key = kind_named(name).keys[-1].encode()
        return reply(body + b',"' + key + b'":[' + b",".join(_bytes(each) for each in some) + b"]}")


def _bytes(record: Any) -> bytes:
    return record if isinstance(record, bytes) else msgspec.json.encode(record)
