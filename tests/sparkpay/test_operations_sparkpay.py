"""The table of operations, its page in docs/, and what `store.api` really sends are one and the same."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from commerce_async.errors import CommerceError, NetworkError, UnknownOutcomeError
from commerce_async.http.call import Call, Reply
from commerce_async.testing.clock import VirtualTimeLoop
from sparkpay_async.operations import OPERATIONS, Repeat, matching, operation
from tests.sparkpay.api_kit import reply, store
from tests.sparkpay.operations_kit import CASES
from tests.sparkpay.operations_page import PAGE, page

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


def test_every_operation_has_one_name_and_one_case() -> None:
    names = [row.name for row in OPERATIONS]
    assert len(names) == len(set(names))
    assert set(CASES) == set(names)
    assert len(names) > 500


def test_the_page_is_written_from_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: python -m tests.sparkpay.operations_page"


def test_every_write_that_is_not_repeated_says_what_to_check() -> None:
    for row in OPERATIONS:
        assert row.why
        assert (row.method == "GET") <= (row.repeat is Repeat.YES), row.name
        if row.repeat is not Repeat.YES:
            assert row.check.endswith("."), row.name


@pytest.mark.parametrize(
    "name",
    [
        "inventory.add", "inventory.remove", "orders.process_payment", "orders.process_payments",
        "email_templates.send", "imports.file", "addresses.create", "order_payments.create",
    ],
)  # fmt: skip
def test_what_moves_money_or_stock_or_makes_another_is_never_sent_twice(name: str) -> None:
    assert operation(name).repeat is Repeat.NEVER


async def test_every_call_asks_as_the_table_says_and_reads_the_vendors_answer() -> None:
    for name, case in CASES.items():
        row = operation(name)
        sp, wall = store(lambda _call, case=case: reply(case.reply))
        async with sp:
            result = await case.run(sp.api)
        call = wall.calls[0]
        assert (call.operation, call.method, call.path) == (name, row.method, case.path)
        assert re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(row.path)), call.path), name
        assert case.seen(result) == case.expected, name
        assert set(case.query) <= set(call.query), name
        if case.body is not None:
            assert msgspec.json.decode(call.body or b"") == _plain(case.body), name
        assert call.repeatable is (row.repeat is Repeat.YES), name


def _plain(body: Any) -> Any:
    return msgspec.json.decode(msgspec.json.Encoder(decimal_format="number").encode(body))


async def test_a_lost_answer_is_asked_for_again_only_where_the_table_allows() -> None:
    for name, case in CASES.items():
        row = operation(name)
        sent: list[Call[Any]] = []

        def lose(call: Call[Any], name: str = name, sent: list[Call[Any]] = sent) -> Reply:
            if call.operation == name:
                sent.append(call)
            raise NetworkError("no complete reply", safe_to_retry=call.repeatable)

        sp, _ = store(lose)
        error: CommerceError | None = None
        async with sp:
            try:
                result = await case.run(sp.api)
                error = result.failed[0].error
            except CommerceError as raised:
                error = raised
        assert len(sent) == (4 if row.repeat is Repeat.YES else 1), name
        if row.repeat is not Repeat.YES:
            assert isinstance(error, UnknownOutcomeError), name
            assert row.check in error.message


def test_a_request_is_recognised_as_the_operation_that_it_is() -> None:
    for name, case in CASES.items():
        row = operation(name)
        for path in (case.path, f"{case.path}.json"):
            found = matching(row.method, path)
            assert found is not None, name
            assert found.repeat is row.repeat, name
    assert matching("PATCH", "/products/1") is None
    assert matching("GET", "/nowhere") is None
    assert matching("GET", "/products/select_many").name == "products.select_many"  # type: ignore[union-attr]


def test_the_call_exists_on_the_api_under_the_name_that_the_table_gives() -> None:
    sp, _ = store(lambda _call: reply())
    for row in OPERATIONS:
        family, verb = row.call.split(".")
        assert callable(getattr(getattr(sp.api, family), verb)), row.name


@pytest.mark.parametrize(
    ("method", "path", "times"),
    [
        ("PUT", "/products/5", 4),
        ("POST", "/inventory/set", 4),
        ("POST", "/inventory/add", 1),
        ("POST", "/products", 1),
        ("PUT", "/orders/5/status", 1),
        ("GET", "/unheard_of", 4),
        ("PUT", "/unheard_of/1", 1),
        ("DELETE", "/products/5", 4),
    ],
)
async def test_a_request_of_a_callers_own_obeys_the_table(method: str, path: str, times: int) -> None:
    def lose(call: Call[Any]) -> Reply:
        raise NetworkError("no complete reply", safe_to_retry=call.repeatable)

    sp, wall = store(lose)
    async with sp:
        with pytest.raises(CommerceError):
            await sp.api.request(method, path)
    assert len(wall.calls) == times
