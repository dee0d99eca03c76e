"""A secret shows itself only when asked to, and is found where it is kept."""

from __future__ import annotations

import copy
import json
import pickle
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import msgspec
import pytest

from commerce_async.errors import ConfigError
from commerce_async.http.auth import Basic, HeaderToken
from commerce_async.secrets import Secret, is_reference, resolve

TEXT = "hünter2-5up3r"


def test_it_shows_stars_to_everything_but_reveal() -> None:
    secret = Secret(TEXT)
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>20}",
        repr([secret]),
        repr({"a": secret}),
    ]
    assert all("***" in text and TEXT not in text for text in shown)
    assert secret.reveal() == TEXT
    assert not hasattr(secret, "__dict__")


def test_it_does_not_slip_into_json_msgpack_or_a_pickle() -> None:
    secret = Secret(TEXT)
    for dump in (json.dumps, msgspec.json.encode, msgspec.msgpack.encode, pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError) as caught:
            dump(secret)
        assert TEXT not in str(caught.value)
    assert json.dumps(secret, default=str) == '"***"'


def test_equal_secrets_are_equal_and_no_text_is_a_secret() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ConfigError, match="empty"):
        Secret("")


@pytest.mark.parametrize("text", ["env:A", "keyring:a/b", "file:x"])
def test_references_are_recognised(text: str) -> None:
    assert is_reference(text)
    assert not is_reference(text.upper())


def test_any_other_text_is_the_secret() -> None:
    assert resolve("https://not:a:reference").reveal() == "https://not:a:reference"


def test_a_secret_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", TEXT)
    assert resolve("env:SHOP_PASSWORD").reveal() == TEXT
    monkeypatch.setenv("SHOP_PASSWORD", "")
    for name in ("SHOP_PASSWORD", "NOT_SET_AT_ALL"):
        with pytest.raises(ConfigError, match=f"variable {name} is not set"):
            resolve(f"env:{name}")
    with pytest.raises(ConfigError):
        resolve("env:")


def test_a_secret_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{TEXT}\n", encoding="utf-8")
    assert resolve(f"file:{file}").reveal() == TEXT
    monkeypatch.setenv("HOME", str(tmp_path))
    assert resolve("file:~/secret").reveal() == TEXT


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "is empty"), (b" \n", "is empty"), (TEXT.encode("latin-1"), "not UTF-8")]
)
def test_a_file_without_a_readable_secret_is_a_config_error(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=words) as caught:
        resolve(f"file:{file}")
    assert "nter2" not in str(caught.value)


@pytest.mark.parametrize("place", ["/no/such/file", "~no-such-user-at-all/secret", "a\x00b", "", "/"])
def test_a_file_that_is_not_there_is_a_config_error(place: str) -> None:
    with pytest.raises(ConfigError, match="secret file"):
        resolve(f"file:{place}")


# -- keyring -----------------------------------------------------------------------------------------------------


class KeyringError(Exception):
    """Stands in for keyring's own."""


def install(monkeypatch: pytest.MonkeyPatch, get_password: Any) -> None:
    module: Any = ModuleType("keyring")
    module.get_password = get_password
    monkeypatch.setitem(sys.modules, "keyring", module)
    monkeypatch.setitem(sys.modules, "keyring.errors", SimpleNamespace(KeyringError=KeyringError))  # type: ignore[misc]  # enough of a module


def test_a_secret_in_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {("commerce/eu", "anna"): TEXT}
    install(monkeypatch, lambda service, user: kept.get((service, user)))
    assert resolve("keyring:commerce/eu/anna").reveal() == TEXT
    with pytest.raises(ConfigError, match="no secret for commerce/eu/otto"):
        resolve("keyring:commerce/eu/otto")


@pytest.mark.parametrize("place", ["", "service", "/user", "service/"])
def test_a_keyring_place_without_service_or_user_is_a_config_error(place: str) -> None:
    with pytest.raises(ConfigError, match="SERVICE/USER"):
        resolve(f"keyring:{place}")


def test_a_keyring_that_does_not_answer_is_a_config_error_without_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_place: str) -> str:
        raise KeyringError(f"locked, and by the way: {TEXT}")

    install(monkeypatch, fail)
    with pytest.raises(ConfigError, match="did not answer") as caught:
        resolve("keyring:a/b")
    assert TEXT not in str(caught.value)


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigError, match=r"commerce-async\[keyring\]"):
        resolve("keyring:a/b")


def test_what_stands_behind_env_and_is_no_variable_s_name_is_not_shown() -> None:
    with pytest.raises(ConfigError, match="the name of an environment variable") as caught:
        resolve(f"env:{TEXT}")
    assert TEXT not in str(caught.value)


def test_a_refused_credential_is_held_by_no_frame_of_ours() -> None:
    for make in (
        lambda: Basic("a:b", Secret(TEXT)),
        lambda: HeaderToken("X-Token", Secret(f"{TEXT}\n")),
        lambda: HeaderToken("X-Token", Secret(f"{TEXT}\ud800")),
    ):
        with pytest.raises(ConfigError) as caught:
            make()
        assert TEXT not in "".join(
            repr(frame.frame.f_locals) for frame in caught.traceback[1:] if "commerce_async" in str(frame.path)
        )
