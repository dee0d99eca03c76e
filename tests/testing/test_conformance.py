"""The conformance suite finds what it is there to find: each adapter here has one fault, and one of its tests fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from commerce_async.http.call import Call, Outcome, Verdict
from commerce_async.http.pager import Page
from commerce_async.limits.steady import SteadyPolicy
from commerce_async.store import Batch
from commerce_async.testing import StoreConformance
from tinyshop_async import TinyShop, rules, store
from tinyshop_async.emulator import TOKEN, TinyShopEmulator

Patch = pytest.MonkeyPatch


class Suite(StoreConformance):
    """As examples/tinyshop has it; not collected, for it has no `Test` in its name."""

    store = TinyShop
    emulator = TinyShopEmulator
    settings = {"page_size": 7, "limit": 1000}
    unlimited = {"limit": None}
    limited = {"limit": (10, 0.5)}
    limited_settings = {"limit": 10, "period": 0.5}


def judges(status: int, outcome: Outcome) -> Callable[[Patch], None]:
    def spoil(patch: Patch) -> None:
        judge = rules.judge

        def wrong(call: Call[Any], reply: Any) -> Verdict:
            return Verdict(outcome) if reply.status == status else judge(call, reply)

        patch.setattr(rules, "judge", wrong)

    return spoil


def reads(**changes: Any) -> Callable[[Patch], None]:
    def spoil(patch: Patch) -> None:
        read = rules.ORDERS.read
        spoiled = msgspec.structs.replace(
            rules.ORDERS, read=lambda raw, shop: msgspec.structs.replace(read(raw, shop), **changes)
        )
        patch.setattr(rules, "ORDERS", spoiled)

    return spoil


def pages(change: Callable[[Page[Any]], Page[Any]]) -> Callable[[Patch], None]:
    def spoil(patch: Patch) -> None:
        fetch = store.Records._page

        async def wrong(self: Any, since: Any, after: int) -> Page[Any]:
            return change(await fetch(self, since, after))

        patch.setattr(store.Records, "_page", wrong)

    return spoil


def forgets_what_is_missing(patch: Patch) -> None:
    get_many = store.Records.get_many

    async def wrong(self: Any, ids: Any, **options: Any) -> Batch[Any]:
        return msgspec.structs.replace(await get_many(self, ids, **options), missing=())

    patch.setattr(store.Records, "get_many", wrong)


def shows_its_token(patch: Patch) -> None:
    patch.setattr(TinyShop, "__repr__", lambda _self: f"<TinyShop {TOKEN}>")


def logs_its_token(patch: Patch) -> None:
    make = TinyShop.from_settings.__func__  # type: ignore[attr-defined]  # a classmethod

    def wrong(cls: Any, name: str, settings: Any) -> Any:
        logging.getLogger("tinyshop").info("token %s", settings.token.reveal())
        return make(cls, name, settings)

    patch.setattr(TinyShop, "from_settings", classmethod(wrong))


def leaves_a_task(patch: Patch) -> None:
    get = store.Records.get
    kept: list[Any] = []

    async def wrong(self: Any, id: str, **options: Any) -> Any:
        kept.append(asyncio.ensure_future(asyncio.sleep(60)))
        return await get(self, id, **options)

    patch.setattr(store.Records, "get", wrong)


def knows_no_limit(patch: Patch) -> None:
    patch.setattr(store, "WindowPolicy", lambda _limit, _period: SteadyPolicy())


def trusts_ids(patch: Patch) -> None:
    patch.setattr(rules, "checked_id", lambda id: id)
    patch.setattr(rules, "path", lambda *segments: "/" + "/".join(segments))


def calls_bad_json_final(patch: Patch) -> None:
    one = rules.one

    def wrong(*given: Any) -> Call[Any]:
        call = one(*given)

        def decode(reply: Any) -> Any:
            try:
                return call.decode(reply)
            except msgspec.DecodeError as error:
                raise ValueError(str(error)) from None

        return replace(call, decode=decode)

    patch.setattr(rules, "one", wrong)


def first_page_only(page: Page[Any]) -> Page[Any]:
    return replace(page, next=None, token=None)


def nothing_unreadable(page: Page[Any]) -> Page[Any]:
    return replace(page, unreadable=())


FAULTY: list[tuple[Callable[[Patch], None], str, tuple[Any, ...]]] = [
    (pages(first_page_only), "a_list_gives_every_record_once_and_says_that_it_is_complete", ("products",)),
    (pages(first_page_only), "a_list_that_shifts_loses_no_record_and_repeats_none", ("orders",)),
    (pages(lambda page: replace(page, token=None)), "a_list_goes_on_from_the_token_of_any_page", ("orders",)),
    (
        pages(lambda page: replace(page, token=None)),
        "a_sync_takes_all_of_it_and_a_second_one_changes_nothing",
        ("tmp",),
    ),
    (reads(total=1.5), "a_record_is_whole_exact_and_carries_the_vendors_own_bytes", ("orders",)),
    (reads(raw=b""), "a_record_is_whole_exact_and_carries_the_vendors_own_bytes", ("orders",)),
    (judges(404, Outcome.REJECTED), "a_record_that_is_not_there_is_missing", ("products",)),
    (forgets_what_is_missing, "a_batch_accounts_for_every_id_in_the_order_asked", ("products",)),
    (
        pages(nothing_unreadable),
        "what_cannot_be_read_is_set_aside_with_its_bytes_and_takes_nothing_with_it",
        ("orders",),
    ),
    (judges(503, Outcome.REJECTED), "a_read_survives_a_fault_that_passes", ("server_error",)),
    (calls_bad_json_final, "a_fault_that_stays_ends_after_the_tries_allowed_in_a_temporary_error", ("malformed",)),
    (judges(429, Outcome.TEMPORARY), "a_throttle_is_waited_out_and_counted_as_the_server_does", ()),
    (judges(401, Outcome.REJECTED), "wrong_credentials_are_an_auth_error_at_once", ()),
    (shows_its_token, "no_repr_error_or_log_line_shows_a_secret", ()),
    (logs_its_token, "no_repr_error_or_log_line_shows_a_secret", ()),
    (knows_no_limit, "calls_at_once_stay_within_the_limit", ()),
    (leaves_a_task, "what_is_cancelled_leaves_no_task_no_permit_and_a_store_that_works", ()),
    (leaves_a_task, "before_it_is_open_and_after_it_is_closed_nothing_is_sent", ()),
    (trusts_ids, "an_id_of_a_users_reaches_no_other_endpoint", ()),
]


@pytest.mark.parametrize(("spoil", "test", "given"), FAULTY)
def test_the_suite_fails_an_adapter_with_that_fault(
    spoil: Callable[[Patch], None], test: str, given: tuple[Any, ...], monkeypatch: Patch, tmp_path: Path
) -> None:
    spoil(monkeypatch)
    given = tuple(tmp_path if each == "tmp" else each for each in given)
    with pytest.raises((Exception, pytest.fail.Exception)) as caught:
        getattr(Suite(), f"test_{test}")(*given)
    assert not isinstance(caught.value, AttributeError | TypeError | NameError), caught.value


class Catalog(TinyShop):
    """A store that has products and nothing else."""

    def _bind(self, page_size: int) -> None:
        self._page_size = page_size
        self.products = store.Records(self.client, rules.PRODUCTS, page_size)


class CatalogSuite(Suite):
    store = Catalog


def test_what_a_store_does_not_have_is_skipped() -> None:
    with pytest.raises(pytest.skip.Exception, match="Catalog has no orders"):
        CatalogSuite().test_a_batch_accounts_for_every_id_in_the_order_asked("orders")
    CatalogSuite().test_a_batch_accounts_for_every_id_in_the_order_asked("products")


def test_what_could_show_nothing_is_skipped_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unlimited(Suite):
        limited = {}

    with pytest.raises(pytest.skip.Exception, match="no limit was there to be kept"):
        Unlimited().test_calls_at_once_stay_within_the_limit()
    monkeypatch.setattr(TinyShopEmulator, "_shift", lambda *_: None)
    with pytest.raises(pytest.skip.Exception, match="lists never moved"):
        Suite().test_a_list_that_shifts_loses_no_record_and_repeats_none("orders")
