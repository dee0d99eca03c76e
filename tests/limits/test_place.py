"""`limiter = "redis://…"`: which places there are, and that no password of one is ever shown."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from commerce_async.clock import LoopClock
from commerce_async.config import LiteralSecretWarning, load_stores
from commerce_async.errors import ConfigError
from commerce_async.limits.limiter import Limiter
from commerce_async.limits.shared import LimiterPlace, limiter_of, place_of
from commerce_async.limits.shared.board import key_of
from commerce_async.limits.shared.limiter import SharedLimiter
from commerce_async.limits.steady import SteadyPolicy
from commerce_async.store import open_store
from fastspring_async import FastSpring
from sparkpay_async import SparkPay

SPRING = {"username": "user", "password": "pass-word"}


@pytest.mark.parametrize(
    ("text", "url", "where"),
    [
        ("redis://me:hush@host:7000/2", "redis://me:hush@host:7000/2", "redis://host:7000/2"),
        ("redis://host", "redis://host", "redis://host:6379"),
        ("rediss://:hush@host/1", "rediss://:hush@host/1", "rediss://host:6379/1"),
        ("valkey://host:7000", "redis://host:7000", "valkey://host:7000"),
        ("valkeys://[::1]:7000", "rediss://[::1]:7000", "valkeys://::1:7000"),
        ("unix:///run/redis.sock?db=1", "unix:///run/redis.sock?db=1", "unix:///run/redis.sock"),
    ],
)
def test_a_place_is_a_url_and_shows_itself_without_its_password(text: str, url: str, where: str) -> None:
    place = LimiterPlace(text)
    assert (place.reveal(), place.where) == (url, where)
    assert "hush" not in f"{place!r} {place}"


@pytest.mark.parametrize(
    "text", ["", "redis", "http://host", "redis://", "redis://:hush@", "redis://a b", "redis://h:x"]
)
def test_what_is_no_place_is_refused_in_one_line_that_does_not_repeat_it(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^limiter: .*expected redis://") as caught:
        place_of(text)
    assert "hush" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_place_may_be_kept_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMITER", "redis://:hush@host/1")
    assert LimiterPlace("env:LIMITER") == LimiterPlace("redis://:hush@host/1")


def test_stores_of_one_account_share_and_others_do_not() -> None:
    place = "redis://host"

    def key(store: FastSpring | SparkPay) -> object:
        limiter = store.client.limiter
        assert isinstance(limiter, SharedLimiter)
        return limiter._board._key

    def spring(name: str = "a", **settings: str) -> object:
        return key(FastSpring(name=name, **{**SPRING, **settings}, limiter=place))

    assert spring("a") == spring("b") == spring(password="changed") != spring(username="other")
    shop = SparkPay("https://shop.example.com/", token="t", currency="USD", limiter=place)
    same = SparkPay("https://shop.example.com/api/v1", token="u", currency="USD", limiter=place)
    assert key(shop) == key(same) != spring()


def test_nothing_of_an_account_stands_in_its_key_which_is_whole_in_a_cluster() -> None:
    key = key_of("fastspring https://api.fastspring.com api-user")
    assert "user" not in key
    assert key.count("{") == key.count("}") == 1
    assert key == key_of("fastspring https://api.fastspring.com api-user")


def config(tmp_path: Path, limiter: str) -> Path:
    file = tmp_path / "stores.toml"
    file.write_text(
        f'[stores.eu]\nadapter = "fastspring"\nusername = "env:U"\npassword = "env:P"\nlimiter = "{limiter}"\n'
    )
    return file


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("U", "user")
    monkeypatch.setenv("P", "pass-word")


def test_a_configuration_names_the_place_and_is_warned_of_a_password_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIMITER", "redis://:hush@host/1")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for limiter in ("redis://host/1", "env:LIMITER"):
            (store,) = load_stores(config(tmp_path, limiter))
            assert isinstance(store.client.limiter, SharedLimiter)
    with pytest.warns(LiteralSecretWarning, match=r"stores\.eu\.limiter"):
        (store,) = load_stores(config(tmp_path, "redis://:hush@host/1"))
    assert "hush" not in repr(store)


def test_a_configuration_with_a_wrong_place_says_where_it_stands(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"stores\.toml: stores\.eu\.limiter: expected redis://"):
        load_stores(config(tmp_path, "memcached://host"))


def test_a_store_opened_by_name_takes_a_place_as_well() -> None:
    store = open_store("fastspring", **SPRING, limiter="redis://host")
    assert isinstance(store.client.limiter, SharedLimiter)


def test_without_a_place_the_limiter_is_of_this_process() -> None:
    assert type(FastSpring(**SPRING).client.limiter) is Limiter


def test_a_limit_that_cannot_be_shared_says_so() -> None:
    with pytest.raises(ConfigError, match=r"^limiter: this store's limit cannot be shared"):
        limiter_of(LimiterPlace("redis://h"), "a", SteadyPolicy(), store="s", rate=None, clock=LoopClock())


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commerce_async.limits.shared.board.find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"limiter: needs the extra: pip install 'commerce-async\[redis\]'"):
        FastSpring(**SPRING, limiter="redis://host")


def test_nothing_of_redis_is_imported_before_a_shared_limiter_opens() -> None:
    code = (
        "import sys, commerce_async, fastspring_async, sparkpay_async\n"
        "fastspring_async.FastSpring(username='u', password='p')\n"
        "assert not [name for name in sys.modules if name.split('.')[0] in ('redis', 'valkey')]\n"
        "assert 'commerce_async.limits.shared.board' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
