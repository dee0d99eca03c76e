"""When a call goes out again, and when it must not."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from commerce_async.errors import (
    AuthError,
    CommerceError,
    DecodeError,
    MissingError,
    NetworkError,
    RejectedError,
    ServerError,
    ThrottledError,
    ThrottledOrMissingError,
    UnknownOutcomeError,
)
from commerce_async.http.call import Call, Outcome, Verdict
from commerce_async.http.client import Options
from commerce_async.http.retry import Retry
from tests.http.kit import AT_ONCE, Counting, Fake, Step, faked, get, json, post, virtual

LOST = NetworkError("no complete reply: ServerDisconnectedError")


def outcome(fake: Fake, call: Call[Any], **settings: Any) -> Any:
    """What the call ends with, result or error, on virtual time."""

    async def main() -> Any:
        client = faked(fake, **settings)
        try:
            return await client.send(call)
        except CommerceError as error:
            return error
        finally:
            assert client.limiter.snapshot().in_flight == 0

    return virtual(main)


@pytest.mark.parametrize(
    "step",
    [Step(500), Step(502), Step(503), Step(fails=LOST), Step(body=b"<html>")],
    ids=["500", "502", "503", "lost", "html"],
)
def test_a_get_is_repeated_after_a_temporary_failure(step: Step) -> None:
    fake = Fake(step, step, step, Step(body=b"[1]"))
    assert outcome(fake, get()) == [1]
    assert len(fake.sent) == 4


@pytest.mark.parametrize(
    ("step", "kind"), [(Step(503), ServerError), (Step(fails=LOST), NetworkError), (Step(body=b"{"), ServerError)]
)
def test_a_get_is_given_up_after_the_last_try(step: Step, kind: type[CommerceError]) -> None:
    fake = Fake(always=step)
    error = outcome(fake, get(), options=Options(retry=Retry(tries=3)))
    assert type(error) is kind
    assert (error.attempts, len(fake.sent)) == (3, 3)
    assert error.safe_to_retry


@pytest.mark.parametrize("step", [Step(500), Step(503), Step(fails=LOST), Step(body=b"<html>")])
def test_a_post_is_never_sent_again_blindly_after_a_5xx_or_a_lost_answer(step: Step) -> None:
    fake = Fake(always=step)
    error = outcome(fake, post())
    assert len(fake.sent) == error.attempts == 1
    assert type(error) is UnknownOutcomeError
    assert isinstance(error.__cause__, ServerError | NetworkError)
    assert error.__cause__.message in error.message
    assert not error.safe_to_retry


def test_a_post_whose_answer_was_lost_says_what_to_look_at() -> None:
    error = outcome(Fake(Step(fails=LOST)), post(check="Look for the order's reference."))
    assert "Look for the order's reference." in str(error)


def test_a_post_that_found_no_connection_was_never_sent_and_is_repeated() -> None:
    refused = NetworkError("no complete reply: ClientConnectorError", safe_to_retry=True)
    fake = Fake(Step(fails=refused), Step())
    assert outcome(fake, post()) == {}


def test_a_get_whose_answer_was_lost_has_no_unknown_outcome_whoever_raised_the_error() -> None:
    def decode(_reply: Any) -> Any:
        raise ServerError("the envelope says that the vendor failed")

    fake = Fake()
    error = outcome(fake, get(decode=decode), options=Options(retry=AT_ONCE))
    assert type(error) is ServerError
    assert error.safe_to_retry
    assert len(fake.sent) == 4


def test_a_middleware_that_fails_before_anything_was_sent_leaves_a_post_safe_to_repeat() -> None:
    class NoToken(Fake):
        async def exchange(self, *_rest: Any) -> Any:
            raise NetworkError("the token endpoint does not answer")

    error = outcome(NoToken(), post(), options=Options(retry=AT_ONCE))
    assert type(error) is NetworkError
    assert error.safe_to_retry
    assert error.attempts == 0


def test_a_post_that_the_adapter_calls_idempotent_is_repeated() -> None:
    fake = Fake(Step(503), Step())
    assert outcome(fake, post(idempotent=True)) == {}
    assert len(fake.sent) == 2


def test_a_put_that_the_adapter_calls_not_idempotent_is_not_repeated() -> None:
    fake = Fake(Step(503), Step())
    assert isinstance(outcome(fake, Call("x", "PUT", "/x", json, idempotent=False)), UnknownOutcomeError)
    assert len(fake.sent) == 1


def test_a_throttled_post_was_not_carried_out_and_is_sent_again() -> None:
    fake = Fake(Step(429, headers={"retry-after": "3"}), Step())
    assert outcome(fake, post()) == {}
    assert fake.times == [0.0, 3.0]


@pytest.mark.parametrize(
    ("step", "kind"),
    [(Step(400, b"no"), RejectedError), (Step(404, b"gone"), MissingError), (Step(body=b'"text"'), DecodeError)],
)
def test_a_final_answer_is_final(step: Step, kind: type[CommerceError]) -> None:
    def decode(reply: Any) -> int:
        value = json(reply)
        if not isinstance(value, int):
            raise ValueError("expected a number")  # noqa: TRY004  what msgspec raises is one
        return value

    fake = Fake(always=step)
    error = outcome(fake, get(decode=decode))
    assert type(error) is kind
    assert len(fake.sent) == 1
    assert not error.safe_to_retry


def test_an_error_carries_what_a_caller_acts_on() -> None:
    error = outcome(Fake(Step(400, b"name is too long")), get("/a/b", query=(("key", "value"),)))
    assert (error.store, error.operation, error.method, error.path) == ("shop", "things.get", "GET", "/a/b")
    assert (error.status, error.message, error.attempts) == (400, "name is too long", 1)
    assert error.fields == {"field": "name is too long"}
    assert "value" not in str(error)


def test_waits_between_tries_are_drawn_from_the_growing_range() -> None:
    waits: list[list[float]] = [[], [], []]
    for _ in range(60):
        fake = Fake(always=Step(503))
        outcome(fake, get(), options=Options(retry=Retry(tries=4, base=1.0, cap=5.0)))
        for n in range(3):
            waits[n].append(fake.times[n + 1] - fake.times[n])
    for drawn, top in zip(waits, (2.0, 4.0, 5.0), strict=True):
        assert max(drawn) <= top
        assert max(drawn) > 0.75 * top
        assert min(drawn) < 0.25 * top


@pytest.mark.parametrize(("asks", "sent"), [(40.0, 4), (900.0, 4), (901.0, 1)])
def test_a_failing_server_is_left_alone_for_as_long_as_it_asks_or_not_asked_again(asks: float, sent: int) -> None:
    def away(_call: Call[Any], _reply: Any) -> Verdict:
        return Verdict(Outcome.TEMPORARY, wait=asks)

    fake = Fake(always=Step(503))
    error = outcome(fake, get(), judge=away)
    assert (type(error), error.retry_after, len(fake.sent)) == (ServerError, asks, sent)
    assert all(after - before >= asks for before, after in pairwise(fake.times))
    fake = Fake(always=Step(503))
    outcome(fake, get(), judge=away, options=Options(deadline=asks))
    assert fake.times == [0.0]


def test_the_budget_ends_retries_when_everything_fails() -> None:
    async def main() -> int:
        fake = Fake(always=Step(503))
        client = faked(fake, options=Options(retry=AT_ONCE))
        for _ in range(200):
            with pytest.raises(ServerError):
                await client.send(get())
        return len(fake.sent)

    assert virtual(main) == 200 + 50  # each call once, and fifty retries in all instead of six hundred


def test_good_replies_refill_the_budget_which_derived_clients_share() -> None:
    async def main() -> int:
        fake = Fake(always=Step(503))
        client = faked(fake, options=Options(retry=AT_ONCE))
        for _ in range(30):
            with pytest.raises(ServerError):
                await client.with_options(timeout=1.0).send(get())
        fake.always = Step()
        for _ in range(11):
            await client.send(get())
        fake.always, before = Step(503), len(fake.sent)
        with pytest.raises(ServerError):
            await client.send(get())
        return len(fake.sent) - before

    assert virtual(main) == 3  # eleven good replies earned two retries


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "Sun, 01 Mar 2026 12:00:09 GMT", "date": "Sun, 01 Mar 2026 12:00:00 GMT"}, 9.0),
        ({"retry-after": "2026-03-01T12:00:09Z", "date": "Sun, 01 Mar 2026 12:00:00 GMT"}, 9.0),
        ({"retry-after": "soon"}, 1.0),
        ({}, 1.0),
    ],
    ids=["seconds", "http-date", "iso", "nonsense", "missing"],
)
def test_a_throttle_pauses_every_call_of_the_account(headers: dict[str, str], pause: float) -> None:
    async def main() -> list[float]:
        fake = Fake(Step(429, headers=headers))
        client = faked(fake)
        other = client.with_options(timeout=5.0)

        async def later() -> None:
            await asyncio.sleep(0.5)
            await other.send(get("/other"))

        await asyncio.gather(client.send(get()), later())
        return fake.times

    assert virtual(main) == [0.0, pause, pause]


def test_a_date_that_is_over_pauses_nobody() -> None:
    fake = Fake(Step(429, headers={"retry-after": "2020-01-01T00:00:00Z"}))
    assert outcome(fake, get()) == {}
    assert fake.times == [0.0, 0.0]


def test_a_retried_call_goes_before_fresh_ones() -> None:
    async def main() -> list[str]:
        fake = Fake(Step(429, seconds=1.0, headers={"retry-after": "5"}), always=Step(seconds=1.0))
        client = faked(fake, policy=Counting(1))
        await asyncio.gather(*(client.send(get(f"/{n}")) for n in range(5)))
        return [path for _, path in fake.sent]

    assert virtual(main) == ["/0", "/0", "/1", "/2", "/3", "/4"]


def test_calls_that_were_throttled_together_go_again_in_the_order_in_which_they_came() -> None:
    async def main() -> list[str]:
        throttles = [Step(429, seconds=wait, headers={"retry-after": "5"}) for wait in (1.0, 1.1, 1.2)]
        fake = Fake(*throttles, always=Step(seconds=1.0))
        client = faked(fake, policy=Counting(3))
        await asyncio.gather(*(client.send(get(f"/{n}")) for n in range(6)))
        return [path for _, path in fake.sent]

    assert virtual(main) == ["/0", "/1", "/2", "/0", "/1", "/2", "/3", "/4", "/5"]


def test_a_404_that_stays_ambiguous_ends_as_neither_missing_nor_throttled() -> None:
    fake = Fake(always=Step(404, b""))
    error = outcome(fake, get())
    assert type(error) is ThrottledOrMissingError
    assert not isinstance(error, MissingError)
    assert len(fake.sent) == error.attempts == 4
    assert error.safe_to_retry
    assert "not found" in str(error)


def test_a_404_that_was_a_throttle_gives_the_object_after_all() -> None:
    fake = Fake(Step(404, b""), Step(404, b""), Step(body=b"[7]"))
    assert outcome(fake, get()) == [7]


def test_a_404_that_turns_out_to_be_one_is_a_missing_object() -> None:
    assert type(outcome(Fake(Step(404, b""), Step(404, b"no such thing")), get())) is MissingError


def test_throttles_are_bounded_and_do_not_use_up_the_tries_for_failures() -> None:
    throttle, failure = Step(429, headers={"retry-after": "1"}), Step(503)
    fake = Fake(throttle, failure, throttle, failure, throttle, failure, throttle, Step(body=b"1"))
    assert outcome(fake, get(), options=Options(retry=Retry(tries=4, throttled=5, base=0.0))) == 1
    endless = Fake(always=throttle)
    error = outcome(endless, get())
    assert type(error) is ThrottledError
    assert len(endless.sent) == 10


class Renewing:
    """A credential that can be renewed so often."""

    def __init__(self, times: int) -> None:
        self.times, self.asked = times, 0

    async def renew(self) -> bool:
        self.asked += 1
        self.times -= 1
        return self.times >= 0

    async def __call__(self, request: Any, handler: Any) -> Any:
        return await handler(request)


def test_an_expired_credential_is_renewed_once_and_the_call_repeated_even_a_post() -> None:
    auth = Renewing(5)
    fake = Fake(Step(401), Step(body=b"1"))
    assert outcome(fake, post(), auth=[auth]) == 1
    assert auth.asked == 1


def test_a_credential_that_stays_refused_is_an_auth_error_after_one_renewal() -> None:
    auth = Renewing(5)
    fake = Fake(always=Step(401, b"who are you"))
    error = outcome(fake, get(), auth=[auth])
    assert type(error) is AuthError
    assert (auth.asked, len(fake.sent)) == (1, 2)


@pytest.mark.parametrize("auth", [[], [Renewing(0)]], ids=["none", "renewal-refused"])
def test_a_credential_that_cannot_be_renewed_is_an_auth_error_at_once(auth: list[Any]) -> None:
    fake = Fake(always=Step(401))
    assert type(outcome(fake, get(), auth=auth)) is AuthError
    assert len(fake.sent) == 1


def test_malformed_json_is_repeated_and_then_a_server_error() -> None:
    fake = Fake(always=Step(body=b'{"cut": '))
    error = outcome(fake, get(), options=Options(retry=AT_ONCE))
    assert type(error) is ServerError
    assert "not JSON" in error.message
    assert error.status == 200
    assert len(fake.sent) == 4


def test_json_nested_without_end_is_a_decode_error_and_no_crash() -> None:
    error = outcome(Fake(Step(body=b"[" * 100_000)), get())
    assert isinstance(error, DecodeError | ServerError)


def test_an_error_that_decode_raises_on_purpose_is_passed_on() -> None:
    def decode(_reply: Any) -> Any:
        raise MissingError("the envelope says so")

    error = outcome(Fake(), get(decode=decode))
    assert type(error) is MissingError
    assert (error.store, error.attempts) == ("shop", 1)


def test_a_wait_beyond_the_longest_is_not_waited_for_and_does_not_pause_the_account_for_ever() -> None:
    fake = Fake(Step(429, headers={"retry-after": "999999999"}), Step(body=b"[1]"))

    async def main() -> float:
        client = faked(fake)
        with pytest.raises(ThrottledError) as caught:
            await client.send(get())
        assert caught.value.retry_after == 999_999_999.0
        return client.limiter.snapshot().paused

    assert 0 < virtual(main) <= Retry().longest
    assert len(fake.sent) == 1


def test_a_write_is_not_sent_again_after_a_404_that_may_be_a_throttle() -> None:
    fake = Fake(Step(404, body=b""), Step(body=b"[1]"))
    assert isinstance(outcome(fake, post()), UnknownOutcomeError)
    assert len(fake.sent) == 1
