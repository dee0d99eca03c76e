"""One account, many members: never over the limit together, all of it used, and what holds when the board fails."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce_async.errors import DeadlineError, NetworkError
from commerce_async.limits.adaptive import AdaptivePolicy
from commerce_async.limits.base import Lane
from commerce_async.limits.shared.account import Account
from commerce_async.limits.steady import SteadyPolicy
from commerce_async.limits.window import WindowPolicy
from tests.limits.boards import Member, Server, Team
from tests.limits.servers import FirstCallWindow, FixedWindow, SlidingWindow
from tests.limits.worlds import now, virtual

LIMIT, PERIOD = 20, 10.0
KINDS = ["fixed", "first-call", "sliding"]


def window() -> WindowPolicy:
    return WindowPolicy(LIMIT, PERIOD)


def counter(kind: str) -> Server:
    if kind == "fixed":
        return FixedWindow(LIMIT, PERIOD, phase=3.0)
    return FirstCallWindow(LIMIT, PERIOD) if kind == "first-call" else SlidingWindow(LIMIT, PERIOD)


def minute() -> FixedWindow:
    return FixedWindow(250, 60.0, phase=20.0)


def with_team(team: Callable[[], Team], main: Callable[[Team], Awaitable[None]]) -> Team:
    """Runs it on virtual time, with a team that is closed at the end."""

    async def body() -> Team:
        made = team()
        try:
            await main(made)
        finally:
            await made.close()
        return made

    return virtual(body)


def full_again(team: Team, since: float) -> float:
    """Seconds until the first call with which a full period begins."""
    return next(at for at in team.admitted if at >= since and team.between(at, at + PERIOD) >= 0.95 * LIMIT) - since


# -- the limit -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_members_with_clocks_that_differ_use_a_window_to_the_full_and_never_more(kind: str) -> None:
    async def main(team: Team) -> None:
        for member in await team.join(window, 8, skewed=True):
            member.work(4)
        await asyncio.sleep(4 * PERIOD)

    team = with_team(lambda: Team(counter(kind)), main)
    assert team.refused == []
    assert len(team.admitted) >= 0.95 * 4 * LIMIT


def test_members_use_a_hidden_limit_together_and_learn_it_together() -> None:
    async def main(team: Team) -> None:
        members = await team.join(AdaptivePolicy, 2)
        for member in members:
            member.work(4)
        await asyncio.sleep(60.0)
        assert team.refused == []
        assert len(team.admitted) >= 0.95 * 240  # four a second, as one process would begin
        team.server.limit = 120
        await asyncio.sleep(150.0)
        rates = {round(member.limiter.snapshot().limit, 1) for member in members}
        assert len(rates) <= 2  # not all have looked in the same second
        assert max(rates) <= 2.4
        (late,) = await team.join(AdaptivePolicy)
        assert late.limiter.snapshot().limit <= 2.4

    team = with_team(lambda: Team(minute(), header=False), main)
    assert len(team.refused) <= 0.05 * len(team.admitted)


def test_what_was_learned_outlives_the_members() -> None:
    async def main(team: Team) -> None:
        (first,) = await team.join(lambda: AdaptivePolicy(1.5))
        await first.call()
        await team.close()
        team.members.clear()
        await asyncio.sleep(3600.0)
        (second,) = await team.join(AdaptivePolicy)
        assert second.limiter.snapshot().limit == 1.5

    with_team(lambda: Team(minute(), header=False), main)


def test_a_throttle_that_one_earns_pauses_all() -> None:
    async def main(team: Team) -> None:
        one, other = await team.join(window, 2)
        await other.call()
        (await one.limiter.acquire()).throttle(7.0)
        await asyncio.sleep(0.1)
        assert one.limiter.snapshot().paused > 6.5
        begun = now()
        await other.call()
        assert now() - begun > 6.5
        (await one.limiter.acquire()).throttle(7.0)
        with pytest.raises(DeadlineError):
            await one.limiter.acquire(deadline=now() + 3.0)

    with_team(lambda: Team(counter("sliding")), main)


def test_a_cap_on_the_rate_holds_for_all_together() -> None:
    async def main(team: Team) -> None:
        for member in await team.join(window, 3, rate=0.5):
            member.work(2)
        await asyncio.sleep(20.5)
        assert 10 <= len(team.admitted) <= 11

    with_team(lambda: Team(counter("sliding")), main)


# -- whose turn ------------------------------------------------------------------------------------------------


def test_nobody_starves_beside_members_that_want_much_more() -> None:
    async def main(team: Team) -> None:
        modest, *greedy = await team.join(window, 4)
        for member in greedy:
            member.work(30)
        await asyncio.sleep(PERIOD / 2)
        modest.work(1)
        await asyncio.sleep(6 * PERIOD)
        assert len(modest.waits) >= 12  # a worker that waits for each of its calls, and has at most a period to wait
        assert max(modest.waits) < 1.1 * PERIOD
        shares = [len(member.waits) for member in greedy]
        assert max(shares) - min(shares) <= 0.3 * max(shares)

    with_team(lambda: Team(counter("sliding")), main)


def test_a_person_in_one_process_goes_before_the_bulk_of_all_others_which_still_gets_a_fifth() -> None:
    async def main(team: Team) -> None:
        person, *bulky = await team.join(window, 4)
        for member in bulky:
            member.work(10)
        await asyncio.sleep(PERIOD + 5.0)  # all wait
        for member in team.members:
            member.waits.clear()
        person.work(30, Lane.INTERACTIVE)
        await asyncio.sleep(PERIOD)
        assert len(person.waits) == pytest.approx(0.8 * LIMIT, abs=3)
        assert sum(len(member.waits) for member in bulky) == pytest.approx(0.2 * LIMIT, abs=3)

    with_team(lambda: Team(counter("sliding")), main)


def test_after_a_persons_call_in_one_process_the_bulk_of_another_leaves_room_for_the_next() -> None:
    async def main(team: Team) -> None:
        person, bulky = await team.join(window, 2)
        await person.call(Lane.INTERACTIVE)
        bulky.work(8)
        await asyncio.sleep(3 * PERIOD)
        for _ in range(10):
            await asyncio.sleep(0.17 * PERIOD)
            await person.call(Lane.INTERACTIVE)
        assert max(person.waits[1:]) <= 2 * PERIOD / LIMIT
        assert team.between(PERIOD, now()) >= 0.9 * (now() / PERIOD - 1) * LIMIT

    assert with_team(lambda: Team(counter("sliding")), main).refused == []


@settings(max_examples=5)
@given(seed=st.integers(0, 100_000), adaptive=st.booleans())
def test_an_estimate_is_never_longer_than_the_wait(seed: int, adaptive: bool) -> None:
    async def main(team: Team) -> None:
        dice = random.Random(seed)

        async def call(member: Member) -> None:
            begun, guess = now(), member.limiter.estimate(Lane.BULK)
            permit = await member.limiter.acquire(Lane.BULK)
            assert now() - begun >= guess - 1e-3
            await asyncio.sleep(dice.random() * 0.5)
            permit.finish()

        members = await team.join(AdaptivePolicy if adaptive else window, 3)
        async with asyncio.TaskGroup() as group:
            for _ in range(60):
                group.create_task(call(dice.choice(members)))
                if dice.random() < 0.4:
                    await asyncio.sleep(dice.random() * 4)

    with_team(lambda: Team(counter("sliding")), main)


# -- nothing leaks ---------------------------------------------------------------------------------------------


def held(team: Team) -> dict[str, int]:
    """The permits and calls that the board knows, by member."""
    account = Account(window())
    account.load(team.place.saved)
    return {name: len(account.owned(name)) for name in account.members}


def test_who_is_cancelled_holds_nothing_back() -> None:
    async def main(team: Team) -> None:
        one, other = await team.join(window, 2)
        one.work(60)
        await asyncio.sleep(1.0)
        await one.stop()
        await asyncio.sleep(0.1)
        assert sum(held(team).values()) == 0
        await asyncio.sleep(PERIOD)
        team.admitted.clear()
        other.work(LIMIT)
        await asyncio.sleep(1.0)
        assert len(team.admitted) == LIMIT

    with_team(lambda: Team(counter("sliding")), main)


@settings(max_examples=5)
@given(seed=st.integers(0, 100_000))
def test_calls_that_end_at_any_moment_leave_nothing_behind(seed: int) -> None:
    async def main(team: Team) -> None:
        dice = random.Random(seed)
        members = await team.join(window, 3)
        for _ in range(60):
            task = asyncio.ensure_future(dice.choice(members).call(dice.choice(list(Lane))))
            asyncio.get_running_loop().call_later(dice.random() * 12, task.cancel)
            await asyncio.sleep(dice.random() * 0.3)
        await asyncio.sleep(13.0)
        assert sum(held(team).values()) == 0
        assert team.refused == []

    with_team(lambda: Team(counter("sliding"), seed=seed), main)


def test_the_permits_of_a_process_that_is_killed_come_back() -> None:
    async def main(team: Team) -> None:
        victim, *others = await team.join(window, 3)
        victim.work(60)
        for member in others:
            member.work(3)
        await asyncio.sleep(PERIOD + 5.0)
        victim.die()
        await asyncio.sleep(25.0)
        assert len(held(team)) == 2
        begun = now()
        await asyncio.sleep(2 * PERIOD)
        assert full_again(team, begun) < PERIOD

    team = with_team(lambda: Team(counter("sliding")), main)
    assert team.refused == []


def test_who_closes_is_no_member_any_more() -> None:
    async def main(team: Team) -> None:
        await team.join(window, 3)
        await team.members.pop().limiter.close()
        assert len(held(team)) == 2

    team = with_team(lambda: Team(counter("sliding")), main)
    assert held(team) == {}
    assert team.place.wakes == {}


# -- the board fails -------------------------------------------------------------------------------------------


def said(caplog: pytest.LogCaptureFixture, words: str) -> list[str]:
    return [record.getMessage() for record in caplog.records if words in record.getMessage()]


@pytest.mark.parametrize("keeps", [True, False], ids=["keeps its memory", "loses its memory"])
@pytest.mark.parametrize("seconds", [2.0, 30.0])
@pytest.mark.parametrize("kind", KINDS)
def test_a_board_that_is_lost_and_comes_back_costs_no_throttle(
    kind: str, seconds: float, keeps: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def main(team: Team) -> None:
        for member in await team.join(window, 4):
            member.work(4)
        await asyncio.sleep(2.3 * PERIOD)
        team.place.cut.add("*")
        if not keeps:
            team.place.forget()
        lost = now()
        await asyncio.sleep(seconds)
        if seconds > 20:  # each did its part, once what went out before had left every window
            assert 0.5 * LIMIT <= team.between(lost + 6 + PERIOD, lost + 6 + 2 * PERIOD) <= LIMIT
        team.place.cut.clear()
        back = now()
        await asyncio.sleep(15.0 + PERIOD)
        assert full_again(team, back) < 15.0

    with caplog.at_level(logging.INFO, "commerce_async.limits"):
        team = with_team(lambda: Team(counter(kind)), main)
    assert team.refused == []
    assert sorted(said(caplog, "is lost")) == [
        f"s{n}: the limiter at memory is lost (ConnectionError); going on with a part of 1/4 of the limit until it is"
        " back"
        for n in range(4)
    ]
    assert len(said(caplog, "is back, and")) == 4


def test_a_hidden_limit_is_kept_to_in_parts_while_the_board_is_lost() -> None:
    async def main(team: Team) -> None:
        for member in await team.join(AdaptivePolicy, 2):
            member.work(4)
        await asyncio.sleep(15.0)
        team.place.cut.add("*")
        lost = now()
        await asyncio.sleep(30.0)
        assert 0.8 * 120 <= team.between(lost, now()) <= 120
        team.place.cut.clear()
        back = now()
        await asyncio.sleep(30.0)
        assert team.between(back + 15.0, now()) >= 0.95 * 15 * 4

    assert with_team(lambda: Team(minute(), header=False), main).refused == []


def test_a_process_that_is_killed_while_the_board_is_lost_has_done_its_part(caplog: pytest.LogCaptureFixture) -> None:
    async def main(team: Team) -> None:
        for member in await team.join(window, 4):
            member.work(8)
        await asyncio.sleep(5.0)
        team.place.cut.add("*")
        await asyncio.sleep(18.0)  # the first calls alone
        team.members[0].die()
        team.place.cut.clear()
        back = now()
        await asyncio.sleep(15.0 + PERIOD)
        assert full_again(team, back) < 15.0

    assert with_team(lambda: Team(counter("first-call")), main).refused == []


def test_a_board_that_does_not_answer_is_as_good_as_lost(caplog: pytest.LogCaptureFixture) -> None:
    async def main(team: Team) -> None:
        members = await team.join(window, 2)
        for member in members:
            member.work(2)
        await asyncio.sleep(5.0)
        team.place.hangs = True
        await asyncio.sleep(20.0)
        team.place.hangs = False
        await asyncio.sleep(30.0)
        assert len(said(caplog, "(no answer in time)")) == 2
        assert len(said(caplog, "is back, and")) == 2

    assert with_team(lambda: Team(counter("sliding")), main).refused == []


def test_a_board_that_can_only_be_read_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async def main(team: Team) -> None:
        for member in await team.join(window, 2):
            member.work(6)
        await asyncio.sleep(5.0)
        team.place.full = True
        lost = now()
        await asyncio.sleep(6 + 3 * PERIOD)
        assert 0.9 * 2 * LIMIT <= team.between(lost + 6 + PERIOD, now()) <= 2 * LIMIT
        team.place.full = False
        back = now()
        await asyncio.sleep(15.0 + PERIOD)
        assert full_again(team, back) < 15.0
        assert len(said(caplog, "is lost (full)")) == 2

    assert with_team(lambda: Team(counter("sliding")), main).refused == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_board_that_forgets_between_two_answers_is_told_again(kind: str) -> None:
    async def main(team: Team) -> None:
        for member in await team.join(window, 4):
            member.work(4)
        old = None
        for seconds in (7.0, 0.4, 11.0, 3.0):
            await asyncio.sleep(seconds)
            team.place.forget()
            await asyncio.sleep(4.0)
            team.place.forget(old)  # a copy from long ago
            await asyncio.sleep(4.0)
            old = team.place.saved
        begun = now()
        await asyncio.sleep(15.0 + PERIOD)
        assert full_again(team, begun) < 15.0

    assert with_team(lambda: Team(counter(kind)), main).refused == []


@settings(max_examples=4)
@given(seed=st.integers(0, 1_000_000))
def test_whatever_becomes_of_the_board_the_limit_is_kept_and_used_again(seed: int) -> None:
    async def main(team: Team) -> None:
        dice, place = random.Random(seed), team.place
        copies: list[bytes | None] = [None]
        for member in await team.join(window, dice.randint(1, 4), skewed=True):
            member.work(dice.randint(1, 8), dice.choice(list(Lane)))
        await asyncio.sleep(0.1)  # all know of all
        for _ in range(6):
            await asyncio.sleep(dice.choice([0.1, 1.0, 5.0, 12.0]) * dice.random())
            deed = dice.randrange(6)
            if deed == 0:
                place.cut.add("*")
            elif deed == 1:
                place.hangs = True
            elif deed == 2:
                place.deaf = dice.randint(1, 3)
            elif deed == 3:
                place.forget(dice.choice(copies))
            elif deed == 4 and len(team.members) > 1:
                await team.members[0].stop()
                await team.members.pop(0).limiter.close()
            elif deed == 5 and len(team.members) > 1:
                await asyncio.sleep(4.0)  # what it did is told: with all that it did, nobody would know it
                team.members[0].die()
            copies.append(place.saved)
            await asyncio.sleep(dice.choice([0.1, 1.0, 30.0]) * dice.random())
            place.cut.clear()
            place.hangs = False
        for member in team.members:
            member.work(LIMIT)
        begun = now()
        await asyncio.sleep(25.0 + PERIOD)
        assert full_again(team, begun) < 25.0  # a process that died must be noticed first

    assert with_team(lambda: Team(counter(KINDS[seed % 3]), seed=seed), main).refused == []


def test_a_write_whose_answer_is_lost_counts_once() -> None:
    async def main(team: Team) -> None:
        one, _ = await team.join(window, 2)
        for _ in range(LIMIT):
            team.place.deaf = 1
            await one.call()
            await asyncio.sleep(0.2)
        account = Account(window())
        account.load(team.place.saved)
        assert account.policy.snapshot(now() + team.place.ahead).used <= LIMIT

    assert with_team(lambda: Team(counter("sliding")), main).refused == []


@pytest.mark.parametrize("step", [-3600.0, -2.0, -0.3, 0.3, 2.0, 3600.0])
def test_a_clock_of_the_boards_that_is_set_costs_nothing(step: float) -> None:
    async def main(team: Team) -> None:
        for member in await team.join(window, 3, skewed=True):
            member.work(4)
        await asyncio.sleep(12.0)
        team.place.ahead += step
        begun = now()
        await asyncio.sleep(15.0 + PERIOD)
        assert full_again(team, begun) < PERIOD

    assert with_team(lambda: Team(counter("sliding")), main).refused == []


def test_a_clock_that_is_set_while_the_board_is_lost_costs_no_throttle() -> None:
    async def main(team: Team) -> None:
        for member in await team.join(window, 3, skewed=True):
            member.work(4)
        for step in (-40.0, 40.0):
            await asyncio.sleep(12.0)
            team.place.cut.add("*")
            await asyncio.sleep(8.0)
            team.place.ahead += step
            team.place.cut.clear()
            begun = now()
            await asyncio.sleep(15.0 + PERIOD)
            assert full_again(team, begun) < 15.0

    assert with_team(lambda: Team(counter("sliding")), main).refused == []


@pytest.mark.parametrize("seed", [2, 3, 4])
@pytest.mark.parametrize("kind", KINDS)
def test_answers_that_come_late_now_and_then_cost_no_throttle(kind: str, seed: int) -> None:
    async def main(team: Team) -> None:
        for member in await team.join(window, 4, skewed=True):
            member.work(5)
        team.place.stalls = 0.1
        await asyncio.sleep(15 * PERIOD)

    assert with_team(lambda: Team(counter(kind), seed=seed), main).refused == []


def test_a_slow_board_is_no_set_clock_and_costs_nothing_up_to_a_fifth_of_a_second() -> None:
    async def main(team: Team) -> None:
        team.place.latency = 0.2
        for member in await team.join(window, 4, skewed=True):
            member.work(4)
        await asyncio.sleep(2 * PERIOD)
        team.place.latency = 1.2
        await asyncio.sleep(2 * PERIOD)

    team = with_team(lambda: Team(counter("fixed")), main)
    assert team.refused == []
    assert team.between(0.0, 2 * PERIOD) >= 0.95 * 2 * LIMIT
    account = Account(window())
    account.load(team.place.saved)
    assert account.time(0.0) == 0.0


def test_without_a_first_contact_nobody_knows_of_the_others_and_nothing_opens() -> None:
    async def main(team: Team) -> None:
        team.place.cut.add("*")
        with pytest.raises(NetworkError, match=r"limiter: memory cannot be used: ConnectionError"):
            await team.join(window)
        assert team.place.wakes == {}

    with_team(lambda: Team(counter("sliding")), main)


def test_only_a_policy_that_can_be_written_down_is_shared() -> None:
    from commerce_async.limits.base import Shareable

    assert isinstance(window(), Shareable)
    assert isinstance(AdaptivePolicy(), Shareable)
    assert not isinstance(SteadyPolicy(), Shareable)
