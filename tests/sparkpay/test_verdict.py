"""What each reply means, and what it tells of the limit."""

from __future__ import annotations

import pytest

from commerce_async.http.call import Outcome
from commerce_async.limits.base import Usage
from sparkpay_async import calls, kinds
from sparkpay_async.verdict import DEFAULT_WAIT, judge
from tests.sparkpay.fakes import reply

CALL = calls.listing(kinds.PRODUCTS)
ERROR = b'{"status_code":409,"message":"Conflict","details":"  Item number\\r\\n is taken. "}'


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.OK),
        (201, Outcome.OK),
        (204, Outcome.OK),
        (302, Outcome.REJECTED),
        (400, Outcome.REJECTED),
        (401, Outcome.EXPIRED),
        (403, Outcome.REJECTED),
        (404, Outcome.MISSING),
        (405, Outcome.REJECTED),
        (408, Outcome.TEMPORARY),
        (409, Outcome.REJECTED),
        (429, Outcome.THROTTLED),
        (500, Outcome.TEMPORARY),
        (502, Outcome.TEMPORARY),
        (503, Outcome.TEMPORARY),
        (599, Outcome.TEMPORARY),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>no</html>", ERROR, b'{"details":[]}', b"[1]", b"\xff\xfe", b"[" * 5000])
def test_the_status_decides_whatever_the_body_is(status: int, outcome: Outcome, body: bytes) -> None:
    verdict = judge(CALL, reply(body, status, **{"x-ac-call-limit": "12/50"}))
    assert verdict.outcome is outcome
    assert verdict.usage == Usage(used=12, limit=50)
    assert (verdict.wait is not None) == (outcome is Outcome.THROTTLED)


def test_the_message_is_the_vendors_details_on_one_line() -> None:
    assert judge(CALL, reply(ERROR, 409)).message == "Item number is taken."


def test_without_details_the_message_is_the_vendors_message() -> None:
    assert judge(CALL, reply(b'{"status_code":404,"message":"NotFound","details":""}', 404)).message == "NotFound"


@pytest.mark.parametrize(
    "header", ["", "12", "a/b", "12/0", "-1/50", "1/2/3", "1.5/50", "12 50", "٣/50", "1" * 40 + "/50"]
)
def test_a_nonsense_call_limit_is_ignored(header: str) -> None:
    assert judge(CALL, reply(**{"x-ac-call-limit": header})).usage is None


@pytest.mark.parametrize(("header", "usage"), [("0/50", (0, 50)), (" 7 / 10 ", (7, 10)), ("61/50", (61, 50))])
def test_the_call_limit_is_read(header: str, usage: tuple[int, int]) -> None:
    assert judge(CALL, reply(**{"x-ac-call-limit": header})).usage == Usage(*usage)


DATE = "Sun, 20 Nov 2016 18:00:00 GMT"  # six hours off the local clock of the fakes


@pytest.mark.parametrize(
    ("header", "date", "wait"),
    [
        ("4", DATE, 4.0),
        ("2.5", DATE, 2.5),
        ("Sun, 20 Nov 2016 18:00:07 GMT", DATE, 7.0),
        ("2016-11-20T18:00:07Z", DATE, 7.0),
        ("2016-11-20T12:00:07.5-06:00", DATE, 7.5),
        ("Sun, 20 Nov 2016 17:59:00 GMT", DATE, 0.0),
        ("Sun, 20 Nov 2016 12:00:03 GMT", None, 3.0),  # without Date, the local clock has to do
        ("soon", DATE, DEFAULT_WAIT),
        ("", DATE, DEFAULT_WAIT),
        ("-5", DATE, DEFAULT_WAIT),
        (None, DATE, DEFAULT_WAIT),
    ],
)
def test_a_throttle_waits_as_told_by_the_servers_clock(header: str | None, date: str | None, wait: float) -> None:
    headers = {name: value for name, value in {"retry-after": header, "date": date}.items() if value is not None}
    assert judge(CALL, reply(status=429, **headers)).wait == wait
