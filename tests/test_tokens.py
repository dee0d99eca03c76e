"""Where tokens are kept: for this user only, replaced as a whole, and never shown."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio
import pytest

from commerce_async.errors import ConfigError
from commerce_async.secrets import Secret, resolve
from commerce_async.tokens import FileTokens, KeyringTokens, MemoryTokens, Token, TokenPlace, TokenStore

pytestmark = pytest.mark.anyio

FULL = Token(
    access=Secret("acc\u00e9ss-1"),
    refresh=Secret("refresh-1"),
    expires=datetime(2026, 3, 1, 12, 0, 0, 971510, UTC),
    obtained=datetime(2026, 3, 1, 11, tzinfo=UTC),
    audience="https://shop.example.com app 7",
    user="anna",
)
BARE = Token(access=Secret("access-2"))


class Keyring(ModuleType):
    """A keyring in memory."""

    def __init__(self, *, fails: bool = False) -> None:
        super().__init__("keyring")
        self.kept: dict[tuple[str, str], str] = {}
        self.errors = ModuleType("keyring.errors")
        self.failure = self.errors.KeyringError = type("KeyringError", (Exception,), {})  # type: ignore[attr-defined]
        self.fails = fails

    def get_password(self, service: str, user: str) -> str | None:
        if self.fails:
            raise self.failure("hush access-2")
        return self.kept.get((service, user))

    def set_password(self, service: str, user: str, text: str) -> None:
        if self.fails:
            raise self.failure(f"hush {text}")
        self.kept[service, user] = text


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    found = Keyring()
    monkeypatch.setitem(sys.modules, "keyring", found)
    monkeypatch.setitem(sys.modules, "keyring.errors", found.errors)
    return found


@pytest.mark.parametrize("kind", ["memory", "file", "keyring"])
async def test_what_is_saved_is_loaded_whole_and_the_last_one_counts(
    kind: str, tmp_path: Path, keyring: Keyring
) -> None:
    stores: dict[str, TokenStore] = {
        "memory": MemoryTokens(),
        "file": FileTokens(tmp_path / "a" / "b" / "t.json"),
        "keyring": KeyringTokens("commerce-async/us/anna"),
    }
    store = stores[kind]
    assert isinstance(store, TokenStore)
    assert await store.load() is None
    for token in (BARE, FULL, BARE):
        await store.save(token)
        assert await store.load() == token
    assert "access-2" not in repr(store) + str(store) + repr(await store.load())


async def test_the_file_is_readable_by_its_user_only_from_the_first_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[int] = []
    real = os.open

    def spy(path: Any, flags: int, mode: int = 0o777, **rest: Any) -> int:
        number = real(path, flags, mode, **rest)
        if flags & os.O_CREAT:
            assert flags & os.O_EXCL
            modes.append(stat.S_IMODE(os.fstat(number).st_mode))
        return number

    monkeypatch.setattr(os, "open", spy)
    before = os.umask(0)
    try:
        file = tmp_path / "kept" / "t.json"
        await FileTokens(file).save(FULL)
    finally:
        os.umask(before)
    assert modes == [0o600]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


async def test_a_symbolic_link_is_neither_followed_nor_replaced(tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    target.write_text("mine")
    link = tmp_path / "t.json"
    link.symlink_to(target)
    with pytest.raises(ConfigError, match="symbolic link"):
        await FileTokens(link).load()
    with pytest.raises(ConfigError, match="symbolic link"):
        await FileTokens(link).save(FULL)
    assert target.read_text() == "mine"
    assert link.is_symlink()


async def test_a_file_that_others_can_read_is_refused_with_the_cure(tmp_path: Path) -> None:
    file = tmp_path / "t.json"
    await FileTokens(file).save(FULL)
    file.chmod(0o640)
    with pytest.raises(ConfigError, match=r"can be read by others; run: chmod 600"):
        await FileTokens(file).load()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
async def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "t.json"
    await FileTokens(file).save(FULL)
    os.chown(file, 12345, -1)
    with pytest.raises(ConfigError, match="belongs to another user"):
        await FileTokens(file).load()


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
async def test_what_is_no_file_is_refused_and_waited_for_by_nobody(tmp_path: Path, make: Any) -> None:
    make(tmp_path / "t.json")
    with pytest.raises(ConfigError, match=r"is not a file|Is a directory"):
        await asyncio.wait_for(FileTokens(tmp_path / "t.json").load(), 30)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"hush-secret",
        b"{}",
        b'{"access_token": ""}',
        b'{"access_token": 7, "x": "hush-secret"}',
        b'{"access_token": "hush-secret", "expires": "hush-secret"}',
        b'{"access_token": "hush-secret", "expires": "2026-03-01T12:00:00"}',
        b"\xff",
    ],
)
async def test_a_file_that_holds_no_token_is_named_and_not_shown(tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "t.json"
    file.write_bytes(text)
    file.chmod(0o600)
    with pytest.raises(ConfigError, match=r"t\.json holds no token; delete it and log in again") as caught:
        await FileTokens(file).load()
    assert "hush" not in str(caught.value)


async def test_a_failed_replacement_leaves_the_old_token_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "t.json"
    await FileTokens(file).save(FULL)

    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match=r"cannot write the token file .*: No space left on device"):
        await FileTokens(file).save(BARE)
    assert await FileTokens(file).load() == FULL
    assert [each.name for each in tmp_path.iterdir()] == ["t.json"]


async def test_readers_beside_a_writer_always_find_a_whole_token(tmp_path: Path) -> None:
    store = FileTokens(tmp_path / "t.json")
    await store.save(BARE)

    async def write() -> None:
        for _ in range(50):
            await store.save(FULL)
            await store.save(BARE)

    async def read() -> set[Token | None]:
        return {await store.load() for _ in range(100)}

    _, *found = await asyncio.gather(write(), *(read() for _ in range(4)))
    assert set().union(*found) <= {FULL, BARE}


async def test_a_keyring_that_fails_is_one_line_without_its_words(keyring: Keyring) -> None:
    keyring.fails = True
    store = KeyringTokens("service/user")
    for doing in (store.load(), store.save(BARE)):
        with pytest.raises(ConfigError, match="the keyring did not answer for service/user: KeyringError") as caught:
            await doing
        assert "access-2" not in str(caught.value)


async def test_without_the_keyring_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigError, match=r"pip install 'commerce-async\[keyring\]'"):
        await KeyringTokens("service/user").load()


async def test_a_slow_keyring_does_not_hold_up_the_event_loop(
    keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    from threading import Event

    gate = Event()
    monkeypatch.setattr(keyring, "get_password", lambda *_: str(gate.wait(5)) and None)
    waiting = asyncio.ensure_future(KeyringTokens("service/user").load())
    await asyncio.sleep(0)
    gate.set()
    assert await waiting is None


async def test_a_keyring_that_never_answers_is_not_waited_for_and_holds_nothing_up(
    keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    from threading import Event

    gate = Event()
    monkeypatch.setattr(keyring, "set_password", lambda *_: gate.wait(10))
    monkeypatch.setattr("commerce_async.tokens._PATIENCE", 0.02)
    try:
        with pytest.raises(ConfigError, match=r"service/user within 0\.02 s; is it locked"):
            await KeyringTokens("service/user").save(BARE)
        with anyio.move_on_after(0.01) as scope:
            await KeyringTokens("service/user").save(BARE)
        assert scope.cancelled_caught
    finally:
        gate.set()


async def test_a_keyring_whose_backend_raises_anything_else_is_one_line_too(
    keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: str) -> str:
        raise RuntimeError("D-Bus says access-2")

    monkeypatch.setattr(keyring, "get_password", broken)
    with pytest.raises(ConfigError, match="the keyring did not answer for service/user: RuntimeError"):
        await KeyringTokens("service/user").load()
    with pytest.raises(ConfigError, match="the keyring did not answer for service/user: RuntimeError"):
        resolve("keyring:service/user")


async def test_a_renewal_that_stalls_in_another_process_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commerce_async.tokens._LONGEST", 0.02)
    entered: list[int] = []
    async with FileTokens(tmp_path / "t.json").alone(), FileTokens(tmp_path / "t.json").alone():
        entered.append(1)
    async with FileTokens(tmp_path / "none" / "t.json").alone(), FileTokens("/").alone():
        entered.append(2)
    assert entered == [1, 2]


@pytest.mark.parametrize("text", ["", "t.json", "file:", "env:TOKEN", "keyring:", "memory:", "http://x"])
def test_a_place_is_a_file_or_a_keyring(text: str) -> None:
    with pytest.raises(ConfigError, match="expected file:PATH or keyring:SERVICE/USER"):
        TokenPlace(text)
    with pytest.raises(ConfigError, match="SERVICE/USER"):
        TokenPlace("keyring:service")


def test_a_place_shows_where_it_is() -> None:
    assert str(TokenPlace("file:~/t.json").store) == "file:~/t.json"
    assert repr(TokenPlace("keyring:a/b")) == "TokenPlace('keyring:a/b')"
