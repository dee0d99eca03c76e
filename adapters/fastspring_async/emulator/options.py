"""What can be chosen about the emulated FastSpring: how its answers are shaped and how irregular its records are."""

from __future__ import annotations

from datetime import timedelta
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
        error_status: HTTP status of refused calls on accounts, returns and subscriptions: 400 in newer pages, 500 in
            those of 2024.
        product_errors: faults of posted products in a list `errors` of their own, or in their places.
        product_error_status: HTTP status when any posted product is at fault.
        unknown_fields: members that no product may be given are refused inside a 200, or ignored.
        created_id: the answer to a posted product names it in `created.id` or `updated.id` too.
        updated_word: the action of a product update, and of an offers update its kin.
        delete_error_status: HTTP status when a product to delete is unknown.
        one_account: `{"accounts": [...]}`, or the account alone with action and result.
        accounts_paged: the list of account ids has pages; else all come at once, without the paging members.
        found_accounts: what a lookup lists: `{"account": id}`, `{"id": id}` or ids.
        updated_account: the account's id alone, or with the same again in a list beside it.
        one_subscription: the subscription alone ("bare"), with action and result ("flat"), the same again in a list
            beside it ("hybrid", as live shops were seen to answer), or an envelope.
        many_subscriptions: `{"subscriptions": [...]}` or a bare array.
        subscriptions_paged: pages of the subscription list are refused if not.
        subscription_error: an unknown subscription: a list with errors, or the error with a list beside it whose
            member says "success" and has an error.
        cancel_error_result: `result` of a refused cancellation beside its `error`: live shops say "success".
        charge_key: what the list of charges is called in a 200.
        get_sessions: `GET /sessions/{id}` works; it is not documented.
        events_newest_first: the direction of the event lists.
        events_twice: the list comes as `events` and again as `data`.
        events_bounds: whether events of the very millisecond `begin` or `end` are in.
        events_empty_frame: `begin` equal to `end` is refused, as the words of the error say, or taken.
        expand_events: `data` of events has objects for account, order, product and subscription; else their ids.
        spaced_address: addresses of expanded accounts in events have keys with spaces.
        text_limit: a coupon's `limit` as text.
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
    error_status: int = 400
    product_errors: Literal["errors", "items"] = "errors"
    product_error_status: int = 400
    unknown_fields: Literal["refused", "ignored"] = "refused"
    created_id: bool = False
    updated_word: Literal["update", "updated"] = "update"
    delete_error_status: int = 400
    one_account: Literal["envelope", "flat"] = "envelope"
    accounts_paged: bool = True
    found_accounts: Literal["account", "id", "text"] = "account"
    updated_account: Literal["hybrid", "flat"] = "hybrid"
    one_subscription: Literal["bare", "flat", "hybrid", "envelope"] = "hybrid"
    many_subscriptions: Literal["envelope", "array"] = "envelope"
    subscriptions_paged: bool = True
    subscription_error: Literal["envelope", "hybrid"] = "hybrid"
    cancel_error_result: Literal["success", "error"] = "success"
    charge_key: Literal["subscription", "subscriptions"] = "subscription"
    get_sessions: bool = True
    events_newest_first: bool = False
    events_twice: bool = False
    events_bounds: Literal["both", "begin", "none"] = "both"
    events_empty_frame: Literal["refused", "taken"] = "refused"
    expand_events: bool = True
    spaced_address: bool = False
    text_limit: bool = True


class History(msgspec.Struct, frozen=True, kw_only=True):
    """The events that there are at the start, spread evenly over a time that ends when the shop's past ends.

    Attributes:
        events: how many.
        processed: so many of them, the oldest, are acknowledged.
        span: the time they come from; /events shows the last 30 days.
        same_ms: the share of events that have their millisecond in common with others.
        group: how many have a millisecond in common. More than 25 cannot be told apart by narrowing a time frame.
    """

    events: int = 100
    processed: int = 0
    span: timedelta = timedelta(days=20)
    same_ms: float = 0.4
    group: int = 4


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
