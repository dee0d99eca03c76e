"""Every resource's records: as documented, with the vendor's three nones, and as nobody should send them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_async.schema.lenient import untyped
from sparkpay_async import kinds, wire
from sparkpay_async.drafts import checked
from sparkpay_async.kinds import KINDS, LEAN_CUSTOMERS, LEAN_ORDER_ADDRESSES, LEAN_ORDERS, LEAN_PRODUCTS, Kind
from sparkpay_async.mapping import when
from tests.sparkpay.samples_sparkpay import mutations, sample, scalars

ALL = sorted(KINDS)
LEAN = [
    (LEAN_PRODUCTS, kinds.PRODUCTS), (LEAN_ORDERS, kinds.ORDERS), (LEAN_CUSTOMERS, kinds.CUSTOMERS),
    (LEAN_ORDER_ADDRESSES, kinds.ORDER_ADDRESSES),
]  # fmt: skip
MUTATED_EACH = 64  # of 95 kinds: over 6,000 payloads


def parse_one(kind: Kind[Any], value: object) -> kinds.Parsed[Any]:
    """What becomes of one record of a list."""
    return kinds.parse(kind, [msgspec.Raw(msgspec.json.encode(value))])


@pytest.mark.parametrize("name", ALL)
def test_a_documented_record_takes_the_fast_path_and_keeps_every_value(name: str) -> None:
    kind = KINDS[name]
    raw = msgspec.json.encode(sample(kind, random.Random(name)))
    record = kind.reader.read(raw)
    assert record == msgspec.json.Decoder(kind.struct, float_hook=Decimal).decode(raw)
    sent: dict[str, Any] = untyped(raw)
    read = {name: getattr(record, "from_" if name == "from" else name) for name in scalars(kind)}
    assert read == {name: sent[name] for name in read}


@pytest.mark.parametrize("none", [None, "", 0], ids=["null", "empty", "zero"])
@pytest.mark.parametrize("name", ALL)
def test_each_spelling_of_none_is_read_in_every_field(name: str, none: object) -> None:
    kind = KINDS[name]
    fields = dict.fromkeys((each for each in scalars(kind) if each != kind.id_field), none)
    record = sample(kind, random.Random(name)) | fields
    [(read, _)] = parse_one(kind, record).good
    for field in fields:
        found = getattr(read, "from_" if field == "from" else field)
        assert not found or found == "0", field


@pytest.mark.parametrize("name", ALL)
def test_a_record_with_its_id_alone_is_read(name: str) -> None:
    kind = KINDS[name]
    bare = {} if kind.id_field is None else {kind.id_field: 7}
    parsed = parse_one(kind, bare)
    assert len(parsed.good) == 1
    assert parsed.ids == ((None,) if kind.id_field is None else (7,))


@pytest.mark.parametrize("name", ALL)
def test_of_mutated_records_none_is_lost_and_none_raises(name: str) -> None:
    kind, chance = KINDS[name], random.Random(name)
    payloads = list(mutations(sample(kind, chance), MUTATED_EACH, chance))
    parsed = kinds.parse(kind, [msgspec.Raw(each) for each in payloads])
    good, bad = [raw for _, raw in parsed.good], [each.raw for each in parsed.bad]
    assert sorted(good + bad) == sorted(payloads)
    assert len(parsed.ids) == len(payloads)
    assert all(each.reason and "\n" not in each.reason for each in parsed.bad)
    for record, _ in parsed.good:
        assert kind.id_field is None or type(record.id) is int
        for field in record.__struct_fields__:
            value = getattr(record, field)
            assert not isinstance(value, float), field
            if isinstance(value, Decimal) and not isinstance(record, wire.CustomField):
                assert value.is_finite(), field


def test_the_mutations_are_over_five_thousand_and_reach_both_ways_of_reading() -> None:
    assert len(ALL) * MUTATED_EACH > 5_000
    kind, chance = kinds.ORDERS, random.Random(1)
    parsed = kinds.parse(kind, [msgspec.Raw(each) for each in mutations(sample(kind, chance), 300, chance)])
    assert len(parsed.good) > 30
    assert len(parsed.bad) > 30


# -- what a sync reads ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lean", "full"), LEAN, ids=[full.name for _, full in LEAN])
def test_a_full_record_is_a_lean_one_with_more_fields(lean: Kind[Any], full: Kind[Any]) -> None:
    assert issubclass(full.struct, lean.struct)
    assert (lean.name, lean.keys) == (full.name, full.keys)
    raw = msgspec.json.encode(sample(full, random.Random(3)))
    less, more = lean.reader.read(raw), full.reader.read(raw)
    assert len(less.__struct_fields__) < len(more.__struct_fields__)
    for name in scalars(lean):
        assert getattr(less, name) == getattr(more, name)


def test_a_wrong_value_in_a_field_that_a_sync_does_not_need_sets_nothing_aside() -> None:
    product: dict[str, Any] = {
        "id": 1,
        "weight": "heavy",
        "minimum_quantity": "few",
        "variants": [{"id": 2, "weight": []}],
    }
    assert len(parse_one(LEAN_PRODUCTS, product).good) == 1
    [bad] = parse_one(kinds.PRODUCTS, product).bad
    assert bad.id == "1"
    assert "weight" in bad.reason or "minimum_quantity" in bad.reason


# -- ids that the vendor calls something else -----------------------------------------------------------------

OWN_IDS = [name for name in ALL if KINDS[name].id_field not in ("id", None)]


@pytest.mark.parametrize("name", OWN_IDS)
@pytest.mark.parametrize("spelling", [9, "9"])
def test_an_id_is_found_under_its_own_name_or_the_usual_one(name: str, spelling: object) -> None:
    own = KINDS[name].id_field or ""
    for record in ({own: spelling}, {"id": spelling}, {own: spelling, "id": 0}):
        parsed = parse_one(KINDS[name], record)
        assert [each.id for each, _ in parsed.good] == [9]
        assert parsed.ids == (9,)


@pytest.mark.parametrize("name", OWN_IDS)
def test_a_record_without_any_id_is_set_aside_with_the_name_of_its_id(name: str) -> None:
    for record in ({}, {"id": None}, {"id": 0}, {KINDS[name].id_field or "": ""}):
        [bad] = parse_one(KINDS[name], record).bad
        assert bad.reason == f"{KINDS[name].id_field}: missing"


# -- values there and back ------------------------------------------------------------------------------------


@pytest.mark.parametrize("digits", range(8))
def test_a_time_with_none_to_seven_digits_goes_there_and_back(digits: int) -> None:
    fraction = f".{'9715109'[:digits]}" if digits else ""
    text = f"2021-10-06T14:28:52{fraction}-05:00"
    record = kinds.PRODUCTS.reader.read(msgspec.json.encode({"id": 1, "eta_date": text}))
    read = when("eta_date", record.eta_date)
    assert read == datetime(2021, 10, 6, 19, 28, 52, int("9715109"[:digits].ljust(6, "0")[:6]), UTC)
    sent = untyped(checked(kinds.PRODUCTS, {"eta_date": read}, new=False))["eta_date"]
    assert sent.startswith("2021-10-06T19:28:52")
    assert sent.endswith("Z")
    assert when("eta_date", sent) == read


@given(
    moment=st.datetimes(
        min_value=datetime(1900, 1, 2),
        timezones=st.builds(timezone, st.integers(-14 * 60, 14 * 60).map(lambda minutes: timedelta(minutes=minutes))),
    )
)
def test_any_aware_time_goes_there_and_back(moment: datetime) -> None:
    sent = untyped(checked(kinds.ORDERS, {"due_date": moment}, new=False))
    assert when("due_date", sent["due_date"]) == moment


@given(cents=st.integers(-(10**14), 10**14), places=st.integers(0, 4))
def test_money_of_up_to_four_decimals_goes_there_and_back_digit_for_digit(cents: int, places: int) -> None:
    amount = Decimal(cents).scaleb(-places)
    body = checked(kinds.PRODUCTS, {"price": amount}, new=False)
    assert body == b'{"price":%s}' % f"{amount:f}".encode()
    record = kinds.PRODUCTS.reader.read(b'{"id":1,"price":%s}' % f"{amount:f}".encode())
    assert record.price == amount
    assert str(record.price) == str(amount) or amount == 0


@pytest.mark.parametrize("text", ["29.1666", '"29.1666"', '" 29.1666 "', "29.16660000000"])
def test_four_decimals_of_money_are_read_exactly_as_number_or_text(text: str) -> None:
    record = kinds.PRODUCT_PRICING.reader.read(f'{{"id":1,"price":{text}}}'.encode())
    assert record.price == Decimal("29.1666")


@pytest.mark.parametrize("none", ["null", '""', "0"])
def test_what_is_read_as_none_is_written_in_the_fields_own_spelling(none: str) -> None:
    payment = kinds.ORDER_PAYMENTS.reader.read(
        f'{{"id":1,"approved_at":{none if none != "0" else "null"},"payment_method_id":{none}}}'.encode()
    )
    assert when("approved_at", payment.approved_at) is None
    assert not payment.payment_method_id
    draft = {"approved_at": None, "payment_method_id": None, "gift_certificate_id": None, "card_type": None}
    assert untyped(checked(kinds.ORDER_PAYMENTS, draft, new=False)) == {
        "approved_at": "",
        "payment_method_id": 0,
        "gift_certificate_id": None,
        "card_type": "",
    }
