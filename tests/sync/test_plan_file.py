"""A plan's file that was cut, edited or made up: one clear line or a plan, never anything else."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import cache
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from commerce_async.cli.planned import show_plan
from commerce_async.errors import UsageError
from commerce_async.sync.planning import plan
from commerce_async.sync.plans import Plan
from tests.sync.shop import Shop, Stock, product

JUNK: Sequence[Any] = (  # pyright: ignore[reportUnknownVariableType] - JSON
    None, 0, -1, True, 1.5, "", "x", "é\x00\x1b[2J", [], {}, [[]], {"": None}, "NaN", "1e999999", 10**30, "9" * 5000,
    "2026-13-40T99:99:99Z", "create", "delete", "unchanged",
)  # fmt: skip


@cache
def whole() -> tuple[bytes, ...]:
    """The lines of a plan with items of every action."""
    eu = Shop(
        "eu", [product("a"), product("b", name="Cup", stock=Stock(tracked=True)), product("c"), product("d", name="")]
    )
    us = Shop("us", [product("1", sku="SKU-a"), product("2", sku="SKU-b"), product("4", sku="SKU-x")])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "plan.json"
        asyncio.run(plan(eu, us)).save(path)
        return tuple(path.read_bytes().splitlines())


def read(lines: Sequence[bytes], path: Path) -> Plan | None:
    """The plan, which can be shown; None if it was refused in one line that names the file."""
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    found, refused = None, f"{path}"
    try:
        found = Plan.load(path)
    except UsageError as error:
        refused = str(error)
    assert str(path) in refused
    assert "\n" not in refused
    if found is not None:
        show_plan(found, Console(file=io.StringIO()))
    return found


def resealed(head: Any, items: Sequence[Any]) -> list[bytes]:
    """The lines as an editor who knows of the seal would write them."""
    lines = [json.dumps(item).encode() for item in items]
    if not isinstance(head, dict):
        return [json.dumps(head).encode(), *lines]
    own = json.dumps({name: value for name, value in head.items() if name != "seal"}).encode()  # pyright: ignore[reportUnknownVariableType] - JSON
    seal = blake2b(own, digest_size=16)
    for line in lines:
        seal.update(line)
    return [own.removesuffix(b"}") + b',"seal":"%s"}' % seal.hexdigest().encode(), *lines]


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    held: Any = value if isinstance(value, dict) else dict(enumerate(value)) if isinstance(value, list) else {}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - JSON
    for key in held:
        yield from places(held[key], (*at, key))


@st.composite
def edited(draw: st.DrawFn) -> list[bytes]:
    """A plan in which one to three members are others, are gone or are new."""
    lines: list[Any] = [json.loads(line) for line in whole()]
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.sampled_from([each for each in places(lines) if each]))
        held: Any = lines
        for key in at[:-1]:
            held = held[key]
        match draw(st.sampled_from(("change", "drop", "add"))):
            case "drop":
                del held[at[-1]]
            case "add" if isinstance(held, dict):
                held[draw(st.sampled_from(("new", "id", "items", "change")))] = deepcopy(draw(st.sampled_from(JUNK)))
            case _:
                held[at[-1]] = deepcopy(draw(st.sampled_from(JUNK)))
        if not lines:
            return []
    return resealed(lines[0], lines[1:])


@given(edited())
def test_an_edited_plan_is_refused_in_one_line_or_is_a_plan(lines: list[bytes]) -> None:
    with TemporaryDirectory() as folder:
        found = read(lines, Path(folder) / "plan.json")
    if found is not None:
        assert found.counts == {action: sum(item.action == action for item in found.items) for action in found.counts}


@given(st.integers(0, 6), st.data())
def test_a_plan_of_other_bytes_is_refused_in_one_line(number: int, data: st.DataObject) -> None:
    lines = list(whole())
    number %= len(lines)
    at = data.draw(st.integers(0, len(lines[number])))
    lines[number] = lines[number][:at] + data.draw(st.binary(min_size=1, max_size=4)) + lines[number][at + 1 :]
    with TemporaryDirectory() as folder:
        found = read(lines, Path(folder) / "plan.json")
    assert found is None or lines == list(whole())


def test_the_whole_plan_is_read(tmp_path: Path) -> None:
    found = read(whole(), tmp_path / "plan.json")
    assert found is not None
    assert found.counts == {"create": 1, "update": 1, "delete": 1, "unchanged": 1, "cannot": 1}
    assert read(resealed(json.loads(whole()[0]), [json.loads(line) for line in whole()[1:]]), tmp_path / "p") == found


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b'{"action": "create", "change": {"body": ' + b"[" * 200_000, "line 2: "),
        (b"\xff\xfe", "line 2: "),
        (b'{"action":"update","key":"k","target_id":"1","base":"0","wanted":{"store":"s","vendor":"v","id":"1","raw":""},'
         b'"change":{"action":"update","key":"k","id":"2"}}', "line 2: a update whose change is another item's"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_item_is_named(line: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(whole()[0] + b"\n" + line + b"\n")
    with pytest.raises(UsageError, match=words):
        Plan.load(path)


@pytest.mark.parametrize("head", [b"[" * 200_000, b'{"format": "\xff"}', b"", b"9" * 6000])
def test_what_is_no_plan_at_all_is_refused(head: bytes, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(head)
    with pytest.raises(UsageError, match="is not a plan"):
        Plan.load(path)
