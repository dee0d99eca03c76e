"""The small tables of a generated store: statuses, categories, manufacturers, stores, warehouses, variant groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .values import Dice, Record

# Names and flags as a shopkeeper may have set them; ids differ per store, so that only the flags can decide.
_ORDER_STATUSES: Sequence[tuple[str, Sequence[str]]] = (
    ("Pending Processing", ("is_open",)),
    ("Awaiting Parts", ("is_open",)),
    ("Partially Shipped", ("is_open", "is_partially_shipped")),
    ("Shipped", ("is_shipped",)),
    ("Picked up", ("is_shipped",)),
    ("Declined", ("is_declined",)),
    ("Cancelled", ("is_cancelled",)),
    ("Refunded", ("is_shipped", "is_fully_refunded")),
    ("Partial refund", ("is_shipped", "is_partially_refunded")),
    ("Quote", ("is_quote_status",)),
)
_FLAGS = (
    "is_open",
    "is_declined",
    "is_cancelled",
    "is_shipped",
    "is_fully_refunded",
    "is_partially_refunded",
    "is_partially_shipped",
    "is_quote_status",
)
_PRODUCT_STATUSES: Sequence[tuple[str, Sequence[str]]] = (
    ("In Stock", ("show_quantity",)),
    ("Ships in 2-3 weeks", ("is_back_ordered",)),
    ("Sold Out", ("is_unavailable",)),
    ("Discontinued", ("is_unavailable", "is_hidden")),
)
_TREE: Mapping[str, Sequence[str]] = {
    "Clothing": ("Shirts", "Jackets", "Shoes", "Hats & Caps"),
    "Kitchen": ("Knives", "Cookware", "Café & Tea"),
    "Tools": ("Hand Tools", "Power Tools", "Fasteners", "Safety"),
    "Outdoor": ("Tents", "Lamps", "Packs"),
    "Software": ("Licenses", "Support Plans"),
    "Home": ("Lighting", "Textiles", "Storage"),
}
_MAKERS = (
    "Northwind", "Acme", "Fjäll & Sons", "O'Neil Tools", "Bluebird", "Kōyō", "Granite Peak", "Lumen",
    "Old Mill", "Vertex", "Brightside", "Pico", "Sturdy", "Halberd", "Müller", "Tidewater",
)  # fmt: skip
_GROUPS = ("Color", "Size", "Material", "Length")
_OLD = "2015-06-30T11:02:09.25-05:00"


class Lookups:
    """The fixed tables of one store.

    Args:
        seed: ids, colors and sort orders differ with it.
    """

    def __init__(self, seed: int) -> None:
        dice = Dice(seed, 900)
        ids = _ids(dice, len(_ORDER_STATUSES))
        self.order_statuses: list[Record] = [
            _order_status(id, name, flags, dice) for id, (name, flags) in zip(ids, _ORDER_STATUSES, strict=True)
        ]
        self.order_status_ids = {record["name"]: int(record["id"]) for record in self.order_statuses}
        self.product_statuses: list[Record] = [
            {
                "id": n + 1,
                "name": name,
                "time_frame": name if "weeks" in name else "",
                **{flag: flag in flags for flag in ("is_unavailable", "is_hidden", "is_back_ordered", "show_quantity")},
                "created_at": _OLD,
                "updated_at": _OLD,
            }
            for n, (name, flags) in enumerate(_PRODUCT_STATUSES)
        ]
        self.categories = _categories(dice)
        self.leaves = [record for record in self.categories if record["parent_category_id"]]
        self.manufacturers = [_manufacturer(id, name) for id, name in enumerate(_MAKERS, 11)]
        self.variant_groups = [_group(id, name) for id, name in enumerate(_GROUPS, 7)]
        self.stores = [_store(1, "Main Store", True), _store(2, "Wholesale", False)]
        self.warehouses = [_warehouse(1, "Main"), _warehouse(3, "Überlager")]


def _ids(dice: Dice, count: int) -> list[int]:
    ids = [3 + 4 * n + dice.below(4) for n in range(count)]
    for n in range(count - 1, 0, -1):
        other = dice.below(n + 1)
        ids[n], ids[other] = ids[other], ids[n]
    return ids


def _order_status(id: int, name: str, flags: Sequence[str], dice: Dice) -> Record:
    return {
        "id": id,
        "name": name,
        **{flag: flag in flags for flag in _FLAGS},
        "color": f"#{dice.below(1 << 24):06X}",
        "email_template_id": None if dice.chance(60) else 1 + dice.below(20),
        "created_at": _OLD,
        "updated_at": None,
    }


def _categories(dice: Dice) -> list[Record]:
    found: list[Record] = []
    id = 20
    for root, names in _TREE.items():
        id += 1 + dice.below(3)
        top = id
        found.append(_category(top, root, 0, root, dice))
        for name in names:
            id += 1 + dice.below(3)
            found.append(_category(id, name, top, f"{root} > {name}", dice))
    return found


def _category(id: int, name: str, parent: int, path: str, dice: Dice) -> Record:
    slug = "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())
    return {
        "id": id,
        "name": name,
        "short_description": "" if dice.chance(50) else f"<p>All about {name.lower()}.</p>",
        "sort_order": dice.below(50),
        "is_hidden": dice.chance(5),
        "parent_category_id": parent,
        "max_quantity": 0,
        "category_thumbnail": "",
        "category_image": f"/store/img/cat{id}.jpg" if dice.chance(40) else "",
        "page_title": name,
        "lookup_path": path,
        "keywords": "",
        "meta_description": None,
        "external_content_url": "",
        "is_category_content_displayed": True,
        "are_subcategory_products_displayed": dice.chance(50),
        "url_rewrite": f"/{slug}.aspx",
        "default_product_picture": "",
        "alternate_thumbnail": "",
        "head_tags": "",
        "cat_image_alt_text": "",
        "thumb_image_alt_text": "",
        "is_hide_from_site_maps": False,
        "created_at": None if dice.chance(30) else _OLD,
        "updated_at": _OLD,
    }


def _manufacturer(id: int, name: str) -> Record:
    return {
        "id": id,
        "name": name,
        "is_hidden": False,
        "url": f"https://www.example.com/brands/{id}",
        "sort_order": id,
        "description": "",
        "logo": "",
        "created_at": _OLD,
        "updated_at": None,
    }


def _group(id: int, name: str) -> Record:
    return {
        "id": id,
        "name": name,
        "sort_order": id,
        "is_hidden": False,
        "display_type": "DropDown",
        "group_header_html": "",
        "public_description_html": "",
        "group_footer_html": "",
        "is_non_inventory": False,
        "created_at": _OLD,
        "updated_at": _OLD,
    }


def _store(id: int, name: str, default: bool) -> Record:
    return {
        "id": id,
        "name": name,
        "domain_name": f"shop{id}.example.com",
        "is_default": default,
        "email": f"shop{id}@example.com",
        "created_at": _OLD,
        "updated_at": None,
    }


def _warehouse(id: int, name: str) -> Record:
    return {
        "id": id,
        "name": name,
        "city": "Beaumont",
        "state": "TX",
        "country": "United States",
        "created_at": _OLD,
        "updated_at": None,
    }
