"""What each reply means: the body where it is the vendor's own, else the status."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce_async.http.call import Outcome
from fastspring_async import calls, wire
from fastspring_async.verdict import judge
from tests.fastspring.fakes import call, fixture, json, reply

OK, THROTTLED, TEMPORARY = Outcome.OK, Outcome.THROTTLED, Outcome.TEMPORARY
EXPIRED, MISSING, REJECTED = Outcome.EXPIRED, Outcome.MISSING, Outcome.REJECTED

GONE = {"action": "order.get", "order": "a", "result": "error", "error": {"order": "Not found"}}
DENIED = {"action": "order.get", "order": "a", "result": "error", "error": {"order": "Locked"}}
ORDER = {"order": "a", "currency": "USD", "total": 1}
HTML = b"<html><body>404</body></html>"
BAD_DATES = {"action": "order.lookup", "result": "error", "error": {"begin": "Invalid begin date"}}


def test_an_error_behind_the_records_of_a_long_list_is_seen_and_the_list_is_taken_apart_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken: list[int] = []
    unwrap = wire.Kind.unwrap
    monkeypatch.setattr(wire.Kind, "unwrap", lambda kind, body: taken.append(len(body)) or unwrap(kind, body))
    rows = [{**ORDER, "note": "x" * 2000}]
    listed = reply({"orders": rows, "error": {"page": "too far"}})
    assert judge(call("orders.search"), listed).outcome is REJECTED
    whole = reply({"orders": rows})
    search = calls.search(calls.OrderFilter())
    taken.clear()
    assert judge(search, whole).outcome is OK
    assert len(search.decode(whole).records) == 1
    assert len(taken) == 1


@pytest.mark.parametrize("status", [200, 400, 404, 405, 409, 500])
@pytest.mark.parametrize(
    "body", [GONE, {"orders": [GONE]}, [GONE], {**GONE, "orders": [{**GONE, "result": "success"}]}]
)
def test_a_single_object_that_the_vendor_does_not_find_is_missing_under_any_status(status: int, body: object) -> None:
    verdict = judge(call("orders.get"), reply(body, status))
    assert verdict.outcome is MISSING
    assert (verdict.message, dict(verdict.fields)) == ("Not found", {"order": "Not found"})


@pytest.mark.parametrize("status", [200, 400, 405, 409, 500])
@pytest.mark.parametrize("body", [DENIED, {"orders": [DENIED]}])
def test_a_single_object_refused_otherwise_is_rejected_in_the_vendors_words(status: int, body: object) -> None:
    verdict = judge(call("orders.get"), reply(body, status))
    assert (verdict.outcome, verdict.message) == (REJECTED, "Locked")


@pytest.mark.parametrize("status", [200, 400, 404, 405, 409, 500])
@pytest.mark.parametrize(
    "body", [{"orders": [GONE]}, {"orders": [GONE, ORDER]}, [DENIED, ORDER], {"errors": [{"order": "a", "error": {}}]}]
)
def test_errors_per_item_reach_the_batch_decoder(status: int, body: object) -> None:
    assert judge(call("orders.get_many"), reply(body, status)).outcome is OK


@pytest.mark.parametrize(
    "operation", ["orders.get", "orders.get_many", "orders.search", "products.ids", "products.prices"]
)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  ",
        HTML,
        b"not json",
        b"{}",
        {"products": [], "orders": []},
        {"message": "Not Found"},
        {"status": 404, "error": "Not Found", "path": "/orders"},
    ],
)
def test_a_404_that_is_not_the_vendors_own_may_be_a_throttle(operation: str, body: object) -> None:
    verdict = judge(call(operation), reply(body, 404))
    assert (verdict.outcome, verdict.ambiguous) == (THROTTLED, True)


@pytest.mark.parametrize(
    "body",
    [
        GONE,
        {"message": "not found", "params": []},
        {"status": "NOT_FOUND", "id": "1", "message": "Resource does not exist."},
        {"status": "x.update", "order": "a", "result": "error", "error": {"order": "Nope"}},
        {"result": "error", "error": "Nope"},
    ],
)
def test_a_404_with_the_vendors_own_envelope_is_missing(body: object) -> None:
    assert judge(call("orders.get"), reply(body, 404)).outcome is MISSING


def test_429_is_a_throttle_and_its_wait_is_read_in_every_form() -> None:
    assert judge(call(), reply(b"", 429)).wait is None
    assert judge(call(), reply({"code": "429", "message": "m"}, 429, retry_after="7")).wait == 7.0
    later = judge(
        call(), reply(b"", 429, date="Sun, 10 Mar 2024 10:00:00 GMT", retry_after="Sun, 10 Mar 2024 10:00:30 GMT")
    )
    assert (later.outcome, later.ambiguous, later.wait) == (THROTTLED, False, 30.0)


def test_words_about_the_rate_limit_are_a_throttle_too() -> None:
    verdict = judge(call(), reply({"message": "Rate limit exceeded", "params": []}, 404, retry_after="3"))
    assert (verdict.outcome, verdict.ambiguous, verdict.wait) == (THROTTLED, False, 3.0)


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (401, b"", EXPIRED),
        (401, {"code": "401", "message": "Unauthorized"}, EXPIRED),
        (403, b"", REJECTED),
        (408, b"", TEMPORARY),
        (400, b"", REJECTED),
        (400, {"message": "unreadable", "params": []}, REJECTED),
        (405, HTML, REJECTED),
        (409, b"", REJECTED),
        (302, b"", REJECTED),
        (500, b"", TEMPORARY),
        (500, HTML, TEMPORARY),
        (500, {"code": "500", "message": "oops"}, TEMPORARY),
        (500, {"message": "oops", "params": []}, TEMPORARY),
        (500, {"status": "INTERNAL_SERVER_ERROR", "message": "oops"}, TEMPORARY),
        (500, {"orders": [ORDER]}, TEMPORARY),
        (500, BAD_DATES, REJECTED),
        (502, HTML, TEMPORARY),
        (503, b"", TEMPORARY),
    ],
)
def test_the_status_decides_where_the_body_is_no_answer(status: int, body: object, outcome: Outcome) -> None:
    assert judge(call(), reply(body, status)).outcome is outcome


def test_a_failing_server_may_name_a_wait() -> None:
    assert judge(call(), reply(b"", 503, retry_after="12")).wait == 12.0


@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_refused_search_names_the_field(status: int) -> None:
    verdict = judge(call(), reply(BAD_DATES, status))
    assert (verdict.outcome, dict(verdict.fields)) == (REJECTED, {"begin": "Invalid begin date"})


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ({"action": "products.getall", "result": "error", "error": {"limit": "Pagination is not supported"}}, REJECTED),
        ({"coupon": "c", "action": "coupon.create", "result": "error", "error": "Invalid amount"}, REJECTED),
        ({"message": "unreadable", "params": []}, REJECTED),
        ({"status": "BAD_REQUEST", "message": "m", "errors": [{"field": "f", "message": "x"}]}, REJECTED),
        ({"products": ["a"]}, OK),
        ({"products": []}, OK),
        ({"products": [{"product": "a", "result": "error", "error": {"product": "Not found"}}, {"product": "b"}]}, OK),
    ],
)
def test_an_error_inside_a_200_is_an_error(body: object, outcome: Outcome) -> None:
    assert judge(call("products.ids"), reply(body)).outcome is outcome


def test_one_price_that_is_not_there_is_missing() -> None:
    body = {
        "products": [
            {"action": "product.price.get", "product": "a", "result": "error", "error": {"product": "Not found"}}
        ]
    }
    assert judge(call("products.price"), reply(body)).outcome is MISSING


@pytest.mark.parametrize("name", ["product", "order", "prices"])
def test_a_good_reply_is_ok(name: str) -> None:
    assert judge(call("orders.get"), reply(fixture(name))).outcome is OK


def test_a_record_that_merely_speaks_of_errors_is_ok() -> None:
    body = {
        "product": "a",
        "display": {"en": 'the "error" and "message" of it'},
        "attributes": {"error": "x", "message": "not found"},
    }
    assert judge(call("products.get"), reply(body)).outcome is OK


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([200, 201, 301, 400, 401, 403, 404, 408, 409, 429, 500, 503]),
    st.sampled_from(["orders.get", "orders.get_many", "orders.search", "products.ids"]),
    st.binary(max_size=40)
    | st.sampled_from([b"[[]]", b"[null]", b'{"errors":[1]}', b"[" * 3000, json([GONE, 1]), b"null"]),
)
def test_every_reply_has_a_verdict(status: int, operation: str, body: bytes) -> None:
    assert judge(call(operation), reply(body, status)).outcome in Outcome


def test_a_batch_judged_ok_under_an_error_status_decodes_to_missing_and_failed() -> None:
    asked: Any = calls.many(wire.ORDERS, ("a", "b"), calls.WIRE_ORDER)
    answer = reply({"orders": [GONE, {**DENIED, "order": "b"}]}, 400)
    assert judge(asked, answer).outcome is OK
    answers = asked.decode(answer)
    assert answers.missing == ("a",)
    assert answers.refused["b"].message == "Locked"
