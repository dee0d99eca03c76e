"""`commerce-async login`: a browser that is aiohttp, the shop's pages, and the command, here or as its own process."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import re
import socket
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from commerce_async.cli.login import sign_in
from commerce_async.cli.running import _code, complain
from commerce_async.config import load_stores
from commerce_async.errors import CommerceError
from tests.sparkpay.oauth_shop import SECRET, Shop, shop

pytestmark = pytest.mark.anyio

HIDDEN = (SECRET, "access-token", "refresh-token")


@dataclass
class Command:
    """The command while it runs."""

    process: asyncio.subprocess.Process
    url: str = ""
    shown: str = ""

    async def end(self) -> tuple[int, str, str]:
        out, err = await asyncio.wait_for(self.process.communicate(), 60)
        assert self.process.returncode is not None
        shown = self.shown + out.decode(), err.decode()
        for secret in HIDDEN:
            assert secret not in "".join(shown)
        return self.process.returncode, *shown


class Inside:
    """The same, run in this process, which is quicker."""

    def __init__(self, config: Path, timeout: float) -> None:
        self._out, self._err = io.StringIO(), io.StringIO()
        self._task = asyncio.ensure_future(self._run(config, timeout))

    async def _run(self, config: Path, timeout: float) -> int:
        with contextlib.redirect_stdout(self._out), contextlib.redirect_stderr(self._err):
            try:
                return await sign_in(load_stores(config, only=("us",))[0], browser=False, timeout=timeout)
            except CommerceError as error:
                complain(f"Error: {error}")
                return _code(error)

    @property
    def url(self) -> str:
        return next((line.strip() for line in self._out.getvalue().splitlines() if line.startswith("  http")), "")

    async def end(self) -> tuple[int, str, str]:
        code = await asyncio.wait_for(self._task, 60)
        shown = self._out.getvalue(), self._err.getvalue()
        for secret in HIDDEN:
            assert secret not in "".join(shown)
        return code, *shown


@asynccontextmanager
async def inside(config: Path, timeout: float = 20.0) -> AsyncIterator[Inside]:
    """The command in this process, once it has shown the address."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("APP_SECRET", SECRET)
        command = Inside(config, timeout)
        while not command.url and not command._task.done():
            await asyncio.sleep(0.01)
        yield command
        await command._task


@asynccontextmanager
async def login(config: Path, *arguments: str, **env: str) -> AsyncIterator[Command]:
    """The command as a process of its own, once it has shown the address."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "commerce_async", "login", "--config", str(config), "--store", "us", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "APP_SECRET": SECRET, "NO_COLOR": "1", "DISPLAY": "", "BROWSER": "", **env},
    )
    command = Command(process)
    assert process.stdout is not None
    try:
        while not command.url:
            line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
            command.shown += line
            if line.strip().startswith("http"):
                command.url = line.strip()
            if not line:
                break
        yield command
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def browse(url: str) -> tuple[int, str, str]:
    """What a browser ends with: status, text and address."""
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.text(), str(response.url)


async def sent_back(place: Shop, url: str) -> str:
    """Where the shop sends the browser, which does not go there."""
    async with aiohttp.ClientSession() as session, session.get(url, allow_redirects=False) as response:
        return response.headers["Location"]


def token_file(folder: Path) -> Path:
    return folder / "tokens" / "us.json"


async def test_a_login_keeps_a_token_that_works_in_a_file_that_only_its_user_can_read(tmp_path: Path) -> None:
    async with shop() as place, login(place.config(tmp_path), "--no-browser") as command:
        status, page, address = await browse(command.url)
        code, out, err = await command.end()
        assert (code, err, status) == (0, "", 200)
        assert "You are signed in" in page
        assert address.startswith("http://127.0.0.1:")
        assert re.search(
            r"Signed in as anna\. The token is kept in file:.*; it expires .* and is renewed as needed", out
        )
        file = token_file(tmp_path)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        assert [each.name for each in file.parent.iterdir()] == ["us.json"]
        async with place.store(f"file:{file}") as store:
            await store.probe()
        assert place.seen["/api/oauth/refresh"] == 0


async def test_a_person_who_says_no_is_told_so(tmp_path: Path) -> None:
    async with shop() as place, inside(place.config(tmp_path)) as command:
        place.denies = True
        _, page, _ = await browse(command.url)
        code, _, err = await command.end()
    assert code == 5
    assert err == "Error: access was not granted: access_denied: user_denied: The user said no.\n"
    assert "did not succeed" in page
    assert not token_file(tmp_path).exists()


async def test_an_answer_with_another_state_is_refused(tmp_path: Path) -> None:
    async with shop() as place, inside(place.config(tmp_path)) as command:
        back = await sent_back(place, command.url)
        forged = re.sub(r"state=[0-9a-f]+", "state=" + "0" * 32, back)
        assert forged != back
        await browse(forged)
        code, _, err = await command.end()
        assert place.seen["/api/oauth/access_token"] == 0
    assert code == 5
    assert "is not for this login (its state is another's)" in err
    assert err.count("\n") == 1
    assert not token_file(tmp_path).exists()


async def test_only_the_first_answer_counts(tmp_path: Path) -> None:
    async with shop() as place, inside(place.config(tmp_path)) as command:
        back = await sent_back(place, command.url)
        pages = await asyncio.gather(browse(back), browse(back), browse(back.partition("?")[0]))
        code, _, err = await command.end()
        assert place.seen["/api/oauth/access_token"] == 1
    assert code == 0
    assert sorted(status for status, _, _ in pages) == [200, 400, 410]
    assert err == "The browser came a second time; only the first answer counts.\n"


async def test_nobody_comes(tmp_path: Path) -> None:
    async with shop() as place, inside(place.config(tmp_path), timeout=0.05) as command:
        code, _, err = await command.end()
    assert (code, err) == (5, "Error: nobody signed in within 0.05 s; run the command again\n")


async def test_the_address_may_be_pasted_where_the_browser_cannot_reach_this_machine(tmp_path: Path) -> None:
    redirect_uri = "https://app.example.com/back?for=me"
    async with shop() as place, login(place.config(tmp_path, redirect_uri=redirect_uri), "--no-browser") as command:
        back = await sent_back(place, command.url)
        assert back.startswith(redirect_uri)
        assert command.process.stdin is not None
        command.process.stdin.write(f"what?\n\n{back}\n".encode())
        code, out, err = await command.end()
    assert code == 0
    assert "Signed in as anna" in out
    assert err.startswith("That is not the address of an answer.")


async def test_a_configured_address_is_used_and_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.listen()
        async with shop() as place:
            config = place.config(tmp_path, redirect_uri=f"http://localhost:{port}/Back/Here")
            async with inside(config) as command:
                code, _, err = await command.end()
            assert code == 4
            assert err == f"Error: redirect_uri: cannot listen on 127.0.0.1, port {port}: Address already in use\n"
            taken.close()
            async with inside(config) as command:
                back = await sent_back(place, command.url)
                assert back.startswith(f"http://localhost:{port}/Back/Here?state=")
                assert (await browse(back.replace("localhost", "127.0.0.1")))[0] == 200
                assert (await command.end())[0] == 0


async def test_a_code_that_the_shop_does_not_take_is_one_line(tmp_path: Path) -> None:
    async with shop() as place, inside(place.config(tmp_path)) as command:
        place.fails = 400
        _, page, _ = await browse(command.url)
        code, _, err = await command.end()
    assert code == 5
    assert err.startswith("Error: us oauth.exchange: invalid_grant: No good")
    assert err.count("\n") == 1
    assert "did not succeed" in page
    assert "c0de" not in err


async def test_a_browser_is_opened_where_there_is_one(tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}.new && mv {opened}.new {opened}\n')
    script.chmod(0o700)
    async with shop() as place, login(place.config(tmp_path), BROWSER=f"{script} %s") as command:
        async with asyncio.timeout(60):
            while not opened.exists():
                await asyncio.sleep(0.02)
        assert opened.read_text() == command.url
        await browse(command.url)
        assert (await command.end())[0] == 0


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ('adapter = "fastspring"\nusername = "u"\npassword = "env:APP_SECRET"', 2, "us: fastspring has no login"),
        (
            'adapter = "sparkpay"\nbase_url = "https://shop.example.com"\ncurrency = "USD"\ntoken = "env:APP_SECRET"',
            4,
            "token: this store has one, and needs no login",
        ),
        ('adapter = "sparkpay"\nbase_url = "https://shop.example.com"\ncurrency = "USD"', 4, "neither is given"),
    ],
)
async def test_a_store_without_a_login_is_one_clear_line(tmp_path: Path, text: str, code: int, words: str) -> None:
    config = tmp_path / "stores.toml"
    config.write_text(f"[stores.us]\n{text}\n", encoding="utf-8")
    async with inside(config) as command:
        found, _, err = await command.end()
    assert found == code
    assert words in err
    assert err.count("\n") == 1


async def test_interrupted_it_says_so(tmp_path: Path) -> None:
    async with shop() as place, login(place.config(tmp_path), "--no-browser") as command:
        command.process.send_signal(2)
        code, _, err = await command.end()
    assert (code, err) == (130, "Stopped. Nothing was kept.\n")


async def test_a_strange_request_gets_nothing_and_harms_nothing(tmp_path: Path) -> None:
    async with shop() as place, inside(place.config(tmp_path)) as command:
        back = await sent_back(place, command.url)
        root = back.partition("/callback")[0]
        assert (await browse(f"{root}/favicon.ico"))[0] == 404
        async with aiohttp.ClientSession() as session, session.post(back) as response:
            found: Any = response.status
        assert found == 404
        assert (await browse(back))[0] == 200
        assert (await command.end())[0] == 0
