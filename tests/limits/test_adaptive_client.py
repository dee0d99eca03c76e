"""The adaptive policy under the real client: what a lost answer proves, and who asks whether a throttle is over."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from commerce_async.errors import NetworkError, ThrottledOrMissingError
from commerce_async.http.call import Call, Outcome, Reply, Verdict
from commerce_async.limits.adaptive import AdaptivePolicy
from tests.http.kit import Fake, Step, faked, get, virtual

REFUSED = Step(404, b"")
LOST = Step(fails=NetworkError("reset"))


def judge(_call: Call[Any], reply: Reply) -> Verdict:
    """An empty 404 names no time, and may be a throttle or a missing object."""
    return Verdict(Outcome.THROTTLED, ambiguous=True) if reply.status == 404 else Verdict(Outcome.OK)


class Blackout(Fake):
    """Refuses everything until a time; one path is not there at any time. Each path counts its refusals."""

    def __init__(self, until: float, missing: str = "") -> None:
        super().__init__()
        self.until, self.missing = until, missing

    async def exchange(self, base: str, call: Call[Any], middlewares: Sequence[Any], max_body: int) -> Reply:
        refused = asyncio.get_running_loop().time() < self.until or call.path == self.missing
        self.steps = [REFUSED if refused else Step()]
        return await super().exchange(base, call, middlewares, max_body)


def test_a_question_whose_answer_is_lost_does_not_end_the_throttle() -> None:
    async def main() -> None:
        fake = Fake(REFUSED, LOST, REFUSED)
        policy = AdaptivePolicy(4.0)
        client = faked(fake, policy=policy, judge=judge)
        await client.send(get())
        assert policy.rate < 4.0
        refused, lost, again, through = fake.times
        assert lost - refused == pytest.approx(2.0)
        assert again - lost >= 2.0  # it is asked again at the pace of questions
        assert through - again >= 4.0  # and what is refused then is the same throttle: the pauses go on growing

    virtual(main)


def test_a_lost_answer_counts_as_no_proof_of_the_rate() -> None:
    policy = AdaptivePolicy(4.0)
    at = 0.0
    for _ in range(1000):
        at = policy.ready_at(at)
        policy.lose(policy.start(at), at + 0.01)
    assert policy.rate == 4.0
    assert policy.snapshot(at).used == 0
    assert policy.snapshot(at).in_flight == 0


def test_while_others_wait_no_call_is_given_up_in_a_blackout_of_a_minute() -> None:
    async def main() -> None:
        fake = Blackout(until=60.0)
        client = faked(fake, policy=AdaptivePolicy(4.0), judge=judge)
        await asyncio.gather(*(client.send(get(f"/{n}")) for n in range(4)))
        assert len(fake.sent) <= 4 + 12

    virtual(main)


def test_an_object_that_is_not_there_holds_others_up_for_one_question_only() -> None:
    async def main() -> None:
        fake = Blackout(until=0.0, missing="/missing")
        client = faked(fake, policy=AdaptivePolicy(4.0), judge=judge)
        calls = [client.send(get("/missing")), *(client.send(get(f"/{n}")) for n in range(40))]
        missing, *others = await asyncio.gather(*calls, return_exceptions=True)
        assert isinstance(missing, ThrottledOrMissingError)
        assert not any(isinstance(other, BaseException) for other in others)
        at = next(when for when, path in fake.sent if path == "/39")
        assert at <= 40 / 3.6 + 3.0

    virtual(main)
