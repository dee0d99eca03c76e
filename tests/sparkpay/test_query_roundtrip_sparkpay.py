"""What is rendered means what was written: to the emulator's parser, and under every reading of the vendor's page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import product
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from commerce_async.errors import UsageError
from sparkpay_async.emulator import query as emulated
from sparkpay_async.query import Expression, Fields, Flag, Money, Number, Real, Text, Time, columns_of, render, split
from sparkpay_async.query.values import text as checked_text


class Thing(Fields):
    id = Number()
    name = Text()
    code = Text()
    price = Money()
    weight = Real()
    is_kit = Flag()
    is_hidden = Flag(number=True)
    updated_at = Time()


# ---- conditions and records at random

NASTY = (
    "", "mug", "MUG", "a mug", "gt:5", "eq:", "not:mug", "a:b", "a,b", "50%", "_", "[a]", "a+b", "+", "a&b=c", "#1",
    "?", "\\", "naïve", "日本", "ﬀ", "straße", "'", '"', "a  b", "a\u00a0b", "ANDY", "band or", "ORwell", "-1", "null",
    "true",
)  # fmt: skip


def can_be_asked(text: str) -> bool:
    try:
        checked_text("", text)
    except UsageError:
        return False
    return True


texts = st.sampled_from([each for each in NASTY if can_be_asked(each)]) | st.text(max_size=6).filter(can_be_asked)


def in_zone(at: datetime, hours: float) -> datetime:
    return at.replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=hours)))


times = st.sampled_from([datetime(2026, 1, 1), datetime(2026, 1, 1, 0, 0, 0, 1)]) | st.datetimes(
    min_value=datetime(2025, 1, 1), max_value=datetime(2027, 1, 1)
)
amounts = st.sampled_from([Decimal("5"), Decimal("5.00"), Decimal("-0.0001"), Decimal("1E+2")]) | st.decimals(
    -10, 10, places=4
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "id": st.integers(-3, 5) | st.integers(-(10**18), 10**18),
    "name": texts,
    "code": texts,
    "price": amounts | st.integers(-3, 5),
    "weight": amounts,
    "is_kit": st.booleans(),
    "is_hidden": st.booleans(),
    "updated_at": st.builds(in_zone, times, st.sampled_from([0, -5, 5.5])),
}
ORDERED = ("eq", "not", "gt", "gte", "lt", "lte")
OPERATORS = dict.fromkeys(VALUES, ORDERED) | {"is_kit": ORDERED[:2], "is_hidden": ORDERED[:2]}


@dataclass(frozen=True)
class Leaf:
    field: str
    operator: str
    value: Any


@dataclass(frozen=True)
class Joined:
    how: str  # and, or, not
    parts: tuple[Any, ...]


def leaves(*fields: str, like: bool = True) -> st.SearchStrategy[Leaf]:
    def of(field: str) -> st.SearchStrategy[Leaf]:
        if field not in ("name", "code"):
            return st.builds(Leaf, st.just(field), st.sampled_from(OPERATORS[field]), VALUES[field])
        plain = st.builds(Leaf, st.just(field), st.sampled_from(["eq", "not"]), texts)
        part = st.builds(Leaf, st.just(field), st.sampled_from(["like", "startwith"]), texts.filter(bool))
        return plain | part if like else plain

    return st.one_of(*map(of, fields))


def trees(*fields: str) -> st.SearchStrategy[Any]:
    """Conditions on any of the fields, joined in any way."""
    pair = st.tuples
    negatable = st.recursive(
        leaves(*fields, like=False),
        lambda inner: st.builds(Joined, st.sampled_from(["and", "or"]), pair(inner, inner)),
        max_leaves=3,
    )
    bottom = leaves(*fields) | st.builds(Joined, st.just("not"), pair(negatable))
    return st.recursive(
        bottom, lambda inner: st.builds(Joined, st.sampled_from(["and", "or"]), pair(inner, inner)), max_leaves=5
    )


def joined(how: str) -> Callable[[list[Any]], Any]:
    return lambda parts: parts[0] if len(parts) == 1 else Joined(how, tuple(parts))


one_field = st.one_of(*map(trees, VALUES))
all_of = st.lists(leaves(*VALUES), min_size=1, max_size=4).map(joined("and"))
any_of = st.lists(one_field, min_size=1, max_size=3).map(joined("or"))
askable = one_field | all_of | any_of
whatever = trees(*VALUES)
records = st.fixed_dictionaries({name: st.none() | values for name, values in VALUES.items()})


def near(tree: Any, record: dict[str, Any]) -> list[dict[str, Any]]:
    """The record, and others with the values that the condition compares with."""
    wanted = [{leaf.field: leaf.value} for leaf in walk(tree)]
    everything = record.copy()
    for each in wanted:
        everything |= each
    return [record, everything, *(record | each for each in wanted), *(everything | each for each in wanted)]


def walk(tree: Any) -> list[Leaf]:
    return [tree] if isinstance(tree, Leaf) else [leaf for part in tree.parts for leaf in walk(part)]


# ---- what the condition means, in Python

COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "not": lambda a, b: a != b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "like": lambda a, b: b in a,
    "startwith": lambda a, b: a.startswith(b),
}


def holds(tree: Any, record: dict[str, Any]) -> bool | None:
    """As in SQL: what is not set is neither equal nor unequal to anything."""
    if isinstance(tree, Leaf):
        value = record[tree.field]
        return None if value is None else COMPARE[tree.operator](plain(value), plain(tree.value))
    parts = [holds(part, record) for part in tree.parts]
    if tree.how == "not":
        return None if parts[0] is None else not parts[0]
    decisive = tree.how == "or"
    return decisive if decisive in parts else None if None in parts else not decisive


def plain(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def written(tree: Any) -> Expression[Thing]:
    """The condition as a user of the library writes it."""
    if isinstance(tree, Leaf):
        column: Any = columns_of(Thing)[tree.field]
        method = {"like": "contains", "startwith": "startswith"}.get(tree.operator)
        return getattr(column, method)(tree.value) if method else COMPARE[tree.operator](column, tree.value)  # type: ignore[return-value] - columns make conditions of comparisons
    parts = [written(part) for part in tree.parts]
    whole = parts[0]
    for part in parts[1:]:
        whole = whole & part if tree.how == "and" else whole | part
    return ~whole if tree.how == "not" else whole


# ---- what the emulator's parser makes of it

SAMPLE = {
    "id": 1, "name": "", "code": "", "price": Decimal(1), "weight": Decimal(1), "is_kit": False, "is_hidden": 0,
    "updated_at": "2026-01-01T00:00:00Z",
}  # fmt: skip


def on_the_wire(record: dict[str, Any]) -> dict[str, Any]:
    hidden, at = record["is_hidden"], record["updated_at"]
    return record | {
        "is_hidden": None if hidden is None else int(hidden),
        "updated_at": None if at is None else at.isoformat(),
    }


def emulator_finds(pairs: tuple[tuple[str, str], ...], record: dict[str, Any]) -> bool:
    arrived = parse_qsl(urlencode(pairs), keep_blank_values=True, strict_parsing=True)
    found = {
        emulated.matches(on_the_wire(record), emulated.parse(arrived, SAMPLE, (), most=100, or_prefix=binds).where)
        for binds in ("either", "next", "previous")
    }
    assert len(found) == 1
    return found.pop()


# ---- what the vendor's page may mean: four readings

READ: dict[str, Callable[[str], Any]] = {
    "id": int,
    "name": str.casefold,
    "code": str.casefold,
    "price": Decimal,
    "weight": Decimal,
    "is_kit": {"true": True, "false": False}.__getitem__,
    "is_hidden": {"1": True, "0": False}.__getitem__,
    "updated_at": lambda text: datetime.strptime(
        text, "%Y-%m-%dT%H:%M:%S.%fZ" if "." in text else "%Y-%m-%dT%H:%M:%SZ"
    ).replace(tzinfo=UTC),
}


def reading(pairs: tuple[tuple[str, str], ...], record: dict[str, Any], *, flat: bool, next_one: bool) -> bool:
    """Args: flat: every comparison of the query stands in one row without parentheses; otherwise a field's comparisons
    belong together. next_one: an OR in front binds its field to the one after it; otherwise to the one before.
    """
    row: list[tuple[str, bool]] = []  # the conjunction before, and the truth
    before = "AND"
    for field, value in pairs:
        prefixed = value.startswith("OR ")
        atoms = atoms_of(field, value.removeprefix("OR "), record)
        conjunction = before if next_one else ("OR" if prefixed else "AND")
        row += [(conjunction, atoms[0][1]), *atoms[1:]] if flat else [(conjunction, evaluated(atoms))]
        before = "OR" if prefixed else "AND"
    return evaluated(row)


def atoms_of(field: str, value: str, record: dict[str, Any]) -> list[tuple[str, bool]]:
    found: list[tuple[str, bool]] = []
    for either in value.split(" OR "):
        for at, atom in enumerate(either.split(" AND ")):
            operator, text = atom.split(":", 1)
            mine = plain(record[field])
            truth = mine is not None and COMPARE[operator](mine, READ[field](text))
            found.append(("AND" if at else "OR", truth))
    return found


def evaluated(row: list[tuple[str, bool]]) -> bool:
    """AND before OR, the standard order of operations."""
    groups = [row[0][1]]
    for conjunction, truth in row[1:]:
        if conjunction == "OR":
            groups.append(truth)
        else:
            groups[-1] = groups[-1] and truth
    return any(groups)


# ---- promises


def asked(tree: Any) -> tuple[tuple[str, str], ...]:
    try:
        return render(written(tree), Thing)
    except UsageError as error:
        assume("longer than" not in str(error))  # multiplied out, a few conditions are
        raise


@settings(max_examples=300)
@given(askable, records)
def test_the_emulator_finds_the_records_that_the_condition_means(tree: Any, record: dict[str, Any]) -> None:
    pairs = asked(tree)
    assert len(dict(pairs)) == len(pairs), "a field stands once"
    for each in near(tree, record):
        assert emulator_finds(pairs, each) is (holds(tree, each) is True)


@settings(max_examples=300)
@given(askable, records)
def test_a_query_means_the_same_under_every_reading_of_the_vendors_page(tree: Any, record: dict[str, Any]) -> None:
    pairs = asked(tree)
    for each in near(tree, record):
        for flat, next_one in product((False, True), repeat=2):
            assert reading(pairs, each, flat=flat, next_one=next_one) is (holds(tree, each) is True)


@settings(max_examples=300)
@given(whatever, records)
def test_any_condition_is_refused_or_rendered_and_its_parts_together_mean_the_same(
    tree: Any, record: dict[str, Any]
) -> None:
    expression = written(tree)
    parts = split(expression)
    try:
        queries = [render(expression, Thing)]
        assert parts == (expression,)
    except UsageError as error:
        assume("longer than" not in str(error))
        assert len(parts) > 1
        queries = [render(part, Thing) for part in parts]
    for each in near(tree, record):
        assert any(emulator_finds(pairs, each) for pairs in queries) is (holds(tree, each) is True)


@pytest.mark.parametrize("first", ["plain", "or"])
def test_what_is_refused_really_has_two_readings(first: str) -> None:
    """The queries that `render` does not write: each has a record on which the readings differ."""
    record = {"id": 1, "price": Decimal(1)}
    pairs = (("price", "eq:1 OR eq:2"), ("id", "eq:9")) if first == "plain" else (("price", "OR eq:1"), ("id", "eq:9"))
    found = {reading(pairs, record, flat=f, next_one=n) for f, n in product((False, True), repeat=2)}
    assert found == {True, False}
