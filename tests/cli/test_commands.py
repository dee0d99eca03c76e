"""The command as a user runs it: a process of its own, its output, its exit code."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from commerce_async.cli.app import app
from commerce_async.testing.emulator import Faults
from tests.e2e.world import world
from tests.fair import Stopwatch

pytestmark = pytest.mark.anyio

FAST = {"eu": {"rate": 50.0}, "us": {"limit": 50, "period": 0.5}}
EASY = {"eu": {"rate_limit": None}, "us": {"window": None}}


async def command(*arguments: str, cwd: Path | None = None, **env: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "commerce_async",
        *arguments,
        cwd=cwd,
        env={**os.environ, "COLUMNS": "80", "NO_COLOR": "1", **env},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


def invoke(*arguments: str) -> tuple[int, str, str]:
    """In this process, which is much quicker."""
    found = CliRunner().invoke(app, arguments)
    return found.exit_code, found.stdout, found.stderr


async def test_the_demo_syncs_both_stores_and_equals_the_emulators_ledger(tmp_path: Path) -> None:
    code, out, err = await command("sync", "--demo", "--products", "120", "--orders", "260", "--json", cwd=tmp_path)
    assert (code, err) == (0, "")
    report = json.loads(out)
    assert report["complete"] is True
    assert {s["store"] for s in report["streams"]} == {"fastspring", "sparkpay"}
    for vendor, ledger in report["emulators"].items():
        streams = {s["stream"]: s for s in report["streams"] if s["store"] == vendor}
        assert {name: s["new"] for name, s in streams.items()} == {"products": 120, "orders": 260}
        assert (ledger["products"], ledger["orders"]) == (120, 260)
        assert sum(s["calls"] for s in streams.values()) == ledger["calls"]
        assert sum(s["throttled"] for s in streams.values()) == ledger["throttled"]
    assert report["emulators"]["sparkpay"]["throttled"] == 0
    with sqlite3.connect(tmp_path / "commerce.db") as connection:
        found = connection.execute("SELECT store, count(*) FROM orders GROUP BY store").fetchall()
    connection.close()
    assert found == [("fastspring", 260), ("sparkpay", 260)]


async def test_output_that_is_no_terminal_is_plain_lines_of_at_most_80_characters_a_table_row(tmp_path: Path) -> None:
    size = ("--products", "20", "--orders", "20")
    code, out, _ = await command("sync", "--demo", *size, "--raw", "off", cwd=tmp_path)
    assert code == 0
    with sqlite3.connect(tmp_path / "commerce.db") as connection:
        assert connection.execute("SELECT DISTINCT raw, raw_form FROM orders").fetchall() == [(b"", "off")]
    connection.close()
    assert "\x1b" not in out
    assert "sparkpay orders: complete, 20 of 20 records" in out
    assert re.search(r"fastspring +products +20 +20 .* complete", out)
    assert "Rows are in sqlite:///commerce.db" in out


async def test_a_second_full_run_finds_everything_unchanged(tmp_path: Path) -> None:
    async with world(tmp_path, **EASY, options=FAST) as place:
        arguments = ("sync", "--config", str(place.config), "--into", place.into, "--json")
        assert (await command(*arguments))[0] == 0
        code, out, _ = await command(*arguments, "--full")
        assert code == 0
        assert all(s["unchanged"] == s["read"] > 0 and not s["new"] for s in json.loads(out)["streams"])
        place.assert_database_equals_truth()


async def test_store_and_stream_choose_what_is_synced(tmp_path: Path) -> None:
    async with world(tmp_path, **EASY, options=FAST) as place:
        code, out, _ = await command(
            "sync",
            "--config",
            str(place.config),
            "--into",
            place.into,
            "--store",
            "us",
            "--stream",
            "products",
            "--json",
        )
        assert code == 0
        assert [(s["store"], s["stream"]) for s in json.loads(out)["streams"]] == [("us", "products")]
        assert place.eu.ledger.calls == 0


async def test_wrong_credentials_end_in_5_and_the_other_store_is_complete(tmp_path: Path) -> None:
    async with world(tmp_path, **EASY, options={**FAST, "us": {"token": "wrong-hush"}}) as place:
        code, out, err = await command("sync", "--config", str(place.config), "--into", place.into, "--json")
        assert code == 5
        states = {(s["store"], s["stream"]): s["state"] for s in json.loads(out)["streams"]}
        assert states["eu", "orders"] == states["eu", "products"] == "complete"
        assert states["us", "orders"] == "failed"
        assert "hush" not in out + err.replace("stores.us.token", "")


async def test_a_store_that_is_down_ends_in_3_and_says_so(tmp_path: Path) -> None:
    async with world(tmp_path, **EASY, options=FAST) as place:
        text = place.config.read_text().replace(place.us.url, "http://127.0.0.1:1")
        place.config.write_text(text)
        code, out, _ = await command("doctor", "--config", str(place.config))
        assert code == 3
        eu, us = out.splitlines()
        assert re.match(r"eu +fastspring +ok, \d+ ms, limit .*, clock [+-]\d+ s", eu)
        assert re.match(r"us +sparkpay +FAILED: no complete reply: ClientConnectorError", us)


async def test_doctor_tells_refused_credentials_from_other_failures(tmp_path: Path) -> None:
    async with world(tmp_path, options={"eu": {"password": "wrong-hush"}}) as place:
        code, out, err = await command("doctor", "--config", str(place.config))
        assert code == 5
        assert "eu  fastspring  CREDENTIALS REFUSED" in out
        assert re.search(r"us  sparkpay    ok, \d+ ms, limit \d+/50", out)
        assert "wrong-hush" not in out + err
        code, out, _ = await command("doctor", "--config", str(place.config), "--store", "us", "--json")
        assert code == 0
        (us,) = json.loads(out)["stores"]
        assert (us["store"], us["ok"], us["limit"].endswith("/50")) == ("us", True, True)


async def test_an_output_that_fails_ends_the_run_in_order_and_without_a_traceback(tmp_path: Path) -> None:
    into, run = f"sqlite:///{tmp_path}/shop.db", f"{sys.executable} -m commerce_async"
    script = (
        f"{run} sync --demo --products 5 --orders 5 --into {into} | true; echo ${{PIPESTATUS[0]}}\n"
        f"{run} status --into {into} >/dev/full; echo $?\n"
    )
    process = await asyncio.create_subprocess_exec(
        "bash", "-c", script, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 120)
    assert out.decode().split() == ["141", "6"]
    assert err.decode() == "Error: the output cannot be written: No space left on device\n"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("sync",), 2, "give either --config FILE or --demo"),
        (("sync", "--config", "nothing.toml"), 4, "nothing.toml: No such file or directory"),
        (("sync", "--demo", "--into", "mysql://u:hush@h/d"), 4, "into: mysql is not supported"),
        (("sync", "--demo", "--into", "shop.db"), 4, "into: expected a database URL"),
        (("sync", "--demo", "--into", "sqlite:////no/such/folder/x.db"), 6, "unable to open database file"),
        (("sync", "--demo", "--stream", "refunds"), 2, "unknown stream refunds"),
        (("sync", "--demo", "--since", "yesterday-ish"), 2, "since: cannot read 'yesterday-ish'; give a date"),
        (("sync", "--demo", "--since", "2999-01-01"), 2, "since: 2999-01-01 is in the future"),
        (("sync", "--demo", "--since", "7d", "--full"), 2, "--full and --since"),
        (("sync", "--demo", "--watch", "0"), 2, "watch: expected a length of time such as 30s, 5m, 12h or 7d, got '0'"),
        (("sync", "--demo", "--watch", "0s"), 2, "watch: expected at least 1s"),
        (("sync", "--demo", "--watch", "5m", "--since", "7d"), 2, "--since is for one pass"),
        (("sync", "--demo", "--full-every", "soon"), 2, "full-every: expected a length of time"),
        (("sync", "--demo", "--max-gone", "all"), 2, "max-gone: expected a number of rows such as 50"),
        (("status", "--into", "sqlite:///none.db"), 4, "there is no such database"),
        (("doctor", "--config", "nothing.toml"), 4, "nothing.toml"),
    ],
)
def test_wrong_input_gets_one_clear_line_and_its_own_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    found, out, err = invoke(*arguments)
    assert found == code
    assert words in err
    assert err.count("\n") == 1
    assert "hush" not in out + err


async def test_a_process_ends_with_that_line_and_that_code(tmp_path: Path) -> None:
    found, out, err = await command("sync", "--config", "nothing.toml", cwd=tmp_path)
    assert (found, out) == (4, "")
    assert err == "Error: nothing.toml: No such file or directory\n"


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_interrupted_it_stops_within_a_second_keeps_what_is_committed_and_says_how_to_go_on(
    tmp_path: Path, sent: signal.Signals, code: int
) -> None:
    slow: dict[str, Any] = {"faults": Faults(latency=0.2), "orders": 1500}
    async with world(tmp_path, eu={"rate_limit": None, **slow}, us={"window": None, **slow}, options=FAST) as place:
        arguments = ("-m", "commerce_async", "sync", "--config", str(place.config), "--into", place.into)
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(120):
            while not (place.database.exists() and _has_orders(place)):
                await asyncio.sleep(0.02)
        watch = Stopwatch(process.pid)
        process.send_signal(sent)
        assert process.stderr is not None
        err = b""
        while b"Stopped." not in err and (line := await process.stderr.readline()):
            err += line
        assert watch.seconds() < 1.0  # all is closed by then; the interpreter's own end is not ours
        err += (await process.communicate())[1]
        assert process.returncode == code
        assert b"What was committed is kept; run the same command again" in err
        assert b"Traceback" not in err
        kept = place.rows("SELECT count(*) FROM orders")[0][0]
        assert kept > 0
        assert set(place.rows("SELECT state FROM sync_runs")) <= {("stopped",), ("complete",)}
        place.eu.faults.latency = place.us.faults.latency = 0.0
        found, _, _ = await command(*arguments[2:])
        assert found == 0
        place.assert_database_equals_truth()


def _has_orders(place: Any) -> bool:
    try:
        return bool(place.rows("SELECT 1 FROM orders LIMIT 1"))
    except sqlite3.OperationalError:  # not created yet
        return False


async def test_emulate_shows_urls_and_credentials_that_work_until_it_is_interrupted(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "commerce_async", "emulate", "--products", "5", "--orders", "7", "--json"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    text = b""
    while True:
        line = await asyncio.wait_for(process.stdout.readline(), 60)
        assert line, "it ended"
        text += line
        try:
            document = json.loads(text)
        except json.JSONDecodeError:
            continue
        break
    lines = []
    for name, settings in document["stores"].items():
        lines.append(f"[stores.{name}]")
        lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in settings.items()]
    config = tmp_path / "stores.toml"
    config.write_text("\n".join(lines), encoding="utf-8")
    code, out, err = await command("sync", "--config", str(config), "--into", f"sqlite:///{tmp_path}/x.db", "--json")
    process.send_signal(signal.SIGINT)
    _, ended = await process.communicate()
    assert code == 0, err
    assert {(s["stream"], s["read"]) for s in json.loads(out)["streams"]} == {("products", 5), ("orders", 7)}
    assert process.returncode == 130
    assert ended == b"The emulators have stopped.\n"


async def test_version_and_help_are_there() -> None:
    assert (await command("--version"))[:2] == (0, "commerce-async 0.1.0\n")
    code, out, _ = await command("--help")
    assert code == 0
    assert all(word in out for word in ("sync", "status", "emulate", "doctor"))
