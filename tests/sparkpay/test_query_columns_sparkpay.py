"""What can be asked, how it is written, and what is refused before anything is sent."""

from __future__ import annotations

import enum
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_async.errors import UsageError
from sparkpay_async.query import (
    Expression,
    Fields,
    Flag,
    Money,
    Number,
    Real,
    Text,
    Time,
    barred_of,
    columns_of,
    names,
    render,
    sort_names,
    split,
)


class Product(Fields):
    id = Number()
    item_name = Text()
    price = Money()
    weight = Real()
    height = Text(barred=True)
    is_kit = Flag()
    is_hidden = Flag(number=True)
    updated_at = Time()
    from_ = Text("from")
    count = Number()


class Category(Fields):
    id = Number()
    name = Text()
    parent_category_id = Number()


class OurProduct(Product):
    shelf = Text()


P: Any = Product  # for what a type checker would not let through
ANYTHING: list[Any] = [3]
T = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


# ---- how conditions are written


@pytest.mark.parametrize(
    ("condition", "pairs"),
    [
        (Product.item_name == "test", {"item_name": "eq:test"}),
        (Product.item_name != "test", {"item_name": "not:test"}),
        (Product.item_name.contains("test"), {"item_name": "like:test"}),
        (Product.item_name.startswith("test"), {"item_name": "startwith:test"}),
        (Product.price > Decimal("5.00"), {"price": "gt:5.00"}),
        (Product.price >= Decimal("5.00"), {"price": "gte:5.00"}),
        (Product.price < 25, {"price": "lt:25"}),
        (Product.price <= 25, {"price": "lte:25"}),
        (Product.price.between("5.00", "25.00"), {"price": "gte:5.00 AND lte:25.00"}),
        (Product.id.in_([3, 1, 3]), {"id": "eq:3 OR eq:1"}),
        (Product.id.in_([3]), {"id": "eq:3"}),
        (Product.id >= -3, {"id": "gte:-3"}),
        (Product.weight > 2.5, {"weight": "gt:2.5"}),
        (Product.is_kit == True, {"is_kit": "eq:true"}),  # noqa: E712 - the condition
        (Product.is_kit.is_(False), {"is_kit": "eq:false"}),
        (Product.is_hidden != True, {"is_hidden": "not:1"}),  # noqa: E712 - the condition
        (Product.updated_at >= T, {"updated_at": "gte:2026-03-01T12:30:00Z"}),
        (Product.from_ == "", {"from": "eq:"}),
        (
            Product.item_name.contains("doge") | Product.item_name.contains("wow"),
            {"item_name": "like:doge OR like:wow"},
        ),
        ((Product.item_name == "test") & (Product.price > 5), {"item_name": "eq:test", "price": "gt:5"}),
        ((Product.weight > 3) | (Product.price.between(1, 2)), {"weight": "OR gt:3", "price": "OR gte:1 AND lte:2"}),
        ((Product.id.in_([1, 2])) & (Product.id > 1), {"id": "eq:1 AND gt:1 OR eq:2 AND gt:1"}),
        (~((Product.price < 5) | (Product.price > 9)), {"price": "gte:5 AND lte:9"}),
        (~Product.id.in_([1, 2]), {"id": "not:1 AND not:2"}),
    ],
    ids=repr,
)
def test_conditions_are_written_as_the_vendors_page_says(condition: Expression[Product], pairs: dict[str, str]) -> None:
    assert dict(render(condition, Product)) == pairs
    assert split(condition) == (condition,)


def test_fields_stand_in_the_order_of_their_first_mention() -> None:
    condition = (Product.price > 1) & (Product.item_name == "a") & (Product.price < 9)
    assert render(condition) == (("price", "gt:1 AND lt:9"), ("item_name", "eq:a"))


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (Decimal("1E+3"), "1000"),
        (Decimal("1E-7"), "0.0000001"),
        (Decimal("-5.10"), "-5.10"),
        ("+5.00", "5.00"),
        ("-0.5", "-0.5"),
        (7, "7"),
    ],
)
def test_amounts_have_no_exponent_and_keep_their_digits(given: Decimal | str | int, sent: str) -> None:
    assert render(Product.price.in_([given])) == (("price", f"eq:{sent}"),)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4) | st.integers(-(10**12), 10**12))
def test_every_amount_arrives_as_it_is(amount: Decimal | int) -> None:
    ((_, sent),) = render(Product.price == amount)
    assert Decimal(sent.removeprefix("eq:")) == amount
    assert "e" not in sent.lower().removeprefix("eq:")


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)), st.integers(-840, 840))
def test_every_time_arrives_in_utc_and_without_a_plus(at: datetime, minutes: int) -> None:
    at = at.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    ((_, sent),) = render(Product.updated_at > at)
    assert "+" not in sent
    assert datetime.fromisoformat(sent.removeprefix("gt:")) == at


class Colour(str, enum.Enum):  # noqa: UP042 - the kind whose str() is not its value
    RED = "red"


class Status(int, enum.Enum):
    OPEN = 3


def test_members_of_enumerations_are_sent_as_their_values() -> None:
    assert render((Product.item_name == Colour.RED) & (Product.id == Status.OPEN)) == (
        ("item_name", "eq:red"),
        ("id", "eq:3"),
    )


@pytest.mark.parametrize("text", ["gt:5", "eq:", "a:b", "a,b", "50%", "a+b", "a&b=c", "日本", "ANDY", "oreo", "x\ty"])
def test_texts_that_look_like_something_else_are_sent_after_an_explicit_operator(text: str) -> None:
    if "\t" in text:
        with pytest.raises(UsageError, match="control character"):
            _ = Product.item_name == text
    else:
        assert render(Product.item_name == text) == (("item_name", f"eq:{text}"),)


# ---- what is refused

REFUSED: list[tuple[Callable[[], object], str]] = [
    *(
        (lambda text=text: P.item_name == text, "AND or OR as a word")
        for text in ("a AND b", "a or b", "a\u00a0And\tb", "OR", "and", "OR b", "a AND", "a\nOR\nb", "a+AND+b", "+or+")
    ),
    (lambda: P.item_name.contains("this or that"), "AND or OR as a word"),
    (lambda: P.item_name.in_(["fine", "this or that"]), "AND or OR as a word"),
    (lambda: P.item_name == " a", "begins or ends with a space"),
    (lambda: P.item_name == "a\u3000", "begins or ends with a space"),
    (lambda: P.item_name == "a\x00b", "control character"),
    (lambda: P.item_name == "\ud800", "half a character"),
    (lambda: P.item_name.contains(""), "leave the condition out"),
    (lambda: P.item_name.startswith(""), "leave the condition out"),
    (lambda: P.item_name == 5, "compared with a text, not with 5"),
    (lambda: P.item_name == b"x", "compared with a text"),
    (lambda: P.item_name > "a", "has no order"),
    (lambda: P.is_kit >= True, "has no order"),
    (lambda: P.is_kit == 1, "True or False, not with 1"),
    (lambda: P.is_hidden == "true", "True or False"),
    (lambda: P.id == "7", "a whole number, not with '7'"),
    (lambda: P.id == True, "a whole number"),  # noqa: E712 - the condition
    (lambda: P.id == 1.0, "a whole number"),
    (lambda: P.id == 10**5000, "out of range"),
    (lambda: P.price == 5.0, "write Decimal('5.0')"),
    (lambda: P.price.between(1.5, 2), "is a float"),
    (lambda: P.price == True, "a Decimal, a whole number"),  # noqa: E712 - the condition
    (lambda: P.price == "cheap", "'cheap' is not a number"),
    (lambda: P.price == "1e3", "is not a number"),
    (lambda: P.price == "1_000", "is not a number"),
    (lambda: P.price == "٣", "is not a number"),
    (lambda: P.price == "5\n", "is not a number"),
    (lambda: P.price == Decimal("NaN"), "out of range"),
    (lambda: P.price == Decimal("1E+999999999"), "out of range"),
    (lambda: P.weight == float("inf"), "out of range"),
    (lambda: P.updated_at == datetime(2026, 1, 1), "has no time zone"),
    (lambda: P.updated_at == date(2026, 1, 1), "a datetime"),
    (lambda: P.updated_at > "2026-01-01", "a datetime, not with '2026-01-01'"),
    (lambda: P.updated_at > datetime.max.replace(tzinfo=timezone(timedelta(hours=-5))), "out of range"),
    (lambda: P.id == None, "cannot be asked for 'none'"),  # noqa: E711 - the condition
    (lambda: P.updated_at != None, "cannot be asked for 'none'"),  # noqa: E711 - the condition
    (lambda: P.height == "3", "cannot be filtered"),
    (lambda: P.count == 3, "parameter of the list"),
    (lambda: P.id.in_([]), "given no values"),
    (lambda: P.item_name.in_("abc"), "a list of values, not one text"),
    (lambda: P.id == P.price, "Product.price can only be compared with a value, not with Product.id"),
    (lambda: P.id == (P.id == 1), "only be compared with a value"),
    (lambda: ~P.item_name.contains("x"), "no opposite of like"),
    (lambda: ~((P.id == 1) | P.item_name.startswith("x")), "no opposite of startwith"),
    (lambda: (P.id == 1) & True, "is not a condition: put each comparison in parentheses"),
    (lambda: (P.id == 1) & (Category.id == 1), "Product and Category cannot be joined"),
    (lambda: P.id.in_([1]) and P.id.in_([2]), "no truth value"),
    (lambda: not P.item_name.contains("x"), "no truth value"),
    (lambda: 1 < P.id < 5, "no truth value"),
    (lambda: P.id in (1, 2), "no truth value"),
    (lambda: bool(P.id), "a field, not a condition"),
    (lambda: P(), "without calling it"),
    (lambda: render(P.id), "is not a condition"),
    (lambda: render(P.id == 1, Category), "Product.id == 1 is about Product, but Category is asked"),
    (lambda: render(P.id.in_(range(1, 500))), "longer than the 1800 characters"),
    (lambda: render((P.id.in_([1, 2])) & (P.price > 5)), "id and price: Spark Pay cannot be asked for OR and AND"),
    (lambda: render(((P.id == 1) | (P.price > 5)) & (P.is_kit.is_(True))), "split"),
    (lambda: render(((P.id == 1) & (P.price > 5)) | (P.is_kit.is_(True))), "split"),
]


@pytest.mark.parametrize(("make", "says"), REFUSED, ids=range(len(REFUSED)))
def test_what_the_server_would_read_otherwise_is_refused_in_one_line(make: Callable[[], object], says: str) -> None:
    with pytest.raises(UsageError) as caught:
        make()
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_field_that_is_not_declared_does_not_exist() -> None:
    with pytest.raises(AttributeError, match="prise"):
        _ = P.prise


def test_a_condition_that_multiplies_out_without_end_is_refused_at_once() -> None:
    condition: Any = Product.id.in_([0, 1])
    for base in range(2, 60, 2):
        condition = condition & (Product.id.in_([base, base + 1]))
    for ask in (render, split):
        with pytest.raises(UsageError, match="alternatives"):
            ask(condition)


# ---- expressions are values


def test_expressions_can_be_compared_hashed_and_read() -> None:
    one = (Product.price > Decimal("5.0")) & (Product.item_name.contains("mug") | (Product.id != 3))
    two = (Product.price > Decimal("5.0")) & (Product.item_name.contains("mug") | (Product.id != 3))
    assert one == two
    assert hash(one) == hash(two)
    assert one != (Product.price > 5)
    assert repr(one) == "(Product.price > Decimal('5.0')) & ((Product.item_name.contains('mug')) | (Product.id != 3))"


def test_expressions_never_change() -> None:
    condition: Any = Product.price > 5
    with pytest.raises(AttributeError):
        condition.value = "6"
    with pytest.raises(AttributeError):
        (condition & condition).parts = ()


def test_a_subclass_adds_fields_to_the_same_resource() -> None:
    condition = (Product.price > 5) & (OurProduct.shelf == "A")
    assert render(condition, Product) == (("price", "gt:5"), ("shelf", "eq:A"))
    assert names(Product, (OurProduct.shelf, "price")) == ("shelf", "price")
    with pytest.raises(UsageError, match="is about Product, but OurProduct is asked"):
        render(Product.price > 5, OurProduct)


def test_the_declared_fields_can_be_listed() -> None:
    assert list(columns_of(OurProduct)) == [
        "id", "item_name", "price", "weight", "height", "is_kit", "is_hidden", "updated_at", "from", "count", "shelf",
    ]  # fmt: skip
    assert barred_of(OurProduct) == {"height"}


# ---- names


def test_fields_are_named_by_columns_or_text() -> None:
    assert names(Product, (Product.id, "price", Product.from_)) == ("id", "price", "from")
    assert names(Product, ("id", "variants"), nested=("variants",)) == ("id", "variants")
    assert names(Product, Product.id) == ("id",)  # type: ignore[arg-type] - one column where several are meant
    assert names(Product, "id") == ("id",)


def test_lists_are_sorted_by_columns_or_text_either_way() -> None:
    assert sort_names(Product, (Product.price.desc(), Product.item_name)) == ("-price", "item_name")
    assert sort_names(Product, ("-price", "item_name", "-from")) == ("-price", "item_name", "-from")
    assert sort_names(Product, "-price") == ("-price",)
    assert sort_names(Product, (Product.height.desc(),)) == ("-height",)
    assert repr(Product.price.desc()) == "Product.price.desc()"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: sort_names(P, ("prise",)), "sort: Product has no field 'prise'; did you mean price?"),
        (lambda: sort_names(P, ("--price",)), "has no field '-price'"),
        (lambda: sort_names(P, ("price,id",)), "has no field"),
        (lambda: sort_names(P, (Category.id,)), "Category.id is about Category, but Product is asked"),
        (lambda: sort_names(P, (Category.id.desc(),)), "is about Category"),
        (lambda: sort_names(P, P.id == 1), "sort takes fields, not the condition Product.id == 1"),
        (lambda: names(P, [P.count, *ANYTHING]), "neither a field nor a name"),
        (lambda: names(P, ("-price",)), "fields: Product has no field '-price'"),
        (lambda: names(P, (P.price.desc(),)), "neither a field nor a name"),
    ],
)
def test_names_that_the_server_would_ignore_are_refused(make: Callable[[], object], says: str) -> None:
    with pytest.raises(UsageError) as caught:
        make()
    assert says in str(caught.value)


# ---- the type checker

DECLARED = """
from datetime import UTC, datetime
from decimal import Decimal
from sparkpay_async import SparkPay, query
from sparkpay_async.query import Expression, Fields, Flag, Money, Number, Real, Text, Time, render, sort_names

store = SparkPay("https://shop.example.com", token="t", currency="USD")

class Product(Fields):
    id = Number(); item_name = Text(); price = Money(); weight = Real(); is_kit = Flag(); updated_at = Time()

class Category(Fields):
    id = Number()

def ask(where: Expression[Product]) -> None: ...
"""
PASS = """
ask(Product.id == 7)
ask((Product.item_name == "Shoes") & (Product.id != 3))
ask(Product.price.between("5.00", Decimal(25)) | (Product.price > 5))
ask(Product.weight >= 2.5)
ask(Product.is_kit.is_(True))
ask(Product.is_kit == True)
ask(~Product.id.in_([1, 2]))
ask(Product.updated_at >= datetime.now(UTC))
ask(Product.item_name.contains("a") | Product.item_name.startswith("b"))
sort_names(Product, (Product.price.desc(), Product.item_name, "id"))
render(Category.id == 1, Category)
store.api.categories.list(where=(query.Category.parent_category_id == 7) & (query.Category.name == "Shoes"))
store.api.products.list(where=query.Product.price > 5, fields=(query.Product.id, "price"))
store.api.products.list(sort=(query.Product.price.desc(), query.Product.item_name, "-id"))
"""
FAIL = """
ask(Category.id == 7)
ask((Product.id == 7) & (Category.id == 7))
ask(Product.prise > 5)
ask(Product.price > "x")
ask(Product.price == "x")
ask(Product.price > 5.0)
ask(Product.id > "7")
ask(Product.id.in_(["7"]))
ask(Product.item_name == 5)
ask(Product.item_name > "a")
ask(Product.item_name.contains(5))
ask(Product.is_kit > True)
ask(Product.is_kit == "yes")
ask(Product.is_kit)
ask(Product.updated_at >= "2026-01-01")
ask(Product.id == None)
ask(Product.id.contains("7"))
store.api.categories.list(where=query.Product.price > 5)
store.api.categories.list(sort=(query.Product.price.desc(),))
store.api.categories.list(fields=(query.Product.id,))
"""


def test_a_type_checker_catches_the_same_mistakes(tmp_path: Path) -> None:
    file = tmp_path / "asked.py"
    file.write_text(DECLARED + PASS + FAIL, encoding="utf-8")
    config = {"typeCheckingMode": "strict", "extraPaths": [str(Path(__file__).parents[2] / "adapters")]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "-p", str(tmp_path), "--pythonpath", sys.executable],
        capture_output=True,
        check=False,
    )
    found = {each["range"]["start"]["line"] for each in json.loads(done.stdout)["generalDiagnostics"]}
    lines = (DECLARED + PASS + FAIL).splitlines()
    wrong = {number for number, line in enumerate(lines) if line in FAIL.splitlines() and line}
    assert [lines[number] for number in sorted(found - wrong)] == []
    assert [lines[number] for number in sorted(wrong - found)] == []
