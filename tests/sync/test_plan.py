"""What a plan says, and that making it only reads."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_async.errors import NetworkError, UsageError
from commerce_async.limits.base import Snapshot
from commerce_async.schema import Category, Price, Product, Stock, Text, Unreadable, Variant
from commerce_async.sync.applying import apply
from commerce_async.sync.hooks import Hooks
from commerce_async.sync.matching import Sides, pair
from commerce_async.sync.planning import plan
from commerce_async.sync.plans import Plan, fingerprint
from commerce_async.sync.wanting import Rate, limited, parse_rates, priced
from tests.sync.fake import FakeStore
from tests.sync.shop import Shop, product

pytestmark = pytest.mark.anyio


def shops(source: list[Product], target: list[Product]) -> tuple[Shop, Shop]:
    return Shop("eu", source), Shop("us", target)


def by_action(found: Plan) -> dict[str, list[str]]:
    actions: dict[str, list[str]] = {}
    for item in found.items:
        actions.setdefault(item.action, []).append(item.key)
    return actions


async def test_a_plan_names_every_product_once_and_the_fields_that_differ() -> None:
    eu, us = shops(
        [product("a"), product("b", name="Cup"), product("c", price="12.00"), product("d", name="")],
        [product("1", sku="SKU-a"), product("2", sku="SKU-b"), product("4", sku="SKU-x")],
    )
    found = await plan(eu, us)
    assert by_action(found) == {
        "unchanged": ["SKU-a"], "update": ["SKU-b"], "create": ["SKU-c"], "cannot": ["SKU-d"], "delete": ["SKU-x"],
    }  # fmt: skip
    assert found.counts == {"create": 1, "update": 1, "delete": 1, "unchanged": 1, "cannot": 1}
    update = next(item for item in found.items if item.action == "update")
    assert update.change is not None
    assert [(each.field, each.old, each.new) for each in update.change.fields] == [("name", "Mug", "Cup")]
    assert (update.source_id, update.target_id) == ("b", "2")
    assert update.base == fingerprint(us.held["2"])
    cannot = next(item for item in found.items if item.action == "cannot")
    assert [(each.field, each.reason) for each in cannot.reasons] == [("name", "must not be empty")]


async def test_making_a_plan_writes_nothing() -> None:
    eu, us = shops([product("a"), product("b", name="Cup")], [product("1", sku="SKU-b"), product("2")])
    await plan(eu, us)
    assert us.written == eu.written == []
    assert set(us.steps) == {"list", "changer"}
    assert set(eu.steps) == {"list"}


async def test_fields_without_a_place_are_listed_also_of_unchanged_products() -> None:
    held = Stock(tracked=True, on_hand=3)
    eu, us = shops([product("a", stock=held), product("b", stock=held)], [product("1", sku="SKU-a")])
    found = await plan(eu, us)
    assert [(loss.field, loss.count, loss.example) for loss in found.losses] == [("stock", 2, "SKU-a")]


async def test_a_doubled_sku_is_reported_on_both_sides_and_not_guessed() -> None:
    eu, us = shops(
        [product("a", sku="K"), product("b", sku="K"), product("c", sku="L")],
        [product("1", sku="K"), product("2", sku="L"), product("3", sku="L")],
    )
    found = await plan(eu, us)
    assert found.counts == {"create": 0, "update": 0, "delete": 0, "unchanged": 0, "cannot": 6}
    reasons = {item.source_id or item.target_id: item.reasons[0].reason for item in found.items}
    assert reasons["a"] == reasons["b"] == reasons["1"] == "2 products of eu have the sku K: a, b"
    assert reasons["c"] == reasons["2"] == "2 products of us have the sku L: 2, 3"


@pytest.mark.parametrize("theirs", ["sku-a", "SKU-A ", "Sku-a", "ＳＫＵ-a"])
async def test_a_sku_that_is_only_written_otherwise_is_neither_made_again_nor_deleted(theirs: str) -> None:
    eu, us = shops([product("a"), product("b")], [product("1", sku=theirs), product("2", sku="SKU-b")])
    found = await plan(eu, us)
    assert found.empty
    assert {item.key: item.action for item in found.items} == {"SKU-a": "cannot", "SKU-b": "unchanged"} | {
        theirs.strip(): "cannot"
    }
    [reason] = {reason.reason for item in found.items for reason in item.reasons}
    assert reason == f"eu writes its sku SKU-a, and us {theirs.strip()}: write both alike"


async def test_skus_that_a_store_itself_tells_apart_are_two() -> None:
    eu, us = shops([product("a", sku="mug"), product("b", sku="MUG")], [product("1", sku="mug")])
    assert by_action(await plan(eu, us)) == {"unchanged": ["mug"], "create": ["MUG"]}


async def test_a_product_without_a_sku_is_neither_created_nor_deleted() -> None:
    eu, us = shops([product("a", sku=None)], [product("1", sku=None)])
    found = await plan(eu, us)
    assert [item.action for item in found.items] == ["cannot", "cannot"]


async def test_the_id_map_goes_before_the_sku_so_that_a_renamed_product_is_still_itself() -> None:
    eu, us = shops([product("a", sku="NEW")], [product("1", sku="OLD"), product("2", sku="OTHER")])
    found = await plan(eu, us, id_map={"a": "1", "gone": "9"})
    assert by_action(found) == {"update": ["NEW"], "delete": ["OTHER"]}
    assert found.items[0].target_id == "1"


async def test_a_function_matches_by_what_it_gives() -> None:
    eu, us = shops([product("a", sku=" m-1 ")], [product("1", sku="M-1")])
    found = await plan(eu, us, match=lambda each: (each.sku or "").strip().upper())
    assert found.items[0].target_id == "1"
    assert found.match == "function"


async def test_matching_by_id_uses_the_ids() -> None:
    eu, us = shops([product("a", sku=None)], [product("a", sku=None, name="Cup")])
    found = await plan(eu, us, match="id")
    assert by_action(found) == {"update": ["a"]}


@pytest.mark.parametrize("fault", ["gaps", "unreadable", "missing"])
async def test_nothing_is_deleted_unless_the_pass_over_the_source_was_complete(fault: str) -> None:
    eu, us = shops([product("a")], [product("1", sku="SKU-a"), product("2", sku="X")])
    if fault == "gaps":
        eu.products.sound = False
    elif fault == "unreadable":
        eu.products.unreadable.append(Unreadable(id="x", reason="no JSON", raw=b"{"))
    else:
        fetch = eu.products._fetch

        async def lossy(start: int) -> Any:
            page = await fetch(start)
            object.__setattr__(page, "missing", ("x",))
            return page

        eu.products._fetch = lossy
    found = await plan(eu, us)
    assert found.counts["delete"] == 0
    assert any("kept, since not every product of eu was read" in note for note in found.notes)


async def test_a_mapped_product_that_the_list_lacked_is_asked_for_before_its_delete_is_planned() -> None:
    eu, us = shops([product("a"), product("b")], [product("1", sku="SKU-a"), product("2", sku="SKU-b")])
    whole = dict(eu.held)
    del eu.held["b"]
    eu.on_step = lambda step: eu.held.update(whole) if step == "get_many" else None
    found = await plan(eu, us, id_map={"a": "1", "b": "2"})
    assert found.counts["delete"] == 0
    assert "eu has 1 product that its list lacks: not taken for gone." in found.notes
    assert eu.asked == [(["b"], True)]
    eu.on_step = lambda _: None
    del eu.held["b"]
    assert (await plan(eu, us, id_map={"a": "1", "b": "2"})).counts["delete"] == 1


async def test_missing_said_while_the_source_throttles_plans_no_delete(monkeypatch: pytest.MonkeyPatch) -> None:
    eu, us = shops([product("a")], [product("1", sku="SKU-a"), product("2", sku="SKU-b")])
    paused = Snapshot(used=1, limit=1, period=1, in_flight=0, paused=1.0)
    monkeypatch.setattr(eu.client.limiter, "snapshot", lambda: paused)
    assert (await plan(eu, us, id_map={"a": "1", "b": "2"})).counts["delete"] == 0
    assert eu.asked == [(["b"], True)] * 3


async def test_deletes_can_be_switched_off_and_are_then_counted_in_a_note() -> None:
    eu, us = shops([], [product("1")])
    found = await plan(eu, us, deletes=False)
    assert found.empty
    assert found.notes == ["eu has no products.", "Only us has 1 product: kept, as asked."]


async def test_nothing_is_created_that_may_be_an_unreadable_product_of_the_target() -> None:
    eu, us = shops([product("a"), product("b")], [])
    us.products.unreadable.append(Unreadable(id="7", reason="bad price", raw=b'{"id": 7, "item_number": "SKU-a"}'))
    found = await plan(eu, us)
    assert by_action(found) == {"cannot": ["SKU-a"], "create": ["SKU-b"]}
    assert found.items[0].reasons[0].reason == "it may be the product 7 of us, which could not be read"


async def test_nothing_is_created_when_the_pass_over_the_target_has_gaps() -> None:
    eu, us = shops([product("a"), product("b")], [product("1", sku="SKU-b", name="Cup")])
    us.products.sound = False
    assert by_action(await plan(eu, us)) == {"cannot": ["SKU-a"], "update": ["SKU-b"]}


async def test_a_pass_that_fails_for_a_passing_reason_goes_on_where_it_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("commerce_async.sync.patience.REST", 0.01)
    eu, us = shops([product(f"{n:02}") for n in range(25)], [])
    failed: list[int] = []

    def fail(step: str) -> None:
        if step == "list" and len(eu.steps) == 2 and not failed:
            failed.append(1)
            raise NetworkError("reset", retry_after=0.01)

    eu.on_step = fail
    found = await plan(eu, us)
    assert failed
    assert found.counts["create"] == 25
    assert eu.steps.count("list") == 4


async def test_callbacks_change_and_veto_items_of_the_plan() -> None:
    eu, us = shops(
        [product("a"), product("b"), product("c", name="Cup"), product("d", name="Cup")],
        [product("3", sku="SKU-c"), product("4", sku="SKU-d"), product("5", sku="X"), product("6", sku="Y")],
    )

    async def update(wanted: Product, before: Product) -> Product | None:
        return None if wanted.id == "d" else msgspec.structs.replace(wanted, name=before.name)

    hooks = Hooks(
        create=lambda wanted: None if wanted.id == "b" else msgspec.structs.replace(wanted, name="New"),
        update=update,
        delete=lambda each: each.sku == "X",
    )
    found = await plan(eu, us, hooks=hooks)
    assert by_action(found) == {"create": ["SKU-a"], "unchanged": ["SKU-c"], "delete": ["X"]}
    assert found.items[0].wanted is not None
    assert found.items[0].wanted.name == "New"
    assert found.notes == ["Left out by a callback: 3 products."]


async def test_only_the_fields_asked_for_are_compared() -> None:
    eu, us = shops([product("a", name="Cup", price="11.00")], [product("1", sku="SKU-a")])
    for fields, changed in ((["prices"], ["prices.EUR"]), (["text"], ["name"]), (["text", "prices"], None)):
        found = await plan(eu, us, fields=fields)
        change = found.items[0].change
        assert change is not None
        assert [each.field for each in change.fields] == (changed or ["name", "prices.EUR"])
    assert by_action(await plan(eu, us, fields=["stock"])) == {"unchanged": ["SKU-a"]}


async def test_wrong_arguments_are_refused_before_anything_is_read() -> None:
    eu, us = shops([], [])
    for arguments, words in (
        ({"fields": ["colour"]}, "fields: unknown colour; there are: text"),
        ({"fields": []}, "fields: unknown (none)"),
        ({"match": "name"}, "match: expected sku, id or a function"),
        ({"currencies": {"USD": Rate("USD")}}, "currency USD: it cannot be made of itself"),
        ({"currencies": {"USD": Rate("EUR", Decimal("NaN"))}}, "currency USD: expected a decimal number"),
        ({"currencies": {"usd": Rate("EUR")}}, "currency usd: a code is written in capitals"),
    ):
        with pytest.raises(UsageError) as caught:
            await plan(eu, us, **arguments)  # type: ignore[arg-type]
        assert words in str(caught.value)
    with pytest.raises(UsageError, match="both named 'eu'"):
        await plan(eu, Shop("eu"))
    with pytest.raises(UsageError, match="products of fake cannot be written"):
        await plan(us, FakeStore("eu"))
    assert us.steps == ["list"]


# -- prices and fields ------------------------------------------------------------------------------------------------


def test_prices_are_converted_by_the_rate_and_rounded_to_the_currency_s_digits() -> None:
    item = product("a", price="9.99")
    rates = {
        "USD": Rate("EUR", Decimal("1.085")),
        "JPY": Rate("EUR", Decimal("161.3")),
        "KWD": Rate("EUR", Decimal("0.33")),
    }
    found, lost = priced(item, rates)
    assert [(price.currency, str(price.amount)) for price in found.prices] == [
        ("EUR", "9.99"), ("USD", "10.84"), ("JPY", "1611"), ("KWD", "3.297"),
    ]  # fmt: skip
    assert lost == ()


def test_a_currency_that_a_rate_makes_has_no_other_prices_unless_there_are_none_to_make_them_of() -> None:
    item = msgspec.structs.replace(
        product("a"), prices=(Price(currency="EUR", amount=Decimal(10)), Price(currency="USD", amount=Decimal(99)))
    )
    assert [str(each.amount) for each in priced(item, {"USD": Rate("EUR")})[0].prices] == ["10", "10.00"]
    assert [str(each.amount) for each in priced(item, {"USD": Rate("GBP")})[0].prices] == ["10", "99"]


def test_what_a_variant_adds_has_no_currency_and_is_listed_instead_of_converted() -> None:
    item = product("a", variants=(Variant(id="1", kind="option", name="Blue", price_change=Decimal(2)),))
    found, lost = priced(item, {"USD": Rate("EUR")})
    assert [each.field for each in lost] == ["variants[0].price_change"]
    assert found.variants[0].price_change is None


def test_a_function_gives_the_prices() -> None:
    found, _ = priced(product("a"), lambda each: [Price(currency="USD", amount=each.prices[0].amount * 2)])
    assert [(each.currency, each.amount) for each in found.prices] == [("USD", Decimal("19.80"))]


@pytest.mark.parametrize("text", ["USD", "USD=EUR*", "USD=EUR*-1", "USD=EUR*1e3", "USD=EUR*0", "USDT=EUR", "USD=USD*2"])
def test_a_rate_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"^currency"):
        parse_rates([text])


def test_rates_are_read_as_people_write_them() -> None:
    assert parse_rates(["usd=eur*1.08", "GBP=EUR"]) == {"USD": Rate("EUR", Decimal("1.08")), "GBP": Rate("EUR")}
    with pytest.raises(UsageError, match="USD is made in two ways"):
        parse_rates(["USD=EUR", "USD=GBP"])


def test_limited_to_a_field_what_another_vendor_does_not_tell_stays() -> None:
    source = msgspec.structs.replace(
        product("a", name="Cup"), vendor="other", texts={"en": Text(name="Cup"), "de": Text(name="Tasse")}
    )
    before = product("1", texts={"": Text(name="Mug", summary="Old")})
    found = limited(source, before, ["text"])
    assert found.texts["en"] == Text(name="Cup", summary="Old")
    assert (found.id, found.prices, found.sku) == ("1", before.prices, "SKU-1")


def test_limited_to_a_field_empty_means_empty_between_stores_of_one_vendor() -> None:
    before = product("1", store="us", tax_code="T")
    assert limited(product("a"), before, ["tax_code"]).tax_code is None


def test_limited_to_prices_those_under_conditions_that_the_other_vendor_cannot_have_stay() -> None:
    source = msgspec.structs.replace(product("a", price="5.00"), vendor="other")
    many = Price(currency="EUR", amount=Decimal(4), minimum_quantity=10)
    before = msgspec.structs.replace(product("1"), prices=(*product("1").prices, many))
    assert [str(each.amount) for each in limited(source, before, ["prices"]).prices] == ["5.00", "4"]


def test_ids_of_another_store_are_not_taken_for_the_target_s_own() -> None:
    source = product("a", categories=(Category(id="7", name="Cups"),), parent_id="3")
    found = limited(source, product("1", store="us"), ["categories", "parent_id"])
    assert (found.categories[0].id, found.categories[0].name, found.parent_id) == ("eu/7", "Cups", "eu/3")


# -- matching ---------------------------------------------------------------------------------------------------------

SIDES = Sides(source="eu", target="us", key="sku")
KEYS = st.dictionaries(st.sampled_from("abcdefgh"), st.none() | st.sampled_from(["K", "L", "M", ""]), max_size=8)


@given(KEYS, KEYS, st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh"), max_size=6))
def test_every_product_is_in_exactly_one_place_and_no_target_is_given_twice(
    source: dict[str, str | None], target: dict[str, str | None], known: dict[str, str]
) -> None:
    found = pair(source, target, known, SIDES)
    assert found.found.keys() | found.stuck.keys() == source.keys()
    assert not found.found.keys() & found.stuck.keys()
    places = [at for at in found.found.values() if at is not None]
    assert len(places) == len(set(places))
    assert sorted([*places, *found.extra, *found.unclear]) == sorted(target)
    for id, at in found.found.items():
        assert at is None or known.get(id) == at or (source[id] and source[id] == target[at])


# -- the file ---------------------------------------------------------------------------------------------------------


async def a_plan() -> Plan:
    eu, us = shops(
        [product("a"), product("b", name="Cup"), product("c"), product("d", name="")],
        [product("1", sku="SKU-a"), product("2", sku="SKU-b"), product("4", sku="SKU-x")],
    )
    return await plan(eu, us, currencies={"USD": Rate("EUR", Decimal("1.1"))})


async def test_a_plan_s_file_gives_the_same_plan(tmp_path: Path) -> None:
    found = await a_plan()
    found.save(tmp_path / "plan.json")
    assert Plan.load(tmp_path / "plan.json") == found
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda lines: lines[:-1], "it was cut or edited"),
        (lambda lines: [lines[0], lines[1], lines[1], *lines[3:]], "it was cut or edited"),
        (lambda lines: [*lines[:2], lines[2].replace(b"Cup", b"Pot"), *lines[3:]], "it was cut or edited"),
        (lambda lines: [lines[0].replace(b'"name":"us"', b'"name":"uk"'), *lines[1:]], "it was cut or edited"),
        (lambda lines: [lines[0].replace(b'"version":2', b'"version":1'), *lines[1:]], "of version 1"),
        (lambda lines: [b'{"stores": []}'], "is not a plan"),
        (lambda lines: [b""], "is not a plan"),
        (lambda lines: [b"\xff\xfe"], "is not a plan"),
        (lambda lines: [*lines[:3], lines[3][:20]], "line 4: "),
        (lambda lines: [lines[0], lines[1].replace(b"update", b"explode"), *lines[2:]], "line 2: "),
        (lambda lines: [each.replace(b'"9.90"', b'"NaN"') for each in lines], "prices[0].amount: expected a decimal"),
        (lambda lines: [each.replace(b'"wanted":', b'"x":') for each in lines], "a update without what it takes"),
    ],
)
async def test_a_plan_s_file_that_was_cut_or_edited_is_refused_in_one_line(
    tmp_path: Path, edit: Any, words: str
) -> None:
    path = tmp_path / "plan.json"
    (await a_plan()).save(path)
    path.write_bytes(b"\n".join(edit(path.read_bytes().splitlines())))
    with pytest.raises(UsageError) as caught:
        Plan.load(path)
    assert words in str(caught.value)
    assert "plan.json" in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        (await a_plan()).save(tmp_path / "none" / "plan.json")
    with pytest.raises(UsageError, match="No such file"):
        Plan.load(tmp_path / "plan.json")


async def test_a_product_stays_while_one_of_its_variations_does_since_it_would_go_as_well() -> None:
    us = Shop(
        "us",
        [
            product("main", sku="MAIN"), product("v", sku="SKU-a", parent_id="main"),
            product("w", sku="W", parent_id="main"), product("lone", sku="LONE"),
            product("x", sku="X", parent_id="lone"), product("kept", sku="KEPT"),
            product("y", sku="Y", parent_id="kept"),
        ],
    )  # fmt: skip
    found = await plan(Shop("eu", [product("a")]), us, hooks=Hooks(delete=lambda each: each.id != "y"))
    assert [item.target_id for item in found.items if item.action == "delete"] == ["w", "x", "lone"]
    assert "Only us has 2 products of which variations stay: kept, since these would go as well." in found.notes
    us.held["x"] = msgspec.structs.replace(us.held["x"], name="Edited")
    done = await apply(found, us)
    assert [each.outcome for each in done.results] == ["deleted", "conflict", "conflict"]
    assert us.held.keys() == {"main", "v", "lone", "x", "kept", "y"}
