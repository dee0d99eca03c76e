"""A common product's own fields as Spark Pay has them: everything but its nested tables. Pure.

Only what differs from the product as it is. Of a product of another vendor, what is empty is not told, and is left
alone; of one of Spark Pay's, empty means empty. docs/mapping-sparkpay.md is the table of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

from commerce_async.schema import NotCarried, Price, Product, ProductKind, ProductStatus, Text
from commerce_async.schema.values import text
from sparkpay_async import wire
from sparkpay_async.mapping.values import VENDOR, Known

Draft: TypeAlias = dict[str, Any]

_PHYSICAL: Final = "NotAnEProduct"
_FREQUENCIES: Final = {"day": "Days", "week": "Weeks", "month": "Months", "year": "Years"}


class Task:
    """One product to be written.

    Attributes:
        before: the product as the shop has it, and `record` as the vendor spells it; None for a new one.
        lost: what has no place, collected on the way.
    """

    def __init__(self, wanted: Product, before: Product | None, record: wire.LeanProduct | None, known: Known) -> None:
        self.wanted = wanted
        self.before = before
        self.record = record
        self.known = known
        self.lost: list[NotCarried] = []

    @property
    def same_vendor(self) -> bool:
        """Whether what is empty in the wanted product is meant to be empty."""
        return self.wanted.vendor == VENDOR

    @property
    def same_store(self) -> bool:
        """Whether the wanted product's ids are this shop's own."""
        return self.same_vendor and self.wanted.store == self.known.shop.store

    def lose(self, field: str, reason: str) -> None:
        """Notes something that has no place."""
        self.lost.append(NotCarried(field, reason))


def own_fields(task: Task) -> Draft:
    """What a POST or PUT of the product must say."""
    found: Draft = {}
    for part in _PARTS:
        found |= part(task)
    for name in ("created_at", "updated_at"):
        if (value := getattr(task.wanted, name)) and value != getattr(task.before, name, None):
            task.lose(name, "the server's own")
    return found


# -- texts ------------------------------------------------------------------------------------------------------------


def _texts(task: Task) -> Draft:
    language, words = _language(task.wanted.texts)
    for other, each in task.wanted.texts.items():
        if other != language and any(text(part) for part in (each.name, each.summary, each.description)):
            task.lose(f"texts[{other!r}]", "Spark Pay has one language")
    if text(words.name) and text(task.wanted.name) not in (None, text(words.name)):
        task.lose("name", "it differs from the name among the texts, and Spark Pay has one")
    before = task.before.texts.get("", Text()) if task.before else Text()
    found: Draft = {}
    name = text(words.name) or text(task.wanted.name)
    if name and name != before.name:
        found["item_name"] = name
    _told(task, found, "short_description", text(words.summary), before.summary)
    _told(task, found, "long_description_1", text(words.description), before.description)
    return found


def _language(texts: Mapping[str, Text]) -> tuple[str, Text]:
    """The one that is written: that without a language, English, else the first."""
    language = next((each for each in ("", "en") if each in texts), next(iter(texts), ""))
    return language, texts.get(language, Text())


def _codes(task: Task) -> Draft:
    found: Draft = {}
    for name, field in (("sku", "item_number"), ("tax_code", "tax_code")):
        _told(task, found, field, text(getattr(task.wanted, name)), getattr(task.before, name, None))
    return found


def _told(task: Task, found: Draft, field: str, new: str | None, old: str | None) -> None:
    if new != old and (new or task.same_vendor):
        found[field] = new or ""


# -- what it is -------------------------------------------------------------------------------------------------------


def _kind(task: Task) -> Draft:
    wanted = task.wanted.kind
    before = task.before.kind if task.before else ProductKind.PHYSICAL
    if wanted in (before, ProductKind.UNKNOWN):
        return {}
    if wanted is ProductKind.DIGITAL_AND_PHYSICAL:
        task.lose("kind", "Spark Pay's products are digital, physical or kits")
        return {}
    if wanted is ProductKind.DIGITAL:
        if task.known.defaults.digital_type is None:
            task.lose("kind", "Spark Pay's pages do not name its words for digital products: set digital_type")
            return {}
        return {"e_product_type": task.known.defaults.digital_type}
    found: Draft = {"e_product_type": _PHYSICAL} if before is ProductKind.DIGITAL else {}
    kit = wanted is ProductKind.BUNDLE
    return found if kit == bool(task.record and task.record.is_kit) else {**found, "is_kit": kit}


def _parent(task: Task) -> Draft:
    wanted, before = task.wanted.parent_id, task.before.parent_id if task.before else None
    if wanted == before and (task.same_store or wanted is None):
        return {}
    if wanted is None:
        return {"master_product_id": None} if task.same_vendor else {}
    if not task.same_store or not _is_id(wanted):
        task.lose("parent_id", "it is no id of this shop")
        return {}
    return {"master_product_id": int(wanted)}


def _is_id(value: str) -> bool:
    return value.isascii() and value.isdigit() and 0 < len(value) < 19


# -- status -----------------------------------------------------------------------------------------------------------


def _status(task: Task) -> Draft:
    record, wanted = task.record or wire.LeanProduct(id=1), task.wanted.status
    backorder = task.wanted.stock.backorder if task.wanted.stock else None
    found: Draft = {}
    before = task.before.status if task.before else ProductStatus.UNKNOWN
    if wanted in (ProductStatus.UNKNOWN, before):
        wanted = before
    if bool(record.is_discontinued) != (wanted is ProductStatus.DISCONTINUED):
        found["is_discontinued"] = wanted is ProductStatus.DISCONTINUED
    current = task.known.statuses.get(record.product_status_id or 0)
    chosen = _chosen(task, wanted, backorder, current)
    if chosen is not None and chosen is not current:
        found["product_status_id"] = chosen.id
    if wanted is ProductStatus.HIDDEN and not record.is_hidden and not (chosen and chosen.is_hidden):
        found["is_hidden"] = True
    if wanted in (ProductStatus.ACTIVE, ProductStatus.UNAVAILABLE) and record.is_hidden:
        found["is_hidden"] = False
    return found


def _chosen(
    task: Task, wanted: ProductStatus, backorder: bool | None, current: wire.ProductStatus | None
) -> wire.ProductStatus | None:
    """The status record to have: the present one if its flags will do, the default, else the first that has them."""
    known = task.known.statuses
    default = known.get(task.known.defaults.status_id or 0)
    plain = (each for each in known.values() if not (each.is_hidden or each.is_unavailable or each.is_back_ordered))
    ranked = [each for each in (current, default, *plain, *known.values()) if each is not None]
    fitting = [each for each in ranked if _fits(each, wanted)]
    if not fitting:
        task.lose("status", f"the shop has no product status that is {wanted}")
        return current or next(iter(ranked), None)
    if backorder is None:
        return fitting[0]
    for each in fitting:
        if bool(each.is_back_ordered) == backorder:
            return each
    task.lose("stock.backorder", f"the shop has no such product status that {'is' if backorder else 'is not'} for it")
    return fitting[0]


def _fits(status: wire.ProductStatus, wanted: ProductStatus) -> bool:
    if wanted is ProductStatus.ACTIVE:
        return not status.is_hidden and not status.is_unavailable
    if wanted is ProductStatus.UNAVAILABLE:
        return bool(status.is_unavailable) and not status.is_hidden
    return True


# -- prices -----------------------------------------------------------------------------------------------------------


def main_price(prices: Iterator[tuple[int, Price]] | list[tuple[int, Price]], kind: str) -> int | None:
    """Which price is the product's own of that kind: the first without any condition."""
    return next((number for number, each in prices if each.kind == kind and not conditions(each)), None)


def conditions(price: Price) -> list[str]:
    """What a price depends on, by field."""
    bare = Price(currency=price.currency, amount=price.amount, kind=price.kind)
    return [name for name in price.__struct_fields__ if getattr(price, name) != getattr(bare, name)]


def in_currency(task: Task) -> list[tuple[int, Price]]:
    """The wanted prices in the shop's currency, by their place."""
    return [(n, each) for n, each in enumerate(task.wanted.prices) if each.currency == task.known.shop.currency]


def _prices(task: Task) -> Draft:
    mine = in_currency(task)
    for number, price in enumerate(task.wanted.prices):
        if price.currency != task.known.shop.currency:
            task.lose(f"prices[{number}]", f"the shop's one currency is {task.known.shop.currency}")
    main = {kind: main_price(mine, kind) for kind in ("regular", "list", "cost")}
    for number, price in mine:
        if price.kind in ("list", "cost") and main[price.kind] != number:
            task.lose(f"prices[{number}]", f"Spark Pay has one {price.kind} price, for all")
    prices = {kind: None if at is None else task.wanted.prices[at].amount for kind, at in main.items()}
    record = task.record or wire.LeanProduct(id=1)
    found: Draft = {}
    if prices["regular"] is not None and prices["regular"] != record.price:
        found["price"] = prices["regular"]
    regular = record.price if prices["regular"] is None else prices["regular"]
    _beside(task, found, "retail", main["list"], record.retail, regular)
    _beside(task, found, "cost", main["cost"], record.cost, None)
    return found


def _beside(task: Task, found: Draft, field: str, at: int | None, old: Decimal | None, hiding: Decimal | None) -> None:
    """The list price or the cost, which Spark Pay writes as 0 where there is none.

    Args:
        hiding: the regular price; a list price that equals it is none.
    """
    new = None if at is None else task.wanted.prices[at].amount
    if at is not None and new is not None and (new <= 0 or new == hiding):
        task.lose(f"prices[{at}]", f"as {field} it would read as none: it is 0 or the regular price")
        new = None
    if new is None:
        if (task.same_vendor or at is not None) and old and old > 0 and old != hiding:
            found[field] = Decimal(0)
    elif new != old:
        found[field] = new


# -- the rest ---------------------------------------------------------------------------------------------------------


def _subscription(task: Task) -> Draft:
    terms, before = task.wanted.subscription, task.before.subscription if task.before else None
    if terms is None:
        return {"is_subscription_product": False} if before and task.same_vendor else {}
    interval = _FREQUENCIES.get(terms.interval)
    if interval is None and not task.same_vendor:
        task.lose("subscription", f"Spark Pay has no interval {terms.interval!r}")
        return {}
    for name in ("interval_count", "trial_days"):
        if getattr(terms, name) is not None:
            task.lose(f"subscription.{name}", "Spark Pay has no field for it")
    found: Draft = {} if before else {"is_subscription_product": True}
    if before is None or terms.interval != before.interval:
        found["subscription_frequency_type"] = interval or ("" if terms.interval == "unknown" else terms.interval)
    if (terms.interval_length or None) != (before.interval_length if before else None):
        found["subscription_frequency"] = terms.interval_length or None
    return found


def _stock(task: Task) -> Draft:
    wanted, before = task.wanted.stock, task.before.stock if task.before else None
    if wanted is None:
        # A vendor that keeps no stock sells without counting; counted, a new product would be sold out.
        return {} if task.before or task.same_vendor else {"is_non_inventory": True}
    found: Draft = {}
    if before is None or wanted.tracked != before.tracked:
        found["is_non_inventory"] = not wanted.tracked
    for name, field in (("on_hand", "quantity_on_hand"), ("on_order", "quantity_on_order")):
        number = getattr(wanted, name)
        if number is not None and number != getattr(before, name, None):
            found[field] = number
    return found


def _attributes(task: Task) -> Draft:
    wanted: dict[str, str] = {}
    for key, value in task.wanted.attributes.items():
        if (name := text(key)) and (words := text(value)):
            wanted[name] = words
        else:
            task.lose(f"attributes[{key!r}]", "Spark Pay's own fields have a name and a value")
    before = task.before.attributes if task.before else {}
    if wanted == before or not (task.wanted.attributes or task.same_vendor):
        return {}
    emptied = dict.fromkeys((name for name in before if name not in wanted), "")
    return {"custom_fields": [{"name": name, "value": value} for name, value in (wanted | emptied).items()]}


def _categories(task: Task) -> Draft:
    wanted = list(_category_ids(task))
    before = [int(each.id) for each in task.before.categories] if task.before else []
    if not wanted and task.before is None and (default := task.known.defaults.category_id) is not None:
        wanted = [default]
    if not wanted or (wanted[0] == (before or [0])[0] and set(wanted) == set(before)):
        return {}
    listed = [{"id": id, "is_primary": id == wanted[0]} for id in wanted]
    return {"primary_category_id": wanted[0], "categories": listed}


def _category_ids(task: Task) -> Iterator[int]:
    """The shop's categories that are meant: by id where the id is the shop's own, else by their name."""
    known, seen = task.known.categories, set[int]()
    held = {each.id for each in task.before.categories} if task.before else set[str]()
    for number, each in enumerate(task.wanted.categories):
        named = [id for id, name in known.items() if each.name and name == each.name]
        if task.same_store and (each.id in held or (_is_id(each.id) and int(each.id) in known)):
            id = int(each.id)
        elif len(named) == 1:
            id = named[0]
        else:
            many = f"{len(named)} categories" if named else "no category"
            task.lose(f"categories[{number}]", f"the shop has {many} named {each.name!r}")
            continue
        if id not in seen:
            seen.add(id)
            yield id


_PARTS: Final[tuple[Callable[[Task], Draft], ...]] = (
    _texts, _codes, _kind, _status, _parent, _prices, _subscription, _stock, _attributes, _categories,
)  # fmt: skip
