"""The table of operations, its page in docs/, and what `store.api` really sends are one and the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from commerce_async.errors import CommerceError, NetworkError, ThrottledOrMissingError, UnknownOutcomeError
from commerce_async.http.call import Call, Reply
from commerce_async.testing.clock import VirtualTimeLoop
from fastspring_async.operations import OPERATIONS, Repeat, matching, operation
from tests.fastspring.fakes import reply, store
from tests.fastspring.operations_kit import CASES

pytestmark = pytest.mark.anyio
PAGE = Path(__file__).parents[2] / "docs" / "fastspring-operations.md"


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


def wanted(path: str) -> str:
    """A template as a pattern of what is sent for it."""
    return re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))


def row_name(call: Call[Any]) -> str:
    return call.operation.removesuffix("_many")


def test_every_operation_has_one_name_and_one_case() -> None:
    names = [row.name for row in OPERATIONS]
    assert len(names) == len(set(names))
    assert set(CASES) == set(names)


def test_the_page_lists_every_operation_as_the_table_has_it() -> None:
    told = [line.split("|")[1:-1] for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    rows = [[f"`{row.method} {row.path}`", f"`{row.name}`", row.repeat.value, row.why] for row in OPERATIONS]
    assert [[cell.strip() for cell in cells] for cells in told] == rows


def test_every_write_that_is_not_repeated_says_what_to_check() -> None:
    for row in OPERATIONS:
        assert row.why
        if row.repeat is not Repeat.YES:
            assert row.check.endswith("."), row.name
        assert not (row.method == "GET" and row.repeat is not Repeat.YES), row.name


@pytest.mark.parametrize(
    "name", ["subscriptions.charge", "returns.create", "sessions.create", "subscriptions.transfer"]
)
def test_what_moves_money_or_makes_another_is_never_sent_twice(name: str) -> None:
    assert operation(name).repeat is Repeat.NEVER


@pytest.mark.parametrize("name", CASES)
async def test_the_call_asks_as_the_table_says_and_reads_the_vendors_answer(name: str) -> None:
    case, row = CASES[name], operation(name)
    shop, wall = store(lambda _call: reply(case.reply, case.status))
    async with shop:
        result = await case.run(shop.api)
    call = wall.calls[0]
    assert (row_name(call), call.method, call.path) == (name, row.method, case.path)
    assert re.fullmatch(wanted(row.path), call.path)
    assert case.show(result) == case.expected
    if case.body is not None:
        assert call.body is not None
        assert msgspec.json.decode(call.body) == case.body


@pytest.mark.parametrize("name", CASES)
async def test_the_call_exists_on_the_api_under_the_name_that_the_page_gives(name: str) -> None:
    shop, _ = store(lambda _call: reply({}))
    family, verb = name.split(".")
    assert callable(getattr(getattr(shop.api, family), verb))


@pytest.mark.parametrize("name", CASES)
async def test_a_lost_answer_is_asked_for_again_only_where_the_table_allows(name: str) -> None:
    case, row = CASES[name], operation(name)
    sent: list[Call[Any]] = []

    def lose(call: Call[Any]) -> Reply:
        if row_name(call) == name:
            sent.append(call)
        raise NetworkError("no complete reply", safe_to_retry=call.repeatable)

    shop, _ = store(lose)
    async with shop:
        try:
            result = await case.run(shop.api)
            errors = [failure.error for failure in result.failed]
        except CommerceError as error:
            errors = [error]
    assert len(sent) > 1 if row.repeat is Repeat.YES else len(sent) == 1
    assert all(call.repeatable is (row.repeat is Repeat.YES) for call in sent)
    if row.repeat is not Repeat.YES:
        assert [type(error) for error in errors] == [UnknownOutcomeError]
        assert row.check in errors[0].message


@pytest.mark.parametrize("name", CASES)
async def test_a_bare_404_is_a_lost_answer_to_what_must_not_be_sent_twice(name: str) -> None:
    case, row = CASES[name], operation(name)
    shop, wall = store(lambda _call: reply(b"", 404))
    async with shop:
        try:
            result = await case.run(shop.api)
            errors = [failure.error for failure in result.failed[:1]]
        except CommerceError as error:
            errors = [error]
    sent = [call for call in wall.calls if row_name(call) == name]
    if row.repeat is Repeat.YES:
        assert (len(sent), [type(error) for error in errors]) == (4, [ThrottledOrMissingError])
    else:
        assert (len(sent), [type(error) for error in errors]) == (1, [UnknownOutcomeError])


@pytest.mark.parametrize("name", CASES)
def test_a_request_is_recognised_as_the_operation_that_it_is(name: str) -> None:
    row = operation(name)
    found = matching(row.method, CASES[name].path)
    assert found is not None
    assert found.path.replace("{ids}", "{id}") == row.path.replace("{ids}", "{id}")
    assert row.repeat is Repeat.YES or found.repeat is not Repeat.YES
