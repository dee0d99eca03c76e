"""`budget = "name"`: stores that keep to one limit together, as a limit per address demands."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from commerce_async.clock import LoopClock
from commerce_async.config import load_stores
from commerce_async.errors import ConfigError, NetworkError, UsageError
from commerce_async.limits.adaptive import AdaptivePolicy
from commerce_async.limits.base import Policy
from commerce_async.limits.budget import SharedBudget
from commerce_async.limits.limiter import Limiter
from commerce_async.limits.shared.limiter import SharedLimiter
from commerce_async.limits.steady import SteadyPolicy
from fastspring_async import FastSpring
from sparkpay_async import SparkPay
from tests.limits.servers import SlidingWindow
from tests.limits.worlds import now, virtual


def spring(user: str, **settings: object) -> FastSpring:
    return FastSpring(username=user, password="p", name=user, **settings)  # type: ignore[arg-type]  # as a caller would


def test_stores_with_the_same_budget_have_one_limiter_and_others_their_own() -> None:
    budgets = zip("abcd", ["x", "x", "y", None], strict=True)
    one, same, other, none = (spring(user, budget=name) for user, name in budgets)
    shop = SparkPay("https://shop.example.com", token="t", currency="USD", budget="x")
    limiters = [store.client.limiter for store in (one, same, other, none, shop)]
    assert limiters[0] is limiters[1]
    assert len(set(map(id, limiters))) == 4
    assert one.with_options(deadline=1.0).client.limiter is limiters[0]


def test_nobody_keeps_a_budget_that_no_store_has_any_more() -> None:
    store = spring("a", budget="gone", rate=1.0)
    store.client.__dict__["itself"] = store  # goes only when it is swept away
    del store
    policy = spring("a", budget="gone", rate=2.0).client.limiter.policy
    assert isinstance(policy, AdaptivePolicy)
    assert policy.rate == 2.0


@pytest.mark.parametrize("settings", [{"budget": " "}, {"budget": "x", "rate": 2.0}])
def test_a_budget_without_a_name_or_on_other_terms_is_refused_in_one_line(settings: dict[str, object]) -> None:
    keep = spring("a", budget="x")
    with pytest.raises(ConfigError, match=r"^\w*:? ?budget: ") as caught:
        spring("b", **settings)
    assert "\n" not in str(caught.value)
    assert keep.client.limiter


def test_a_configuration_gives_budgets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("P", "p")
    file = tmp_path / "stores.toml"
    file.write_text(
        "".join(
            f'[stores.{name}]\nadapter = "fastspring"\nusername = "{name}"\npassword = "env:P"\nbudget = "office"\n'
            for name in ("eu", "us")
        )
    )
    eu, us = load_stores(file)
    assert eu.client.limiter is us.client.limiter


def test_where_it_is_shared_with_other_processes_it_is_the_budgets_and_not_the_accounts() -> None:
    names = zip("abc", ["x", "x", "y"], strict=True)
    stores = [spring(user, budget=name, limiter="redis://host") for user, name in names]
    one, same, other = (store.client.limiter for store in stores)
    assert one is same
    assert isinstance(one, SharedLimiter)
    assert isinstance(other, SharedLimiter)
    assert one._board._key != other._board._key  # type: ignore[attr-defined]  # a Redis board's
    assert spring("d", budget="x").client.limiter is not one  # in this process alone


class Counting(Limiter):
    """Tells how often it is opened and closed."""

    def __init__(self, policy: Policy, *, fails: int = 0) -> None:
        super().__init__(policy, clock=LoopClock())
        self.fails = fails
        self.said: list[str] = []

    async def open(self) -> None:
        await asyncio.sleep(0.1)
        if self.fails:
            self.fails -= 1
            raise NetworkError("not there")
        self.said.append("open")

    async def close(self) -> None:
        self.said.append("close")


def uses(limiter: Counting, count: int) -> list[SharedBudget]:
    return [SharedBudget(("t", "name"), None, limiter.policy, None, lambda: limiter) for _ in range(count)]


def test_the_first_opens_it_and_the_last_closes_it() -> None:
    limiter = Counting(AdaptivePolicy(), fails=1)
    one, two, three = uses(limiter, 3)

    async def main() -> None:
        ends = await asyncio.gather(one.open(), two.open(), three.open(), return_exceptions=True)
        assert [type(end) for end in ends] == [NetworkError, type(None), type(None)]
        await one.close()  # it never had it
        await two.close()
        await two.close()
        assert limiter.said == ["open"]
        await three.close()
        assert limiter.said == ["open", "close"]
        await one.open()
        await one.close()

    virtual(main)
    assert limiter.said == ["open", "close"] * 2


def test_two_event_loops_cannot_have_it_at_once() -> None:
    one, two = uses(Counting(SteadyPolicy()), 2)

    async def outer() -> None:
        await one.open()
        with pytest.raises(UsageError, match="budget: 'name' is in use on another event loop"):
            await asyncio.to_thread(asyncio.run, two.open())
        await one.close()

    virtual(outer)
    asyncio.run(two.open())


@pytest.mark.parametrize("budget", ["office", None])
def test_two_stores_behind_one_address_are_not_throttled_if_they_share_a_budget(budget: str | None) -> None:
    stores, server, refused = [spring(user, budget=budget) for user in "ab"], SlidingWindow(250, 60.0), 0

    async def work(store: FastSpring) -> None:
        nonlocal refused
        while True:
            permit = await store.client.limiter.acquire()
            await asyncio.sleep(0.1)
            if server.call(now())[0]:
                permit.finish()
            else:
                refused += 1
                permit.throttle(None)

    async def main() -> None:
        tasks = [asyncio.ensure_future(work(store)) for store in stores * 2]
        await asyncio.sleep(120.0)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    virtual(main)
    assert bool(refused) is (budget is None)
    assert len(server.times) >= 0.85 * 250
