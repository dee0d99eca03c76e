"""Bodies of changes that come from a file somebody edited: told in one line before anything of them is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_async.errors import UsageError
from commerce_async.schema import ProductChange
from sparkpay_async.mapping import Defaults, Known, Shop, to_change
from sparkpay_async.mapping.bodies import check_body
from tests.sparkpay.test_product_writes_common_sparkpay import full, read, shop, writes

JUNK: Sequence[Any] = (  # pyright: ignore[reportUnknownVariableType] - JSON
    None, 0, -1, True, "x", "", [], {}, {"new": 9}, {"new": "a"}, {"id": "x"}, [1], [{}], "2026-99-99", 10**30,
    {"create": [{}]}, {"update": [{}]}, {"delete": ["x"]},
)  # fmt: skip


@cache
def body() -> dict[str, Any]:
    """One with rows in every table, which refer to each other."""
    known = Known(Shop("us", "USD"), Defaults(category_id=1), categories={1: "All"}, groups={7: "Color"})
    return {**to_change(full(), None, known).body, "product_status_id": 1}


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    held: Any = value if isinstance(value, dict) else dict(enumerate(value)) if isinstance(value, list) else {}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - JSON
    for key in held:
        yield from places(held[key], (*at, key))


@given(st.data())
def test_an_edited_body_is_sendable_or_refused_in_one_line(data: st.DataObject) -> None:
    edited = deepcopy(body())
    at = data.draw(st.sampled_from([each for each in places(edited) if each]))
    held: Any = edited
    for key in at[:-1]:
        held = held[key]
    if data.draw(st.booleans()):
        held[at[-1]] = deepcopy(data.draw(st.sampled_from(JUNK)))
    else:
        del held[at[-1]]
    refused = ""
    try:
        check_body(edited, new=True)
    except UsageError as error:
        refused = str(error)
    assert "\n" not in refused


@pytest.mark.parametrize(
    ("table", "row", "words"),
    [
        (
            "variant_inventory",
            {"variants": [{"new": 2}]},
            r"variant_inventory\[new 0\]: refers to the new row 2 of var",
        ),
        ("variant_inventory", {"variants": [3]}, "refers to the new row None of variants, and there are 2"),
        ("pricing", {"variant_inventory_id": {"new": -1}}, "refers to the new row -1 of variant_inventory"),
        ("pricing", {"price": "a lot"}, r"pricing\[new 0\].price: "),
    ],
)
def test_a_row_that_refers_to_none_is_named(table: str, row: dict[str, Any], words: str) -> None:
    edited = deepcopy(body())
    check_body(edited, new=True)
    edited[table]["create"][0] |= row
    with pytest.raises(UsageError, match=words):
        check_body(edited, new=True)


@pytest.mark.anyio
async def test_a_broken_body_fails_by_itself_and_nothing_of_it_is_sent() -> None:
    async with shop() as (store, emulator):
        change = await store.product_writes.changer()
        good, other = change(full("Tee"), before=None), change(full("Cap"), before=(await read(store))[0])
        changes: list[ProductChange] = []
        for each in (change(full("Pot"), before=None), other):
            rows = {"create": [{**each.body["variant_inventory"]["create"][0], "variants": [{"new": 9}]}]}
            changes.append(msgspec.structs.replace(each, body={**each.body, "variant_inventory": rows}))
        changes.append(msgspec.structs.replace(other, body={"item_number": ["x"]}))
        changes.append(msgspec.structs.replace(good, key="nested", body={**good.body, "item_number": {}}))
        before = writes(emulator)
        done = await store.product_writes.write(changes)
        assert [each.outcome for each in done] == ["failed"] * 4
        assert "refers to the new row 9 of variants, and there are 2" in (done[0].error or "")
        assert writes(emulator) == before
        done = await store.product_writes.write([*changes, good])
        assert [each.outcome for each in done] == [*["failed"] * 4, "created"]
