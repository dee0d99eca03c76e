"""OAuth over real HTTP: one refresh for a thousand calls, one error for each, and nothing secret anywhere."""

from __future__ import annotations

import asyncio
import logging
import pickle
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from commerce_async.config import load_stores
from commerce_async.errors import AuthError, CommerceError, ConfigError, ServerError, UsageError
from commerce_async.http.trace import Event
from commerce_async.secrets import Secret
from commerce_async.store import ProvidesLogin, open_store
from commerce_async.tokens import FileTokens, MemoryTokens, Token
from sparkpay_async import OAuth, SparkPay
from sparkpay_async.emulator import CLIENT_ID as EMULATED_ID
from sparkpay_async.emulator import SECRET as EMULATED_SECRET
from sparkpay_async.emulator import SparkPayEmulator
from tests.http.kit import AT_ONCE
from tests.sparkpay.oauth_shop import CLIENT, SCOPE, SECRET, Shop, shop

pytestmark = pytest.mark.anyio

HIDDEN = (SECRET, "access-token", "refresh-token", "c0de-")
BACK = "http://127.0.0.1:1/callback"
QUICK: dict[str, Any] = {"limit": 5000, "period": 0.05}


def kept(place: Shop, expires: timedelta | None = None, *, refresh: str = "refresh-token-0") -> Token:
    return Token(
        access=Secret("access-token-0"),
        refresh=Secret(refresh),
        expires=None if expires is None else datetime.now(UTC) + expires,
        audience=f"{place.url} app {CLIENT}",
    )


def store_of(place: Shop, tokens: Any, **settings: Any) -> SparkPay:
    return SparkPay(place.url, oauth=place.oauth(tokens), currency="USD", name="us", **{**QUICK, **settings})


async def browse(url: str) -> str:
    """Where the shop sends the browser."""
    async with ClientSession() as session, session.get(url, allow_redirects=False) as response:
        return response.headers["Location"]


async def thousand(store: SparkPay, count: int = 1000) -> list[Any]:
    return await asyncio.gather(*(store.probe() for _ in range(count)), return_exceptions=True)


def told(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error)) + str(pickle.dumps(error))


def clean(text: str) -> None:
    for secret in HIDDEN:
        assert secret not in text


# -- the bars --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("expires", [timedelta(seconds=-1), None], ids=["expired", "refused"])
async def test_a_thousand_calls_with_an_expired_token_make_exactly_one_refresh_over_http(
    tmp_path: Path, expires: timedelta | None
) -> None:
    async with shop() as place:
        tokens = FileTokens(tmp_path / "t.json")
        await tokens.save(kept(place, expires))
        async with store_of(place, tokens) as store:
            answers = await thousand(store)
        assert [answer for answer in answers if isinstance(answer, BaseException)] == []
        assert place.seen["/api/oauth/refresh"] == 1
        found = await tokens.load()
    assert found is not None
    assert (found.access, found.refresh, found.user) == (Secret("access-token-1"), Secret("refresh-token-1"), "anna")


@pytest.mark.parametrize(("status", "kind", "tries"), [(400, AuthError, 1), (503, ServerError, 4)])
async def test_a_refresh_that_fails_gives_each_of_a_thousand_callers_the_same_error_over_http(
    status: int, kind: type[CommerceError], tries: int, caplog: pytest.LogCaptureFixture
) -> None:
    events: list[Event] = []
    async with shop() as place:
        place.fails = status
        tokens = MemoryTokens(kept(place, timedelta(seconds=-1)))
        with caplog.at_level(logging.DEBUG):
            async with store_of(place, tokens, hooks=(events.append,), retry=AT_ONCE) as store:
                errors = await thousand(store)
        assert {type(error) for error in errors} == {kind}
        assert len({error.message for error in errors}) == 1
        assert "could not be renewed: invalid_grant: No good" in errors[0].message
        assert place.seen == {"/api/oauth/refresh": tries}
    clean(told(errors[0]) + repr(events))
    clean("\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records))


# -- login -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [False, True])
@pytest.mark.parametrize("life", [timedelta(hours=1), None])
async def test_a_login_brings_a_token_that_is_used_at_once_and_by_the_next_run(
    tmp_path: Path, form: bool, life: timedelta | None
) -> None:
    async with shop() as place:
        place.form, place.life = form, life
        for run in range(2):
            async with store_of(place, FileTokens(tmp_path / "t.json")) as store:
                assert isinstance(store, ProvidesLogin)
                if run == 0:
                    with pytest.raises(AuthError, match="no token is kept in file:"):
                        await store.probe()
                    login = store.login(BACK)
                    token = await login.finish(await browse(login.url))
                    assert (token.user, token.expires is None) == ("anna", life is None)
                    with pytest.raises(UsageError, match="already been answered"):
                        await login.finish("again")
                await store.probe()
        assert place.seen["/api/oauth/refresh"] == 0
        assert [set(body) for body in place.bodies] == [{"client_id", "auth_id", "signature"}]


async def test_a_person_who_says_no_and_a_forged_answer_get_no_token() -> None:
    async with shop() as place, store_of(place, MemoryTokens()) as store:
        login, other = store.login(BACK), store.login(BACK)
        with pytest.raises(AuthError, match="not for this login"):
            await other.finish(await browse(login.url))
        place.denies = True
        login = store.login(BACK)
        with pytest.raises(AuthError, match="access_denied"):
            await login.finish(await browse(login.url))
        assert place.issued == 0


async def test_every_login_has_a_state_of_its_own() -> None:
    async with shop() as place:
        store = store_of(place, MemoryTokens())
        assert len({store.login(BACK).url for _ in range(100)}) == 100


async def test_an_error_of_the_exchange_shows_neither_code_nor_secret() -> None:
    async with shop() as place, store_of(place, MemoryTokens()) as store:
        place.fails = 401
        login = store.login(BACK)
        back = await browse(login.url)
        with pytest.raises(AuthError, match="invalid_grant") as caught:
            await login.finish(back)
        clean(told(caught.value))


# -- settings --------------------------------------------------------------------------------------------------------

FULL: dict[str, Any] = {
    "client_id": CLIENT,
    "client_secret": "env:APP_SECRET",
    "scope": SCOPE,
    "token_store": "keyring:shop/us",
}
SHOP: dict[str, Any] = {"base_url": "https://shop.example.com", "currency": "USD"}


def from_file(folder: Path, settings: dict[str, Any]) -> Any:
    lines = [f"{key} = {value!r}".replace("'", '"') for key, value in {"adapter": "sparkpay", **settings}.items()]
    file = folder / "stores.toml"
    file.write_text("\n".join(["[stores.us]", *lines]), encoding="utf-8")
    return load_stores(file)[0]


def directly(_folder: Path, settings: dict[str, Any]) -> Any:
    return open_store("sparkpay", "us", **settings)


@pytest.mark.parametrize("opening", [from_file, directly])
@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "token: neither is given; give either token, or client_id, client_secret, scope and token_store"),
        ({"token": "env:APP_SECRET", **FULL}, "token: both are given"),
        ({"token": "env:APP_SECRET", "redirect_uri": BACK}, "client_id: missing"),
        *(({key: value for key, value in FULL.items() if key != gone}, f"{gone}: missing") for gone in FULL),
        ({**FULL, "token_store": "t.json"}, "token_store: expected file:PATH or keyring:SERVICE/USER"),
        ({**FULL, "scope": ""}, "scope: is empty"),
        ({**FULL, "client_id": ""}, "client_id: is empty"),
        ({**FULL, "redirect_uri": "nowhere"}, "redirect_uri: expected an address"),
    ],
)
def test_exactly_one_of_token_and_oauth_and_all_of_it(
    opening: Callable[..., Any], settings: dict[str, Any], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_SECRET", SECRET)
    with pytest.raises(ConfigError) as caught:
        opening(tmp_path, {**SHOP, **settings})
    if not (opening is directly and words.startswith("token_store")):  # msgspec names that key behind the words
        assert words in caught.value.message
    assert "\n" not in caught.value.message
    clean(str(caught.value))


@pytest.mark.parametrize("opening", [from_file, directly])
@pytest.mark.parametrize("scope", [SCOPE, ["read_catalog", "read_orders"]])
@pytest.mark.parametrize("client_id", [7, "7"])
def test_a_configuration_file_and_open_store_make_the_same_app(
    opening: Callable[..., Any], scope: Any, client_id: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_SECRET", SECRET)
    place = tmp_path / "not" / "yet.json"
    settings = {**SHOP, **FULL, "scope": scope, "client_id": client_id, "token_store": f"file:{place}"}
    store = opening(tmp_path, {**settings, "redirect_uri": BACK})
    assert store.redirect_uri == BACK
    assert "client_id=7&scope=read_catalog%2Cread_orders&redirect_uri=" in store.login(BACK).url
    assert store.login(BACK).kept_in == f"file:{place}"
    clean(repr(store) + repr(vars(store)) + repr(vars(store.client)))


def test_the_simple_case_has_no_login() -> None:
    store = SparkPay("https://shop.example.com", token="plain-token", currency="USD")
    assert store.redirect_uri is None
    with pytest.raises(ConfigError, match="needs no login"):
        store.login(BACK)


@pytest.mark.parametrize(
    "change", [{"client_id": ""}, {"client_secret": ""}, {"scope": ()}, {"tokens": "t.json"}, {"redirect_uri": "x"}]
)
def test_a_wrong_app_is_named(change: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        OAuth(**{"client_id": 7, "client_secret": SECRET, "scope": "orders", "tokens": "file:t.json", **change})


def test_no_repr_shows_the_apps_secret() -> None:
    clean(repr(OAuth(7, SECRET, scope="orders", tokens="file:t.json")))


async def test_derived_stores_log_in_and_renew_together() -> None:
    async with shop() as place, store_of(place, MemoryTokens(kept(place))) as store:
        derived = store.with_options(timeout=5.0)
        await asyncio.gather(store.probe(), derived.probe())
        assert place.seen["/api/oauth/refresh"] == 1
        login = derived.login(BACK)
        await login.finish(await browse(login.url))
        await store.probe()
    assert place.seen["/api/oauth/refresh"] == 1


async def test_the_token_pages_follow_no_redirect_to_another_host() -> None:
    async with shop() as place, shop() as evil:
        place.leads = f"{evil.url}/api/oauth/refresh"
        async with store_of(place, MemoryTokens(kept(place))) as store:
            with pytest.raises(CommerceError, match="redirected to another host"):
                await store.probe()
        assert evil.seen == {}


# -- against the emulator ---------------------------------------------------------------------------------------------


def emulated(emulator: SparkPayEmulator, tokens: Any) -> SparkPay:
    app = OAuth(EMULATED_ID, EMULATED_SECRET, scope="read_orders,read_catalog", tokens=tokens)
    return SparkPay(emulator.url, oauth=app, currency="USD", **QUICK)


async def test_the_emulators_login_expiry_and_refusal() -> None:
    async with SparkPayEmulator(window=None) as emulator, emulated(emulator, MemoryTokens()) as store:
        login = store.login("http://127.0.0.1:1/Call/Back?App=Me")
        token = await login.finish(await browse(login.url))
        assert token.expires is not None
        assert token.refresh is not None
        assert not any(isinstance(answer, BaseException) for answer in await thousand(store, 20))
        emulator.oauth.expire()
        store._grants.credential._renewed_at -= 100  # type: ignore[union-attr]  # as if it were an older token
        assert not any(isinstance(answer, BaseException) for answer in await thousand(store, 200))
        assert (emulator.oauth.refresh_calls, emulator.oauth.exchanges) == (1, 1)
        emulator.oauth.revoke()
        store._grants.credential._renewed_at -= 100  # type: ignore[union-attr]
        errors = await thousand(store, 200)
        assert {type(error) for error in errors} == {AuthError}
        assert "log in with `commerce-async login`" in errors[0].message
        assert emulator.oauth.refresh_calls == 2


async def test_refresh_tokens_that_are_good_for_one_use_are_followed() -> None:
    async with SparkPayEmulator(window=None) as emulator:
        emulator.oauth.rotate = True
        async with emulated(emulator, MemoryTokens()) as store:
            login = store.login(BACK)
            await login.finish(await browse(login.url))
            for _ in range(3):
                emulator.oauth.expire()
                store._grants.credential._renewed_at -= 100  # type: ignore[union-attr]
                await store.probe()
        assert emulator.oauth.refreshes == 3
