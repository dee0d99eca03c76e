"""A common product's variants, price table and pictures as rows of Spark Pay's own resources. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias, TypeVar

import msgspec

from commerce_async.schema import Image, Price, Variant
from commerce_async.schema.values import text
from sparkpay_async import wire
from sparkpay_async.mapping.own import Task, conditions, in_currency, main_price
from sparkpay_async.mapping.products import shown_pictures, table_price

T = TypeVar("T")
B = TypeVar("B")
Row: TypeAlias = dict[str, Any]

TABLES: Final = ("variants", "variant_inventory", "pricing", "pictures")
"""In the order in which they are written."""

# The server keeps times in steps of 1/300 s.
_STEP: Final = timedelta(milliseconds=10)


class Rows(msgspec.Struct, forbid_unknown_fields=True):
    """What it takes to make one nested table as wanted.

    A new row may refer to another new one, by its place among them: `{"new": 0}` in place of an id.

    Attributes:
        create: whole rows, without the product's id.
        update: rows with their `id` and what differs.
        delete: ids.
    """

    create: list[Row] = msgspec.field(default_factory=list[Row])
    update: list[Row] = msgspec.field(default_factory=list[Row])
    delete: list[int] = msgspec.field(default_factory=list[int])

    def change(self, id: int, row: Row) -> None:
        """Notes what differs in a row that is there, if anything."""
        if row:
            self.update.append({"id": id, **row})


def tables(task: Task) -> dict[str, Rows]:
    """What it takes in each nested table; tables in which nothing differs are left out."""
    options, chosen = _options(task)
    items, places = _items(task, chosen)
    found = {"variants": options, "variant_inventory": items}
    found |= {"pricing": _pricing(task, places), "pictures": _pictures(task)}
    return {name: rows for name, rows in found.items() if rows.create or rows.update or rows.delete}


def _matched(
    wanted: Iterable[T], there: Iterable[B], *rules: Callable[[T, B], bool]
) -> list[tuple[T | None, B | None]]:
    """Pairs of what is wanted and what is there, by the first rule that fits, each once; then what is left of both."""
    left, free = list(wanted), list(there)
    pairs: list[tuple[T | None, B | None]] = []
    for rule in rules:
        for new in tuple(left):
            old = next((each for each in free if rule(new, each)), None)
            if old is not None:
                pairs.append((new, old))
                left.remove(new)
                free.remove(old)
    return [*pairs, *((new, None) for new in left), *((None, old) for old in free)]


# -- option values ----------------------------------------------------------------------------------------------------


def _options(task: Task) -> tuple[Rows, dict[tuple[str, str], Row]]:
    """The rows, and by group and name what refers to each."""
    rows, refers = Rows(), dict[tuple[str, str], Row]()
    wanted = [each for each in enumerate(task.wanted.variants) if each[1].kind != "item"]
    for number, option in wanted:
        for name in ("sku", "stock"):
            if getattr(option, name) is not None:
                task.lose(f"variants[{number}].{name}", "an option value has none; what is sold is an item")
    there = [each for each in (task.before.variants if task.before else ()) if each.kind == "option"]
    if not task.wanted.variants and not task.same_vendor:
        return rows, refers
    pairs = _matched(
        wanted,
        there,
        lambda new, old: task.same_store and new[1].id == old.id and _group(new[1]) == _group(old),
        lambda new, old: _group(new[1]) == _group(old) and text(new[1].name) == old.name,
    )
    for new, old in pairs:
        if new is None:
            rows.delete += [int(old.id)] if old else []
            continue
        number, option = new
        group, name = text(option.group), text(option.name)
        if old is not None:
            rows.change(int(old.id), _option_changes(option, old))
            refers.setdefault((group or "", name or ""), {"id": int(old.id)})
        elif group is None or name is None:
            task.lose(f"variants[{number}]", "an option value has a group and a name")
        else:
            refers.setdefault((group, name), {"new": len(rows.create)})
            rows.create.append({**_group_of(task, group), **_option_changes(option, None), "sort_order": number})
    return rows, refers


def _group(variant: Variant) -> str:
    return (text(variant.group) or "").casefold()


def _group_of(task: Task, name: str) -> Row:
    """The shop's group of that name; one that it does not have is made when the row is written."""
    groups = task.known.groups
    found = next((id for id, each in groups.items() if each == name), None)
    if found is None:
        found = next((id for id, each in groups.items() if each.casefold() == name.casefold()), None)
    return {"variant_group": name} if found is None else {"variant_group_id": found}


def _option_changes(new: Variant, old: Variant | None) -> Row:
    found: Row = {}
    if (name := text(new.name)) and name != (old.name if old else None):
        found["description"] = name
    if new.price_change is not None and new.price_change != (old.price_change if old else None):
        found["price_adjustment"] = new.price_change
    if (rule := text(new.price_rule)) != (old.price_rule if old else None):
        found["price_adjustment_type"] = rule or ""
    return found


# -- what is sold -----------------------------------------------------------------------------------------------------


def _items(task: Task, options: dict[tuple[str, str], Row]) -> tuple[Rows, dict[str, Row]]:
    """The rows, and by the wanted variants' ids what refers to each."""
    rows, refers = Rows(), dict[str, Row]()
    wanted = [each for each in enumerate(task.wanted.variants) if each[1].kind == "item"]
    there = [each for each in (task.before.variants if task.before else ()) if each.kind == "item"]
    if not task.wanted.variants and not task.same_vendor:
        return rows, refers
    pairs = _matched(
        wanted,
        there,
        lambda new, old: task.same_store and new[1].id == old.id,
        lambda new, old: text(new[1].sku) == old.sku and text(new[1].name) == old.name,
        lambda new, old: _by_sku(new[1], wanted) and text(new[1].sku) == old.sku,
        lambda new, old: text(new[1].name) is not None and text(new[1].name) == old.name,
    )
    for new, old in pairs:
        if new is None:
            rows.delete += [int(old.id)] if old else []
            continue
        number, item = new
        _lose_of_item(task, number, item)
        if old is not None:
            rows.change(int(old.id), _item_changes(item, old, empties=task.same_vendor))
            refers[item.id] = {"id": int(old.id)}
        elif choices := _choices(text(item.name) or "", options):
            refers[item.id] = {"new": len(rows.create)}
            rows.create.append({"variants": choices, **_item_changes(item, None, empties=False)})
        else:
            task.lose(f"variants[{number}]", "its name does not say of which option values it is made")
    return rows, refers


def _by_sku(item: Variant, wanted: list[tuple[int, Variant]]) -> bool:
    """Whether the SKU names it: shops have several items under one."""
    sku = text(item.sku)
    return sku is not None and sum(text(each.sku) == sku for _, each in wanted) == 1


def _lose_of_item(task: Task, number: int, item: Variant) -> None:
    for name in ("group", "price_change", "price_rule"):
        if getattr(item, name) is not None:
            task.lose(f"variants[{number}].{name}", "Spark Pay has it of option values only")
    if item.stock is None:
        return
    for name in ("on_order", "backorder"):
        if getattr(item.stock, name) is not None:
            task.lose(f"variants[{number}].stock.{name}", "Spark Pay has it of the whole product only")
    if task.wanted.stock is not None and item.stock.tracked != task.wanted.stock.tracked:
        task.lose(f"variants[{number}].stock.tracked", "Spark Pay has it of the whole product only")


def _item_changes(new: Variant, old: Variant | None, *, empties: bool) -> Row:
    found: Row = {}
    for name, field in (("name", "description"), ("sku", "item_number")):
        words = text(getattr(new, name))
        if words != getattr(old, name, None) and (words or empties):
            found[field] = words or ""
    held = new.stock.on_hand if new.stock else None
    if held is not None and held != (old.stock.on_hand if old and old.stock else None):
        found["inventory"] = held
    return found


def _choices(name: str, options: dict[tuple[str, str], Row]) -> list[Row]:
    """The option values that a name such as "Color: Blue, Size: M" is made of; none if it is not."""
    for (group, value), row in options.items():
        label = f"{group}: {value}"
        if name == label:
            return [row]
        if name.startswith(f"{label}, ") and (rest := _choices(name[len(label) + 2 :], options)):
            return [row, *rest]
    return []


# -- the price table --------------------------------------------------------------------------------------------------


def _pricing(task: Task, places: dict[str, Row]) -> Rows:
    rows = Rows()
    mine = in_currency(task)
    main = main_price(mine, "regular")
    wanted: list[tuple[int, Price, Row | None]] = []
    for number, price in mine:
        if number == main or price.kind in ("list", "cost"):
            continue
        place = places.get(price.variant_id or "")
        if reason := _homeless(task, price, place):
            task.lose(f"prices[{number}]", reason)
        else:
            named = None if place is None else str(place.get("id", f"new {place.get('new')}"))
            quantity = max(1, price.minimum_quantity)
            wanted.append((number, msgspec.structs.replace(price, variant_id=named, minimum_quantity=quantity), place))
    there = [
        (row.id, table_price(row, row.price, task.known.shop.currency))
        for row in (task.record.pricing if task.record else None) or ()
        if row.price is not None
    ]
    if not (wanted or task.same_vendor):
        return rows
    pairs = _matched(
        wanted,
        there,
        lambda new, old: _alike(new[1], old[1]) and new[1].amount == old[1].amount,
        lambda new, old: _alike(new[1], old[1]),
    )
    kept: list[Price] = []
    for new, old in pairs:
        if new is not None and old is not None:
            rows.change(old[0], {} if new[1].amount == old[1].amount else {"price": new[1].amount})
            kept.append(new[1])
        elif new is not None:
            _new_price(task, rows, kept, new)
        elif old is not None:
            rows.delete.append(old[0])
    return rows


def _new_price(task: Task, rows: Rows, kept: list[Price], new: tuple[int, Price, Row | None]) -> None:
    number, price, place = new
    if price.kind == "sale":
        task.lose(f"prices[{number}]", "a sale has a type of the shop's own, which the API does not list")
    elif any(_alike(price, each) for each in kept):
        task.lose(f"prices[{number}]", "there is another price under the same conditions")
    else:
        kept.append(price)
        found: Row = {"starting_quantity": price.minimum_quantity, "price": price.amount}
        if price.group is not None:
            found["customer_type_id"] = int(price.group)
        if place is not None:
            found["variant_inventory_id"] = place.get("id", place)
        found |= {"start_date": price.starts} if price.starts else {}
        rows.create.append(found | ({"end_date": price.ends} if price.ends else {}))


def _homeless(task: Task, price: Price, place: Row | None) -> str | None:
    if price.kind not in ("regular", "sale"):
        return f"Spark Pay has no {price.kind} price"
    if "country" in conditions(price):
        return "Spark Pay has no prices by country"
    if price.group is not None and not (task.same_store and price.group.isascii() and price.group.isdigit()):
        return "customer groups are the shop's own"
    if price.variant_id is not None and place is None:
        return "its variant is none that is sold here"
    return None


def _alike(new: Price, old: Price) -> bool:
    """Whether two prices hold under the same conditions."""
    plain = (new.kind, new.minimum_quantity, new.group, new.variant_id)
    if plain != (old.kind, old.minimum_quantity, old.group, old.variant_id):
        return False
    return _same_time(new.starts, old.starts) and _same_time(new.ends, old.ends)


def _same_time(new: datetime | None, old: datetime | None) -> bool:
    if new is None or old is None or new.tzinfo is None:
        return new is old
    return abs(new - old) < _STEP


# -- pictures ---------------------------------------------------------------------------------------------------------


def _pictures(task: Task) -> Rows:
    rows = Rows()
    wanted = _images(task)
    if not (wanted or task.same_vendor):
        return rows
    there = shown_pictures(task.record) if task.record else []
    hidden = [each for each in (task.record.pictures if task.record else None) or () if each.is_hidden]
    moved = [text(each.image_file) for each in there] != [text(each.url) for each in wanted]
    pairs = _matched(enumerate(wanted), [*there, *hidden], lambda new, old: text(new[1].url) == text(old.image_file))
    for new, old in pairs:
        if new is None:
            rows.delete += [old.id] if old and not old.is_hidden else []
            continue
        place, image = new
        at: Row = {"sort_order": place, "is_primary": place == 0} if moved or old is None else {}
        if old is None:
            words = text(image.text)
            rows.create.append({"image_file": text(image.url), **({"alt": words} if words else {}), **at})
            continue
        found = {name: value for name, value in at.items() if value != (getattr(old, name) or 0)}
        if old.is_hidden:
            found["is_hidden"] = False
        rows.change(old.id, found | _picture_words(image, old))
    return rows


def _picture_words(image: Image, old: wire.LeanPicture) -> Row:
    words = text(image.text)
    if words == (text(old.alt) or text(old.description)):
        return {}
    return {"alt": words} if words else {"alt": "", "description": ""}


def _images(task: Task) -> list[Image]:
    """In the order in which they are shown, each once."""
    found: dict[str, Image] = {}
    for number, image in sorted(enumerate(task.wanted.images), key=lambda each: each[1].position):
        url = text(image.url)
        if url is None or url in found:
            task.lose(f"images[{number}]", "a picture is shown once, and has a URL or path")
        else:
            found[url] = image
    return list(found.values())
