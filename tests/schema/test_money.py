"""Amounts are exact, and only what is plainly a number is one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_async.schema.money import is_plain, money, require_currency


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        ("19.90", "19.90"),
        (" 19.90 ", "19.90"),
        ("-5", "-5"),
        ("+5.", "5"),
        (".5", "0.5"),
        ("1e3", "1E+3"),
        (7, "7"),
        (-7, "-7"),
        (0, "0"),
        (Decimal("0.1000"), "0.1000"),
        ("99999999999999999.99", "99999999999999999.99"),
    ],
)
def test_plain_numbers_are_taken_digit_by_digit(value: object, amount: str) -> None:
    assert str(money(value)) == str(Decimal(amount))


@pytest.mark.parametrize("value", [None, "", "  "])
def test_the_ways_to_say_none_are_none(value: object) -> None:
    assert money(value) is None


@pytest.mark.parametrize(
    "value",
    [
        "NaN",
        "nan",
        "sNaN",
        "Infinity",
        "-Infinity",
        "inf",
        "1_000",
        "1,000",
        "1.000,00",
        "$5",
        "5 EUR",
        "0x10",
        "٣",
        "１",
        "1e400",
        "1e-400",
        "1e99",
        "1e-99",
        "1" * 21,
        "1" * 10_000,
        "1." + "0" * 10_000,
        "--5",
        "1.2.3",
        "e5",
        ".",
        "+",
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("Infinity"),
        Decimal("1e400"),
        Decimal("1e-999999999"),
        Decimal("1e18"),
        10**18,
        -(10**18),
        10**3000,
        1.5,
        float("nan"),
        True,
        False,
        [],
        {},
        [1],
        b"1",
        object(),
    ],
)
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        money(value)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**17), max_value=10**17, places=6))
def test_every_amount_comes_back_as_it_was_written(number: Decimal) -> None:
    assert money(str(number)) == number
    assert str(money(f"{number:f}")) == f"{number:f}"


@given(st.text() | st.integers() | st.booleans() | st.none() | st.floats() | st.decimals() | st.binary())
def test_whatever_comes_it_is_a_plain_decimal_or_none_or_refused(value: object) -> None:
    try:
        amount = money(value)
    except ValueError:
        return
    assert amount is None or is_plain(amount)
    if amount is not None:
        assert len(f"{amount:f}") < 20_000  # never a gigabyte of zeros
        assert not isinstance(value, float | bool)


@pytest.mark.parametrize(("value", "code"), [("EUR", "EUR"), (" usd ", "USD"), ("Gbp", "GBP")])
def test_currency_codes_are_upper_case(value: str, code: str) -> None:
    assert require_currency(value) == code


@pytest.mark.parametrize("value", ["", "EU", "EURO", "€", "E R", "12€", None, 5, ["EUR"], "ЕUR"])
def test_what_is_no_currency_code_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="three-letter"):
        require_currency(value)
