"""What can be chosen about the emulated FastSpring: how its answers are shaped and how irregular its records are."""

from __future__ import annotations

from typing import Literal

import msgspec


class Dialect(msgspec.Struct, kw_only=True):
    """The choices that FastSpring's pages leave open or have changed over the years. Change it while running.

    Attributes:
        one_order: the answer to one id: the order alone ("flat", as the page shows), the order with the same again
            in a list beside it ("hybrid", as live shops were seen to answer), or only the list.
        many_orders: the answer to several ids: `{"orders": [...]}` or a bare array.
        one_product: `{"products": [...]}` as the page shows, or "hybrid".
        missing_order_status: HTTP status when an asked order is unknown and no other was found.
        mixed_order_status: HTTP status when some were found and some not.
        missing_product_status: HTTP status when any asked product is unknown.
        lookup_error_status: HTTP status of a refused list (bad dates and the like).
        newest_first: the direction of the order lists.
        end_inclusive: orders of the `end` day itself are in the list too.
        max_batch: most ids in one call, None for no limit.
        max_url: longest path with query, in bytes; beyond it the answer is 414.
        last_page: `nextPage` at the end of the order lists: null, or left out.
        compress: gzip the answers if the client takes it.
    """

    one_order: Literal["flat", "hybrid", "envelope"] = "flat"
    many_orders: Literal["envelope", "array"] = "envelope"
    one_product: Literal["envelope", "hybrid"] = "envelope"
    missing_order_status: int = 400
    mixed_order_status: int = 400
    missing_product_status: int = 200
    lookup_error_status: int = 400
    newest_first: bool = True
    end_inclusive: bool = False
    max_batch: int | None = 50
    max_url: int = 8192
    last_page: Literal["null", "absent"] = "null"
    compress: bool = False


class Irregular(msgspec.Struct, frozen=True, kw_only=True):
    """The share of records (0 to 1) that show each irregularity of live shops. `Irregular.none()` switches all off.

    Attributes:
        pointed: whole amounts written `9.0`; the others write `9`.
        text_money: order totals as text ("59.99").
        number_postal, number_phone, number_card: postal code, phone number, last four card digits as numbers.
        account_object: the account as an object where others have its id.
        empty_text: "" where others have null, a text, or nothing.
        nbsp: no-break spaces in the localized display texts.
        note_texts: order notes with texts in them.
        tag_list: order tags as a list of {key, value}, not a map.
        old_creditcard: `creditcard` for `creditCard`.
        missing_keys: optional members left out.
        null_members: optional members null, where others leave them out.
        text_instructions: instructions of a product as one text, not by language.
        list_fulfillments: a product without fulfillments has [] for {}.
    """

    pointed: float = 0.4
    text_money: float = 0.01
    number_postal: float = 0.02
    number_phone: float = 0.02
    number_card: float = 0.02
    account_object: float = 0.05
    empty_text: float = 0.04
    nbsp: float = 0.5
    note_texts: float = 0.03
    tag_list: float = 0.3
    old_creditcard: float = 0.3
    missing_keys: float = 0.03
    null_members: float = 0.02
    text_instructions: float = 0.05
    list_fulfillments: float = 0.3

    @classmethod
    def none(cls) -> Irregular:
        """Every record as FastSpring's pages show it."""
        return cls(**dict.fromkeys(cls.__struct_fields__, 0.0))

    @classmethod
    def all(cls, share: float = 1.0) -> Irregular:
        """Every irregularity in that share of the records."""
        return cls(**dict.fromkeys(cls.__struct_fields__, share))

    def shares(self) -> tuple[tuple[str, float], ...]:
        """Names and shares, in an order that does not change."""
        return tuple((name, getattr(self, name)) for name in self.__struct_fields__)
