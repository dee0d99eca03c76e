"""A member that alone does not reach the board: nobody can tell it from one that is no more, and the limit holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from commerce_async.limits.adaptive import AdaptivePolicy
from commerce_async.limits.base import Shareable
from commerce_async.limits.shared.account import KEPT, SILENT
from commerce_async.limits.window import WindowPolicy
from tests.limits.boards import Member, Team
from tests.limits.servers import FixedWindow, SlidingWindow
from tests.limits.test_shared import KINDS, LIMIT, PERIOD, counter, full_again, held, window, with_team
from tests.limits.worlds import now


def name_of(member: Member) -> str:
    return member.limiter._share.member


async def busy(team: Team, make: Callable[[], Shareable], members: int) -> list[Member]:
    joined = await team.join(make, members)
    for member in joined:
        member.work(6)
    return joined


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("seconds", [4.0, 40.0])
@pytest.mark.parametrize("kind", KINDS)
def test_one_that_is_cut_off_goes_on_with_its_part_and_all_together_keep_the_limit(
    kind: str, seconds: float, seed: int
) -> None:
    async def main(team: Team) -> None:
        lonely, *_ = await busy(team, window, 4)
        await asyncio.sleep(12.0 + team.place.dice.uniform(0.0, PERIOD))
        team.place.cut.add(name_of(lonely))
        lonely.waits.clear()
        cut = now()
        await asyncio.sleep(seconds)
        if seconds > SILENT + 2 * PERIOD:
            assert len(lonely.waits) >= LIMIT // 4
            assert team.between(cut + 5, now() - 5) >= 0.7 * (seconds - 10) / PERIOD * LIMIT
        team.place.cut.clear()
        back = now()
        await asyncio.sleep(3 * PERIOD)
        # Its calls take the gate away. The next proof may be a period off, and tells nobody when that window began.
        assert full_again(team, back) < 2 * PERIOD

    assert with_team(lambda: Team(counter(kind), seed=seed), main).refused == []


def documented() -> AdaptivePolicy:
    return AdaptivePolicy(4.1, documented=250)


def test_a_rate_is_kept_to_as_well() -> None:
    async def main(team: Team) -> None:
        lonely, _ = await busy(team, documented, 2)
        await asyncio.sleep(20.0)
        team.place.cut.add(name_of(lonely))
        lonely.waits.clear()
        cut = now()
        await asyncio.sleep(SILENT + 40.0)
        assert len(lonely.waits) >= 0.9 * 4.1 / 2 * 40
        assert team.between(cut + SILENT, now()) >= 0.9 * 4.1 * 40
        team.place.cut.clear()
        back = now()
        await asyncio.sleep(15.0)
        assert team.between(back + 5.0, now()) >= 0.95 * 4.1 * 10

    assert with_team(lambda: Team(SlidingWindow(250, 60.0), header=False), main).refused == []


def test_two_of_six_that_are_cut_off_keep_the_limit_with_the_others() -> None:
    async def main(team: Team) -> None:
        first, second, *_ = await busy(team, window, 6)
        await asyncio.sleep(5.0)
        team.place.cut.add(name_of(first))
        await asyncio.sleep(1.5)
        team.place.cut.add(name_of(second))
        await asyncio.sleep(50.0)
        team.place.cut.clear()
        await asyncio.sleep(20.0)
        assert len(held(team)) == 6

    assert with_team(lambda: Team(counter("sliding")), main).refused == []


def test_while_its_process_is_seen_to_live_its_part_is_left_to_it_for_as_long_as_it_takes() -> None:
    async def main(team: Team) -> None:
        lonely, *_ = await busy(team, window, 4)
        await asyncio.sleep(12.0)
        team.place.cut.add(name_of(lonely))
        await asyncio.sleep(2 * KEPT)

    assert with_team(lambda: Team(counter("sliding")), main).refused == []


@pytest.mark.parametrize("seen", [True, False])
def test_one_that_is_killed_leaves_its_part_to_the_others_at_once_where_that_is_seen(seen: bool) -> None:
    async def main(team: Team) -> None:
        if not seen:
            team.place.ended = None
        victim, *_ = await busy(team, window, 4)
        await asyncio.sleep(12.0)
        victim.die()
        killed = now()
        await asyncio.sleep(SILENT + KEPT + 2 * PERIOD)
        again = full_again(team, killed + SILENT)
        assert (again < 15.0) is seen
        assert again < KEPT + 15.0
        assert len(held(team)) == 3

    assert with_team(lambda: Team(counter("sliding")), main).refused == []


def test_one_that_is_only_late_with_its_news_takes_nothing_from_the_others() -> None:
    async def main(team: Team) -> None:
        await team.join(window, 4)  # they have nothing to do, and are heard of by their heartbeats alone
        await asyncio.sleep(20.0)
        team.members[0].work(30)
        begun = now()
        await asyncio.sleep(3 * PERIOD)
        assert len(team.admitted) >= 0.95 * 3 * LIMIT
        assert full_again(team, begun) < 1.0

    assert with_team(lambda: Team(FixedWindow(LIMIT, PERIOD, phase=2.5)), main).refused == []


def test_what_is_left_to_others_is_not_used() -> None:
    for policy in (WindowPolicy(20, 10.0), AdaptivePolicy(2.0, top=2.0)):
        at, sent = 0.0, 0
        policy.cede(0.25)
        while at < 100.0:
            if (at := max(at, policy.ready_at(at))) < 100.0:
                policy.finish(policy.start(at), at + 0.01)
                sent += 1
        assert 0.9 * 150 <= sent <= 151
