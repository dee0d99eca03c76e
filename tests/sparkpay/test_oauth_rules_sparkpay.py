"""The vendor's dialect of OAuth 2: addresses, signatures, and answers in every shape that they may have."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_async.errors import AuthError, ConfigError
from commerce_async.http.call import Outcome, Reply
from commerce_async.secrets import Secret
from sparkpay_async.oauth import rules

NOW = datetime(2016, 11, 20, 12, 0, tzinfo=UTC)
SECRET = "Sëcret-App"
APP = rules.App("https://shop.example.com", "7", Secret(SECRET), "read_catalog,Orders")
BACK = "http://127.0.0.1:8765/CallBack?For=Me"
STATE = "0a" * 16


def reply(body: Any, status: int = 200, **headers: str) -> Reply:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Reply(status, headers, raw, NOW)


def read(**members: Any) -> Any:
    return rules.read_token(reply({"access_token": "token-1", **members}), "me")


def test_the_authorize_address_has_what_the_vendor_documents_and_nothing_else() -> None:
    url = urlsplit(rules.authorize_url(APP, BACK + "&state=" + STATE))
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://shop.example.com/api/oauth"
    assert parse_qsl(url.query) == [
        ("client_id", "7"),
        ("scope", "read_catalog,Orders"),
        ("redirect_uri", BACK + "&state=" + STATE),
    ]
    assert "127.0.0.1:8765/" not in url.query  # escaped, so that its own query stays its own


def test_the_exchange_is_signed_as_documented_with_only_the_redirect_uri_in_lower_case() -> None:
    call = rules.exchange(APP, rules.Answer("Auth-1", Secret("CoDe")), BACK)
    signed = SECRET + "CoDe" + "7" + "read_catalog,Orders" + "http://127.0.0.1:8765/callback?for=me"
    body = msgspec.json.decode(call.body or b"")
    assert body == {"client_id": 7, "auth_id": "Auth-1", "signature": sha256(signed.encode()).hexdigest()}
    assert (call.method, call.path, call.repeatable) == ("POST", "/oauth/access_token", False)
    assert "CoDe" not in (call.body or b"").decode()


def test_the_refresh_is_signed_as_documented_and_may_be_repeated() -> None:
    call = rules.refresh(APP, Secret("ReFresh"))
    signed = SECRET + "ReFresh" + "7"
    body = msgspec.json.decode(call.body or b"")
    assert body == {"client_id": 7, "refresh_token": "ReFresh", "signature": sha256(signed.encode()).hexdigest()}
    assert (call.method, call.path, call.repeatable) == ("POST", "/oauth/refresh", True)


def test_known_signatures() -> None:
    plain = rules.App("https://shop.example.com", "12", Secret("abc"), "orders")
    assert rules.exchange_signature(plain, Secret("XyZ"), "HTTP://A/B") == (
        sha256(b"abcXyZ12ordershttp://a/b").hexdigest()
    )
    # From a command line, not from this code: printf %s abcR12 | sha256sum
    assert rules.refresh_signature(plain, Secret("R")) == (
        "b748f9209acfab76ae1fff42ea9ba91b3ee2d2542ac1378a0a47bda58219c202"
    )


@pytest.mark.parametrize("client_id", ["app-7", "007", "٧", "7a"])
def test_an_app_id_that_is_no_plain_number_is_sent_as_it_is(client_id: str) -> None:
    app = rules.App(APP.site, client_id, APP.secret, APP.scope)
    assert msgspec.json.decode(rules.refresh(app, Secret("R")).body or b"")["client_id"] == client_id


@given(st.binary(min_size=16, max_size=16).map(bytes.hex), st.sampled_from([BACK, "http://127.0.0.1:1/cb"]))
def test_a_state_comes_back_whole_even_if_the_vendor_lowers_the_address(state: str, base: str) -> None:
    back = rules.with_state(base, state)
    assert parse_qs(urlsplit(back.lower()).query)["state"] == [state]
    for address in (back, back.lower()):
        found = rules.read_answer(f"{address}&{urlencode({'auth_id': 'a&b', 'code': 'c=d+é'})}", state)
        assert (found.auth_id, found.code.reveal()) == ("a&b", "c=d+é")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "callback",
        "ftp://127.0.0.1/x",
        "http://",
        "http://127.0.0.1:0/x",
        "http://127.0.0.1:99999/x",
        "http://u:p@127.0.0.1/x",
        "http://127.0.0.1/x#y",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/é",
        "http://127.0.0.1/\r\nX: y",
        "http://127.0.0.1/{x}",
    ],
)
def test_a_redirect_uri_that_could_be_read_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="redirect_uri"):
        rules.checked_redirect_uri(text)


# -- what the browser comes back with ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "auth_id=1&code=2",
        "state=&auth_id=1&code=2",
        f"state={STATE[:-1]}&auth_id=1&code=2",
        f"state={STATE}0&auth_id=1&code=2",
        f"state={STATE}&state={STATE}&auth_id=1&code=2",
        "state=é&auth_id=1&code=2",
        "error=access_denied",
        f"state={'0b' * 16}&error=access_denied",
    ],
)
def test_an_answer_for_another_login_is_refused_whatever_it_says(query: str) -> None:
    with pytest.raises(AuthError, match="not for this login"):
        rules.read_answer(f"{BACK}&{query}", STATE)


def test_a_denial_is_told_in_the_vendors_words() -> None:
    query = urlencode({"error": "access_denied", "error_reason": "user", "error_description": "No,\r\n\x1b[31m thanks"})
    with pytest.raises(AuthError) as caught:
        rules.read_answer(f"{BACK}&state={STATE}&{query}", STATE)
    assert caught.value.message == "access was not granted: access_denied: user: No, [31m thanks"


@pytest.mark.parametrize("rest", ["", "&code=2", "&auth_id=1", "&auth_id=&code=2"])
def test_an_answer_without_a_code_is_an_error(rest: str) -> None:
    with pytest.raises(AuthError, match="without a code"):
        rules.read_answer(f"{BACK}&state={STATE}{rest}", STATE)


# -- tokens --------------------------------------------------------------------------------------------------------


def test_a_token_is_read_from_json_and_from_a_form_alike() -> None:
    members = {
        "access_token": "a+b/c=",
        "refresh_token": "r&é",
        "expires": "2016-11-20T13:00:00.9715109-05:00",
        "username": "anna",
    }
    from_json = rules.read_token(reply(members), "me")
    from_form = rules.read_token(reply(urlencode(members).encode()), "me")
    assert from_json == from_form
    assert (from_json.access, from_json.refresh) == (Secret("a+b/c="), Secret("r&é"))
    assert from_json.expires == datetime(2016, 11, 20, 18, 0, 0, 971510, UTC)
    assert (from_json.user, from_json.audience, from_json.obtained) == ("anna", "me", NOW)


@pytest.mark.parametrize(
    "expires",
    [None, "", "never", 0, 3600, True, [], {}, "0001-01-01T00:00:00", "9999-12-31T23:59:59-05:00", "2016-11-20"],
)
def test_an_end_that_is_missing_nonsense_or_over_means_that_nobody_knows(expires: Any) -> None:
    assert read(expires=expires).expires is None


def test_an_end_without_an_offset_is_utc_and_the_replys_date_says_what_is_over() -> None:
    assert read(expires="2016-11-20T13:00:00").expires == NOW + timedelta(hours=1)
    late = reply({"access_token": "t", "expires": "2016-11-20T13:00:00"}, date="Sun, 20 Nov 2016 14:00:00 GMT")
    assert rules.read_token(late, "").expires is None


@pytest.mark.parametrize("refresh", [None, "", " ", 7])
def test_a_token_may_have_no_refresh_token(refresh: Any) -> None:
    assert read(refresh_token=refresh).refresh is None


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b'{"access_token": ""}', b'{"access_token": 7}', b'{"access_token": "a\\r\\nb"}',
     b"<html>hello token</html>", b"access_token=", b"\xff\xfe", b"[" * 100_000, b"&" .join(b"a=b" for _ in range(200)),
     b'{"access_token": "half'],
)  # fmt: skip
def test_an_answer_without_a_token_is_an_error_that_does_not_show_it(body: bytes) -> None:
    with pytest.raises(ValueError, match="has no access token that can be used"):
        rules.read_token(reply(body), "me")


@given(st.binary())
def test_no_answer_makes_the_readers_stumble(body: bytes) -> None:
    for status in (200, 400, 500):
        rules.judge(rules.refresh(APP, Secret("R")), reply(body, status))
    with suppress(ValueError):
        assert rules.read_token(reply(body), "me").access


@pytest.mark.parametrize(
    ("status", "body", "outcome", "words"),
    [
        (200, {"access_token": "t"}, Outcome.OK, ""),
        (200, {"error": "invalid_grant", "error_description": "gone"}, Outcome.EXPIRED, "invalid_grant: gone"),
        (200, b"error=invalid_grant&error_reason=gone", Outcome.EXPIRED, "invalid_grant: gone"),
        (400, {"error": "invalid_signature"}, Outcome.EXPIRED, "invalid_signature"),
        (401, b"error=denied&error_description=Not+you", Outcome.EXPIRED, "denied: Not you"),
        (403, {"status_code": 403, "message": "Forbidden", "details": "No app."}, Outcome.EXPIRED, "No app."),
        (404, b"", Outcome.MISSING, ""),
        (405, b"", Outcome.REJECTED, ""),
        (429, b"", Outcome.THROTTLED, ""),
        (500, b"<html>", Outcome.TEMPORARY, ""),
    ],
)
def test_what_an_answer_of_the_token_pages_means(status: int, body: Any, outcome: Outcome, words: str) -> None:
    found = rules.judge(rules.refresh(APP, Secret("R")), reply(body, status))
    assert (found.outcome, found.message) == (outcome, words)
