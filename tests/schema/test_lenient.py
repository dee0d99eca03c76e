"""Records as vendors really send them: read if they can be, refused with a reason if not, and never anything else."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce_async.schema.lenient import Amount, Reader, Wire, find_id, is_utf8, one_line, read_each, untyped
from commerce_async.schema.money import is_plain


class Part(Wire, frozen=True, kw_only=True):
    name: str | None = None
    price: Amount = None


class Special(Part, frozen=True, kw_only=True):
    """A struct that inherits an amount and has one of its own."""

    extra: Amount = None


class Thing(Wire, frozen=True, kw_only=True):
    id: str
    count: int = 1
    weight: float = 0.0
    maybe: int | None = None
    active: bool = False
    flag: bool | None = None
    amount: Amount = None
    part: Part | None = None
    special: Special | None = None
    reference: Part | str | None = None
    parts: list[Part] = msgspec.field(default_factory=list)
    names: tuple[str, ...] = ()
    tags: dict[str, str] = msgspec.field(default_factory=dict)
    prices: dict[str, Part] | None = None
    when: datetime | None = None
    note: str = "none"
    anything: Any = None
    renamed: str | None = msgspec.field(name="reNamed", default=None)


READER = Reader(Thing)
WHOLE = {
    "id": '"t-1"', "count": "3", "weight": "1.5", "maybe": "7", "active": "true", "flag": "false", "amount": "19.90",
    "part": '{"name": "p", "price": 1.10}', "special": '{"name": "s", "price": "2.20", "extra": 3}',
    "reference": '{"name": "r"}', "parts": '[{"name": "a", "price": 0.1}, {"name": "b"}]', "names": '["x", "y"]',
    "tags": '{"k": "v"}', "prices": '{"EUR": {"price": 5.00}}', "when": '"2020-03-01T12:00:00Z"', "note": '"hello"',
    "anything": '{"deep": [1, 2.50]}', "reNamed": '"here"',
}  # fmt: skip


def record(**changes: str | None) -> bytes:
    """A record's JSON, some members replaced by other JSON texts or left out."""
    members = {**WHOLE, **changes}
    return (
        "{" + ", ".join(f'"{name}": {value}' for name, value in members.items() if value is not None) + "}"
    ).encode()


def check(thing: Thing) -> None:
    """Every field is of the type that it was declared with, and every amount is plain."""

    def is_part(part: object) -> bool:
        return isinstance(part, Part) and isinstance(part.name, str | None) and is_amount(part.price)

    def is_amount(amount: object) -> bool:
        return amount is None or (type(amount) is Decimal and is_plain(amount))

    assert type(thing.id) is str
    assert type(thing.count) is int
    assert type(thing.weight) is float
    assert type(thing.maybe) in (int, type(None))
    assert type(thing.active) is bool
    assert type(thing.flag) in (bool, type(None))
    assert is_amount(thing.amount)
    assert thing.part is None or is_part(thing.part)
    assert thing.special is None or (type(thing.special) is Special and is_amount(thing.special.extra))
    assert isinstance(thing.reference, str | None) or is_part(thing.reference)
    assert type(thing.parts) is list
    assert all(is_part(part) for part in thing.parts)
    assert type(thing.names) is tuple
    assert all(type(name) is str for name in thing.names)
    assert type(thing.tags) is dict
    assert all(type(text) is str for pair in thing.tags.items() for text in pair)
    assert thing.prices is None or all(is_part(part) for part in thing.prices.values())
    assert isinstance(thing.when, datetime | None)
    assert type(thing.note) is str
    assert isinstance(thing.renamed, str | None)


def test_a_record_as_documented_is_read_as_it_is() -> None:
    thing = READER.read(record())
    check(thing)
    assert str(thing.amount) == "19.90"
    assert thing.special is not None
    assert (str(thing.special.price), str(thing.special.extra)) == ("2.20", "3")
    assert thing.anything == {"deep": [1, Decimal("2.50")]}
    assert thing.renamed == "here"


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"id": "17"}, "id", "17"),
        ({"note": "5"}, "note", "5"),
        ({"note": "true"}, "note", "true"),
        ({"note": "2.50"}, "note", "2.50"),
        ({"note": "null"}, "note", "none"),
        ({"note": '""'}, "note", ""),
        ({"count": '"12"'}, "count", 12),
        ({"count": "12.0"}, "count", 12),
        ({"count": "true"}, "count", 1),
        ({"count": "null"}, "count", 1),
        ({"count": '""'}, "count", 1),
        ({"maybe": '""'}, "maybe", None),
        ({"maybe": '"5"'}, "maybe", 5),
        ({"weight": '"2.5"'}, "weight", 2.5),
        ({"weight": "null"}, "weight", 0.0),
        ({"active": "1"}, "active", True),
        ({"active": '"False"'}, "active", False),
        ({"active": '"yes"'}, "active", True),
        ({"flag": '""'}, "flag", None),
        ({"flag": "0"}, "flag", False),
        ({"amount": '""'}, "amount", None),
        ({"amount": '"7.00"'}, "amount", Decimal("7.00")),
        ({"part": '""'}, "part", None),
        ({"part": "[]"}, "part", Part()),
        ({"reference": '"r-7"'}, "reference", "r-7"),
        ({"reference": "7"}, "reference", "7"),
        ({"parts": '{"name": "one"}'}, "parts", [Part(name="one")]),
        ({"parts": "null"}, "parts", []),
        ({"parts": '""'}, "parts", []),
        ({"parts": "{}"}, "parts", []),
        ({"parts": '[{"name": 5}]'}, "parts", [Part(name="5")]),
        ({"names": '"only"'}, "names", ("only",)),
        ({"names": "[1, 2]"}, "names", ("1", "2")),
        ({"tags": "[]"}, "tags", {}),
        ({"tags": '{"k": 1}'}, "tags", {"k": "1"}),
        ({"prices": '""'}, "prices", None),
        ({"when": '""'}, "when", None),
        ({"reNamed": "7"}, "renamed", "7"),
    ],
)
def test_what_live_shops_send_instead_is_read(changes: dict[str, str], field: str, value: object) -> None:
    thing = READER.read(record(**changes))
    check(thing)
    assert getattr(thing, field) == value
    assert str(thing.amount if field != "amount" else "19.90") == "19.90"  # the rest is as it was


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"id": None}, "id: missing"),
        ({"id": "null"}, "id"),
        ({"id": "[1]"}, "id"),
        ({"count": '"many"'}, "count"),
        ({"count": "1.5"}, "count"),
        ({"active": '"perhaps"'}, "active"),
        ({"active": "2"}, "active"),
        ({"weight": '"NaN"'}, "weight"),
        ({"part": "5"}, "part"),
        ({"parts": '[{"name": "a"}, 5]'}, r"parts\[1\]"),
        ({"parts": '[{"price": "x"}]'}, r"parts\[0\]\.price"),
        ({"part": '{"price": "NaN"}'}, r"part\.price|price"),
        ({"tags": '{"k": {}}'}, r"tags\.k"),
        ({"when": '"soon"'}, "when"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_fields_name(changes: dict[str, str | None], place: str) -> None:
    with pytest.raises(ValueError, match=place):
        READER.read(record(**changes))


@pytest.mark.parametrize(
    "amount",
    ['"NaN"', '"Infinity"', '"-Infinity"', '"1_000"', '"1,5"', "1e400", "-1e400", "1e-999999999", "1e18", '"1e400"',
     "123456789012345678901234567890", "true", "[]", "{}", '"x"', "0e-999999"],
)  # fmt: skip
@pytest.mark.parametrize("slow", [False, True], ids=["as documented", "read forgivingly"])
@pytest.mark.parametrize("field", ["amount", "part", "parts", "special", "prices"])
def test_amounts_that_are_none_are_refused_wherever_they_stand(amount: str, slow: bool, field: str) -> None:
    shapes = {"amount": "{}", "part": '{{"price": {}}}', "parts": '[{{"price": {}}}]', "special": '{{"extra": {}}}'}
    text = (
        '{"EUR": {"price": ' + amount + "}}"
        if field == "prices"
        else (amount if field == "amount" else shapes[field].format(amount))
    )
    with pytest.raises(ValueError):
        READER.read(record(**{field: text, "count": '"1"' if slow else "1"}))


@given(
    number=st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=8),
    slow=st.booleans(),
    quoted=st.booleans(),
)
def test_every_amount_is_exact_however_it_is_read(number: Decimal, slow: bool, quoted: bool) -> None:
    text = f"{number:f}"
    written = f'"{text}"' if quoted else text
    thing = READER.read(record(amount=written, parts=f'[{{"price": {written}}}]', count='"1"' if slow else "1"))
    assert thing.amount is not None
    assert str(thing.amount) in (text, str(Decimal(text)))
    assert thing.parts[0].price == number


# -- whatever comes ------------------------------------------------------------------------------------------------

ODD = [
    "null", "true", "false", "0", "1", "-1", "2", "1.5", "-0", "0.0", "1e5", "1e400", "1e-999999999", "0e-999999999",
    "9007199254740993", "123456789012345678901234567890", "9" * 400, "9" * 5000,
    '""', '" "', '"0"', '"1"', '"text"', '"true"', '"1.5"',
    '"NaN"', '"Infinity"', '"1_000"', '"1e999"', '"2020-03-01T12:00:00Z"', '"\\u0000"', '"ünï"',
    "[]", "{}", "[[]]", "[null]",
    '[""]', "[{}]", '{"": null}', '{"name": []}', '{"price": {}}', '[{"price": "x"}]', '{"name": "a", "price": "1.5"}',
    '{"k": {"k": {"k": []}}}',
]  # fmt: skip
json_text = st.sampled_from(ODD) | st.sampled_from(sorted(WHOLE.values()))
nested = st.recursive(
    json_text,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: "[" + ",".join(items) + "]")
        | st.dictionaries(st.sampled_from(["name", "price", "extra", "EUR", "k"]), inner, max_size=3).map(
            lambda members: "{" + ",".join(f'"{name}":{value}' for name, value in members.items()) + "}"
        )
    ),
    max_leaves=6,
)


@settings(max_examples=600, deadline=None)
@given(changes=st.dictionaries(st.sampled_from(sorted(WHOLE)), nested | st.none(), max_size=5))
def test_a_record_changed_in_any_way_is_read_to_its_declared_types_or_refused(changes: dict[str, str | None]) -> None:
    try:
        thing = READER.read(record(**changes))
    except ValueError:
        return
    check(thing)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | nested.map(str.encode) | st.integers(0, 400).map(lambda cut: record()[:cut]))
def test_bytes_of_any_kind_are_a_record_or_refused(raw: bytes) -> None:
    try:
        check(READER.read(raw))
    except ValueError:
        return


@pytest.mark.parametrize("depth", [500, 5_000, 100_000])
@pytest.mark.parametrize("field", ["anything", "part", "tags", "id"])
def test_nesting_without_end_is_refused_and_no_crash(depth: int, field: str) -> None:
    for opening, closing in (("[", "]"), ('{"k":', "}")):
        text = opening * depth + "1" + closing * depth
        try:
            check(READER.read(record(**{field: text})))
        except ValueError:
            continue


# -- lists of records ------------------------------------------------------------------------------------------------


def test_one_record_that_cannot_be_read_does_not_take_the_others_with_it() -> None:
    raws = [msgspec.Raw(each) for each in (b'{"id":"a"}', b'{"id":"b","count":"x"}', b"5", b'{"id":"c"}')]
    good, bad = read_each(raws, READER.read, lambda raw: find_id(raw, "id"))
    assert [thing.id for thing in good] == ["a", "c"]
    assert [(each.id, each.raw) for each in bad] == [("b", b'{"id":"b","count":"x"}'), (None, b"5")]
    assert "count" in bad[0].reason


@settings(max_examples=200, deadline=None)
@given(st.lists(nested, max_size=5))
def test_no_page_of_records_is_ever_lost_as_a_whole(texts: list[str]) -> None:
    raws = [msgspec.Raw(text.encode()) for text in texts]
    good, bad = read_each(raws, READER.read, lambda raw: find_id(raw, "id", "name"))
    assert len(good) + len(bad) == len(texts)
    assert all("\n" not in each.reason and 0 < len(each.reason) <= 300 for each in bad)


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b'{"id": "a"}', "a"),
        (b'{"id": 7}', "7"),
        (b'{"id": "", "key": "k"}', "k"),
        (b'{"id": true, "key": 5}', "5"),
        (b'{"id": {"id": 1}}', None),
        (b'{"id": ' + b"9" * 5000 + b"}", None),
        (b'{"id": "a"', None),
        (b"[1]", None),
        (b"[" * 100_000, None),
        (b"\xff", None),
    ],
)
def test_an_id_is_found_in_a_broken_record_if_there_is_one(raw: bytes, found: str | None) -> None:
    assert find_id(raw, "id", "key") == found


def test_untyped_json_keeps_fractions_exact() -> None:
    assert untyped(b'{"a": [0.10, 1, "x", null]}') == {"a": [Decimal("0.10"), 1, "x", None]}
    assert str(untyped(b"0.10")) == "0.10"


def test_reasons_are_one_bounded_line() -> None:
    assert one_line(ValueError("a\n\n  b")) == "a b"
    assert one_line(ValueError("")) == "ValueError"
    assert len(one_line(ValueError("x" * 1000))) == 300


def test_what_the_fast_way_reads_the_forgiving_way_reads_alike() -> None:
    assert READER.read(record()) == READER._forgiving(record())
    whole = json.loads(record())
    for name in whole:
        if name != "id":
            assert READER.read(record(**{name: None})) == READER._forgiving(record(**{name: None}))


@pytest.mark.parametrize("size", [65534, 65535, 65536, 131071])
@pytest.mark.parametrize("end", ["", "ü", "€uro", "\U0001f600", "\ud800"])
def test_bytes_are_utf8_whatever_stands_where_they_are_cut(size: int, end: str) -> None:
    data = b"a" * size + end.encode(errors="surrogatepass")
    assert is_utf8(data) is (end != "\ud800")
    assert is_utf8(data + "ü".encode() * 4) is (end != "\ud800")
    assert not is_utf8(data + "€".encode()[:2])


@given(st.binary(max_size=12) | st.text(max_size=6).map(str.encode))
def test_bytes_are_utf8_if_they_can_be_decoded(data: bytes) -> None:
    try:
        data.decode()
    except UnicodeDecodeError:
        assert not is_utf8(data)
    else:
        assert is_utf8(data)
