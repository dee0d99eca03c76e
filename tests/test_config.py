"""stores.toml: what it says, and the one clear line for what it says wrongly."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from commerce_async.config import LiteralSecretWarning, declared_stores, load_stores
from commerce_async.errors import ConfigError
from tests.sync.fake import FakeStore


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "stores.toml"
    file.write_text(text, encoding="utf-8")
    return file


def refused(tmp_path: Path, text: str, *, only: tuple[str, ...] = ()) -> str:
    file = write(tmp_path, text)
    warnings.simplefilter("ignore", LiteralSecretWarning)
    with pytest.raises(ConfigError) as caught:
        load_stores(file, only=only)
    words = str(caught.value)
    assert "\n" not in words
    return words


GOOD = """
[stores.eu]
adapter = "fastspring"
username = "env:FS_USER"
password = "env:FS_PASSWORD"

[stores.us]
adapter = "sparkpay"
base_url = "https://shop.example.com"
token = "file:%s"
currency = "USD"
"""


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FS_USER", "api-user")
    monkeypatch.setenv("FS_PASSWORD", "hush-fs")


def test_each_table_is_a_store_and_its_secrets_are_read_from_where_they_are_kept(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hush-sp\n")
    stores = load_stores(write(tmp_path, GOOD % (tmp_path / "token")))
    assert [(store.name, store.vendor) for store in stores] == [("eu", "fastspring"), ("us", "sparkpay")]
    assert "hush" not in repr(stores)


def test_only_the_stores_wanted_are_made_and_only_their_secrets_looked_up(tmp_path: Path) -> None:
    stores = load_stores(write(tmp_path, GOOD % "no/such/file"), only=("eu",))
    assert [store.name for store in stores] == ["eu"]


def test_a_secret_in_the_file_is_taken_with_a_warning_that_names_the_key_and_not_the_secret(tmp_path: Path) -> None:
    text = '[stores.eu]\nadapter = "fastspring"\nusername = "env:FS_USER"\npassword = "hush-literal"\n'
    with pytest.warns(LiteralSecretWarning, match=r"stores\.eu\.password: the secret stands in the file") as caught:
        load_stores(write(tmp_path, text))
    assert not any("hush" in str(warning.message) for warning in caught)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no store; add a table [stores.NAME]"),
        ("[stores", "is not TOML"),
        ("a = " + "[" * 50_000, "is not TOML that can be read: nested too deeply"),
        ("a = " + "9" * 5_000, "is not TOML"),
        (
            f"[stores.eu]\nadapter='fastspring'\nusername='a'\npassword='b'\ncurrency_parameter='{'x' * 5_000}'",
            "xxx...",
        ),
        (
            "[stores.eu]\nadapter='fastspring'\nusername='a'\npassword='b'\ntimeout=-1",
            "stores.eu.timeout: expected sec",
        ),
        ("[store.eu]\nadapter='fastspring'", "unknown key 'store'"),
        ("[stores.eu]\nusername='a'", "stores.eu.adapter: missing"),
        ("[stores.eu]\nadapter='shopify'", "stores.eu.adapter: no adapter named 'shopify'; installed: fastspring"),
        ("[stores]\neu='fastspring'", "stores.eu: expected a table"),
        ("[stores.'a b']\nadapter='fastspring'", "a store's name has letters"),
        ("[stores.eu]\nadapter='fastspring'\nusername='a'", "stores.eu.password: missing"),
        ("[stores.eu]\nadapter='fastspring'\nusername='a'\npassword='env:NOT_SET'", "stores.eu.password: environment"),
        (
            "[stores.eu]\nadapter='fastspring'\nusername='a'\npassword='file:/no/such'",
            "stores.eu.password: cannot read",
        ),
        (
            "[stores.eu]\nadapter='fastspring'\nusername='a'\npassword='keyring:x'",
            "stores.eu.password: keyring:x is not",
        ),
        (
            "[stores.eu]\nadapter='fastspring'\nusername='a'\npassword='b'\npasword='c'",
            "stores.eu.pasword: unknown key",
        ),
        ("[stores.eu]\nadapter='fastspring'\nusername='a'\npassword='b'\nrate='fast'", "stores.eu.rate: expected"),
        ("[stores.eu]\nadapter='fastspring'\nusername='a'\npassword='b'\nrate=0", "stores.eu.rate"),
        ("[stores.eu]\nadapter='fastspring'\nusername='a:b'\npassword='b'", "stores.eu.username: must not contain"),
        ("[stores.eu]\nadapter='fastspring'\nusername='a'\npassword=''", "stores.eu.password"),
        (
            "[stores.us]\nadapter='sparkpay'\nbase_url='http://shop.example.com'\ntoken='t'\ncurrency='USD'",
            "stores.us.base_url: plain",
        ),
        (
            "[stores.us]\nadapter='sparkpay'\nbase_url='shop.example.com'\ntoken='t'\ncurrency='USD'",
            "stores.us.base_url: expected",
        ),
        (
            "[stores.us]\nadapter='sparkpay'\nbase_url='https://a.example'\ntoken='t'\ncurrency='euro'",
            "stores.us.currency",
        ),
    ],
)
def test_a_mistake_gets_one_line_that_names_the_key(tmp_path: Path, text: str, words: str) -> None:
    assert words in refused(tmp_path, text)


def test_a_mark_that_an_editor_put_in_front_does_not_matter(tmp_path: Path) -> None:
    text = '[stores.eu]\nadapter = "fastspring"\nusername = "env:FS_USER"\npassword = "env:FS_PASSWORD"\n'
    assert [store.name for store in load_stores(write(tmp_path, "\ufeff" + text))] == ["eu"]


def test_a_store_that_is_not_in_the_file_is_told_with_those_that_are(tmp_path: Path) -> None:
    assert "no store named 'uk'; there are: eu, us" in refused(tmp_path, GOOD % "x", only=("uk",))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nothing\.toml: No such file"):
        load_stores(tmp_path / "nothing.toml")


@pytest.mark.parametrize("name", ["", "a\nb", "a\0", "x" * 256])
def test_a_store_s_name_forges_no_line_and_fits_into_every_table(name: str) -> None:
    with pytest.raises(ConfigError, match="name: a store's name has 1 to 255 printable characters"):
        FakeStore(name)


SHARED = """
[defaults]
username = "env:FS_USER"
password = "env:FS_PASSWORD"
timeout = 30.0
limiter = "redis://127.0.0.1:6379/0"
currency = "EUR"

[stores.eu]
adapter = "fastspring"

[stores.us]
adapter = "sparkpay"
base_url = "https://shop.example.com"
token = "env:FS_PASSWORD"
timeout = 7.0
"""


def test_defaults_hold_for_every_store_that_has_the_setting_and_says_nothing_else(tmp_path: Path) -> None:
    file = write(tmp_path, SHARED)
    eu, us = load_stores(file)
    assert (eu.client.options.timeout, us.client.options.timeout) == (30.0, 7.0)
    assert [store.limiter for store in declared_stores(file)] == [True, True]
    assert [store.name for store in load_stores(file, only=("us",))] == ["us"]


def test_the_adapter_can_be_a_default_too(tmp_path: Path) -> None:
    table = '[stores.{}]\nusername = "env:FS_USER"\npassword = "env:FS_PASSWORD"\n'
    text = '[defaults]\nadapter = "fastspring"\n' + "".join(map(table.format, ("a", "b")))
    assert [store.vendor for store in load_stores(write(tmp_path, text))] == ["fastspring", "fastspring"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("limitr = 3", "defaults.limitr: unknown key; no store of this file has such a setting"),
        ("adapter = 3", "stores.x.adapter: missing"),
        ('adapter = "nobody"', "defaults.adapter: no adapter named 'nobody'"),
        ('timeout = "long"', "defaults.timeout: expected `float`, got `str`"),
        ('page_size = "many"', "defaults.page_size: expected `int`, got `str`"),
        ("page_size = 0", "defaults.page_size: "),
        ('password = "env:NOWHERE"', "defaults.password: environment variable NOWHERE is not set"),
        ('limiter = "http://x"', "defaults.limiter: "),
    ],
)
def test_what_is_wrong_in_the_defaults_is_told_with_its_place_there(tmp_path: Path, line: str, words: str) -> None:
    given = 'username = "env:FS_USER"\n' + ("" if "password" in line else 'password = "env:FS_PASSWORD"\n')
    named = "" if "adapter" in line else 'adapter = "fastspring"\n'
    assert f"stores.toml: {words}" in refused(tmp_path, f"[defaults]\n{line}\n[stores.x]\n{named}{given}")


def test_defaults_that_are_no_table_are_told(tmp_path: Path) -> None:
    assert "defaults: expected a table [defaults]" in refused(
        tmp_path, 'defaults = 3\n[stores.x]\nadapter = "sparkpay"'
    )
