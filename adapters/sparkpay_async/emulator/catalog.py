"""The generated catalog: products with their option values, sellable combinations, pictures, prices and fields."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from itertools import product as combinations
from math import prod
from typing import NamedTuple

from . import blank
from .lookups import Lookups
from .values import Calendar, Dice, Numbers, Record, moment, money

VARIANT_STRIDE = 16
INVENTORY_STRIDE = 32
PICTURE_STRIDE = 4
PRICE_STRIDE = 4
VARIANT_BASE = 40_000
INVENTORY_BASE = 90_000
PICTURE_BASE = 7_000
PRICE_BASE = 3_000

_FIRST = ("Classic", "Compact", "Heavy-Duty", "Café", "Ultra", "Eco", "Pro", "Vintage", '12" Folding', "Señor")
_MIDDLE = ("Steel", "Oak", "Wool", "Cotton", "Brass", "Carbon", "Canvas", "Ø8 mm", "Linen", "Glass")
_OPTIONS: dict[str, Sequence[str]] = {
    "Color": ("Blue", "Red", "Forest Green", "Black", "Off-white"),
    "Size": ("S", "M", "L", "XL", "2XL"),
    "Material": ("Wool", "Cotton", "Linen"),
    "Length": ('10"', '12"', '15"'),
}


class Brief(NamedTuple):
    """What orders need of a product without making all of it. `price` and `cost` in ten-thousandths."""

    number: str
    name: str
    price: int
    cost: int
    kind: str
    taxable: bool
    category: int

    @property
    def physical(self) -> bool:
        """Whether it is shipped."""
        return self.kind not in ("download", "subscription")


class Catalog:
    """Products by index, 0 and up.

    Args:
        count: products at first; they share two years up to `until`.
    """

    def __init__(self, seed: int, count: int, until: datetime, lookups: Lookups) -> None:
        self.numbers = Numbers(seed, 101, 1_200, 2)
        self.calendar = Calendar(seed, 102, count, until)
        self.lookups = lookups
        self._seed = seed
        self.brief = lru_cache(maxsize=8_192)(self._brief)
        self._options = lru_cache(maxsize=8_192)(self._draw_options)
        self._dress = [_dress(Dice(seed, 112, n), lookups) for n in range(_DRESSES)]

    def _brief(self, index: int) -> Brief:
        dice = Dice(self._seed, 110, index)
        leaf = dice.pick(self.lookups.leaves)
        throw = dice.below(100)
        kind = (
            "simple" if throw < 66 else "options" if throw < 88
            else "download" if throw < 92 else "subscription" if throw < 96 else "kit"
        )  # fmt: skip
        noun = str(leaf["name"]).split(" ")[0].rstrip("s")
        name = f"{dice.pick(_FIRST)} {dice.pick(_MIDDLE)} {noun} {100 + index % 900}"
        cents = 150 + dice.below(400) * (1 + dice.below(90))
        price = cents * 100 + (25 * dice.below(4) if dice.chance(8) else 0)
        if dice.chance(2):
            price = 0
        number = f"{noun[:3].upper()}-{index:05d}" + ("/B" if dice.chance(3) else "")
        cost = price * 55 // 100 + dice.below(90)
        return Brief(number, name, price, cost, kind, not dice.chance(10), leaf["id"])

    def category_ids(self, index: int) -> list[int]:
        """Its categories, the primary one first; the primary one may be none."""
        dice = Dice(self._seed, 111, index)
        others = [dice.pick(self.lookups.categories)["id"] for _ in range(dice.below(3))]
        return list(dict.fromkeys([self.brief(index).category, *others]))

    def product(self, index: int) -> Record:
        """The record without nested arrays."""
        brief = self.brief(index)
        dice = Dice(self._seed, 119, index)
        dress = dice.pick(self._dress)
        slug = f"{brief.name.lower().replace(' ', '-').replace(chr(34), '')}-{index}"
        created, updated = self.calendar.texts(index)
        record = dress | {
            "id": self.numbers.id(index),
            "item_number": brief.number if not dice.chance(2) else "",
            "item_name": brief.name,
            "primary_category_id": brief.category if not dice.chance(3) else 0,
            "short_description": dress["short_description"] and f"{brief.name} – built to last.",
            "long_description_1": f'<p class="d">{brief.name} &amp; care guide.</p>\r\n' * (1 + index % 4),
            "keywords": brief.name.lower(),
            "url_rewrite": f"/{slug}.aspx",
            "page_title": dress["page_title"] and brief.name,
            "cost": money(brief.cost, 2),
            "price": money(brief.price, index & 3),
            "retail": money(brief.price * 6 // 5 if dress["retail"] else 0, index & 3),
            "gtin": dress["gtin"] and f"{4_000_000_000_000 + index}",
            "is_non_taxable": int(not brief.taxable),
            "call_for_pricing": int(brief.price == 0),
            "cart_product_id": f"00000000-0000-4000-8000-{index:012x}",
            "created_at": None if dice.chance(4) else created,
            "updated_at": updated,
        }
        if brief.kind != "simple":
            record |= _KINDS[brief.kind]
        if not brief.physical:
            record |= _WEIGHTLESS
        if brief.kind == "download":
            record["e_product_url"] = f"/downloads/{slug}.zip"
        return record

    def variants(self, index: int) -> list[Record]:
        """Option values, group by group."""
        found: list[Record] = []
        for group, names in self._options(index):
            for place, name in enumerate(names):
                dice = Dice(self._seed, 113, index, len(found))
                dearer = dice.chance(30)
                found.append(
                    blank.VARIANT
                    | {
                        "id": VARIANT_BASE + index * VARIANT_STRIDE + len(found),
                        "product_id": self.numbers.id(index),
                        "variant_group_id": group["id"],
                        "description": name,
                        "price_adjustment": money(dice.below(1_000) * 100 if dearer else 0, dice.below(3)),
                        "price_adjustment_type": dice.pick(("+ dollars", "+ percent")) if dearer else "",
                        "sort_order": place,
                        "item_number_extension": f"-{name[:2].upper()}" if dice.chance(80) else "",
                        "is_default_selection": place == 0,
                        "created_at": None,
                        "updated_at": moment(self.calendar.second(index), dice).text(),
                    }
                )
        return found

    def inventory(self, index: int) -> list[Record]:
        """Sellable combinations, each with its own number and stock."""
        options = self._options(index)
        if not options:
            return []
        brief = self.brief(index)
        found: list[Record] = []
        for slot, names in enumerate(combinations(*(names for _, names in options))):
            dice = Dice(self._seed, 114, index, slot)
            warned = dice.chance(20)
            label = ", ".join(f"{group['name']}: {name}" for (group, _), name in zip(options, names, strict=True))
            found.append(
                blank.COMBINATION
                | {
                    "id": INVENTORY_BASE + index * INVENTORY_STRIDE + slot,
                    "product_id": self.numbers.id(index),
                    "inventory": dice.below(120) - 2,
                    "item_number": "-".join([brief.number, *(name[:2].upper() for name in names)]),
                    "weight": money(dice.below(90_000), 2),
                    "product_status_id": dice.pick((1, 1, 1, 0, 3)),
                    "gtin": f"{4_100_000_000_000 + dice.below(10**9)}" if dice.chance(30) else "",
                    "low_stock_warning_at": 5 if warned else None,
                    "low_stock_warning_enabled": warned,
                    "retail": money(brief.price + 50_000, 2) if dice.chance(20) else None,
                    "description": label,
                }
            )
        return found

    def combination_values(self, index: int, slot: int) -> list[Record]:
        """The option values of one sellable combination."""
        first = VARIANT_BASE + index * VARIANT_STRIDE
        variants = self.variants(index)
        return [variants[value["id"] - first] for value in self.chosen(index, slot)[2]]

    def chosen(self, index: int, throw: int) -> tuple[int, str, list[Record]]:
        """One sellable combination as an order line names it: its id, its number and its option values."""
        options = self._options(index)
        slot = throw % prod(len(names) for _, names in options)
        start = VARIANT_BASE + index * VARIANT_STRIDE + sum(len(names) for _, names in options)
        number, rest = "", slot
        values: list[Record] = []
        for group, names in reversed(options):
            start -= len(names)
            rest, place = divmod(rest, len(names))
            number = f"-{names[place][:2].upper()}{number}"
            description = f"{group['name']}: {names[place]}"
            values.append({"id": start + place, "description": description, "variant_group_id": group["id"]})
        return INVENTORY_BASE + index * INVENTORY_STRIDE + slot, self.brief(index).number + number, values[::-1]

    def pictures(self, index: int) -> list[Record]:
        """Pictures, the primary one first."""
        count = Dice(self._seed, 115, index).below(PICTURE_STRIDE)
        return [
            {
                "id": PICTURE_BASE + index * PICTURE_STRIDE + slot,
                "product_id": self.numbers.id(index),
                "image_file": f"/store/img/p{index}-{slot}.jpg",
                "thumbnail_file": f"/store/img/p{index}-{slot}_thumb.jpg" if slot else "",
                "caption": "" if slot else "Front",
                "sort_order": slot,
                "is_primary": slot == 0,
                "is_hidden": False,
                "created_at": None,
                "updated_at": None,
            }
            for slot in range(count)
        ]

    def pricing(self, index: int) -> list[Record]:
        """Prices per quantity and customer type; most products have none."""
        dice = Dice(self._seed, 116, index)
        if not dice.chance(15):
            return []
        price = self.brief(index).price
        return [
            {
                "id": PRICE_BASE + index * PRICE_STRIDE + slot,
                "product_id": self.numbers.id(index),
                "store_id": dice.pick((0, 1)),
                "customer_type_id": dice.pick((0, 0, 2)),
                "variant_inventory_id": 0,
                "starting_quantity": (1, 10, 100)[slot],
                "price": money(price * (95 - 5 * slot) // 100, 2),
                "cost": 0,
                "start_date": "",
                "end_date": None,
                "created_at": None,
                "updated_at": None,
            }
            for slot in range(1 + dice.below(3))
        ]

    def custom_fields(self, index: int) -> list[Record]:
        """Name and value pairs."""
        dice = Dice(self._seed, 117, index)
        names = ("Country of origin", "Care", "Season")[: dice.below(4)]
        return [{"name": name, "value": dice.pick(("", "Portugal", "Hand wash", "2025/26"))} for name in names]

    def _draw_options(self, index: int) -> list[tuple[Record, Sequence[str]]]:
        if self.brief(index).kind != "options":
            return []
        dice = Dice(self._seed, 118, index)
        groups = self.lookups.variant_groups
        chosen = [groups[0], groups[1]] if dice.chance(40) else [dice.pick(groups)]
        return [(group, _OPTIONS[group["name"]][: 2 + dice.below(4)]) for group in chosen]


def _dress(dice: Dice, lookups: Lookups) -> Record:
    """What products have in common by chance. Made once and shared, for speed: only the rest is drawn per product."""
    return blank.PRODUCT | {
        "manufacturer_id": dice.pick(lookups.manufacturers)["id"] if dice.chance(80) else dice.pick((0, None)),
        "manufacturer_part_number": f"MPN{dice.below(10**6):06d}" if dice.chance(50) else "",
        "product_status_id": dice.pick((1, 1, 1, 1, 1, 1, 2, 3, 4)),
        "short_description": "" if dice.chance(20) else "yes",
        "page_title": "" if dice.chance(50) else "yes",
        "retail": int(dice.chance(60)),
        "height": dice.pick(_LENGTHS),
        "length": dice.pick(_LENGTHS),
        "width": dice.pick(_LENGTHS),
        "weight": money(dice.below(400_000), dice.below(3)),
        "quantity_on_hand": dice.below(500) - 5,
        "quantity_on_order": dice.below(40) if dice.chance(10) else 0,
        "minimum_quantity": dice.pick((0, 0, 1, 1, 6)),
        "is_hidden": int(dice.chance(6)),
        "is_spotlight_item": int(dice.chance(10)),
        "is_featured_item": dice.chance(10),
        "is_discontinued": dice.chance(3),
        "gtin": dice.pick(("yes", "yes", "", "", None)),
        "handling_fee": money(dice.below(50_000)) if dice.chance(10) else None,
        "warehouse_id": dice.pick((1, 1, 3, 0)),
        "average_review_rating": money(15_000 + 5_000 * dice.below(8)) if dice.chance(30) else None,
        "review_count": dice.below(80) if dice.chance(30) else None,
        "eta_date": "2026-05-01T00:00:00-05:00" if dice.chance(3) else dice.pick((None, "")),
    }


_DRESSES = 128
_LENGTHS = ("", "", "12", "3.5", "10.2500", "0.0000")
_WEIGHTLESS: Record = {
    "height": "", "length": "", "width": "", "weight": 0, "quantity_on_hand": 0, "is_non_inventory": True,
}  # fmt: skip
_KINDS: dict[str, Record] = {
    "options": {"use_variant_inventory": True, "has_visible_variants": True},
    "download": {"e_product_type": "FileDownload"},
    "subscription": {
        "is_subscription_product": True, "subscription_frequency": 3, "subscription_frequency_type": "Months",
    },
    "kit": {"is_kit": True},
}  # fmt: skip
