"""Who takes part: which processes each needs, where its rows end up, and how they are counted there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.peers import shapes
from benchmarks.servers import ROOT
from sparkpay_async.records import ORDER_EXPAND, PRODUCT_EXPAND

PROGRAMS = Path(__file__).resolve().parent / "programs"
KEYS = {"fastspring_products": "product", "fastspring_orders": "id", "sparkpay_products": "id", "sparkpay_orders": "id"}
"""The lists that every side reads, and what tells their records apart."""

Command = tuple[str, ...]


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One way to sync.

    Attributes:
        name: for people.
        venv: whose environment it needs; "" for ours.
        pipeline: its processes, each reading what the one before writes; `{python}` and `{job}` are filled in.
        into: "sqlite", "duckdb", or "messages" if it only reads, and writes messages to its standard output.
        table: what a list's table is called, as a format of `list`; of ours a query.
        env: what its processes find in their environment.
    """

    name: str
    venv: str
    pipeline: tuple[Command, ...]
    into: str
    table: str = "{list}"
    env: Mapping[str, str] = {}

    def commands(self, python: str, job: Path) -> list[list[str]]:
        """The pipeline's command lines."""
        return [[word.format(python=python, job=job) for word in command] for command in self.pipeline]

    def count(self, python: str, database: Path, output: Path) -> dict[str, int]:
        """How many different records of each list there are in the end."""
        if self.into == "messages":
            return count_messages(output)
        tables = {name: self.table.format(list=name) for name in KEYS}
        queries = {name: f"SELECT count(DISTINCT {KEYS[name]}) FROM {table}" for name, table in tables.items()}
        if not self.venv:
            queries = {name: _of_ours(name) for name in KEYS}
        command = [python, PROGRAMS / "count.py", self.into, database, msgspec.json.encode(queries).decode()]
        return msgspec.json.decode(subprocess.run(command, check=True, capture_output=True).stdout)


def _of_ours(name: str) -> str:
    store, _, stream = name.partition("_")
    return f"SELECT count(DISTINCT id) FROM {stream} WHERE store = '{store}'"


def count_messages(output: Path) -> dict[str, int]:
    """The records among the messages that a tap or a source wrote."""
    seen: dict[str, set[str]] = {name: set() for name in KEYS}
    with output.open("rb") as lines:
        for line in lines:
            message: dict[str, Any] = msgspec.json.decode(line) if line.startswith(b"{") else {}
            if message.get("type") == "RECORD":
                inner: dict[str, Any] = message["record"]
                name = message["stream"] if "stream" in message else inner["stream"]  # Airbyte nests both one deeper
                data: dict[str, Any] = inner if "stream" in message else inner["data"]
                seen[name].add(str(data[KEYS[name]]))
    return {name: len(ids) for name, ids in seen.items()}


def _program(name: str, *words: str) -> Command:
    return ("{python}", str(PROGRAMS / name), *words, "{job}")


_TAP = _program("singer_tap.py", "--config")
_DLT = {"RUNTIME__DLTHUB_TELEMETRY": "false"}
_AIRBYTE = {"AIRBYTE_ENABLE_UNSAFE_CODE": "true", "AIRBYTE_OFFLINE_MODE": "1", "DO_NOT_TRACK": "1"}

OURS = Side(
    name="ours, SQLite",
    venv="",
    pipeline=(("{python}", "-m", "benchmarks.peers.ours", "{job}"),),
    into="sqlite",
    env={"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'adapters'}"},
)
DLT = Side(
    name="dlt, DuckDB",
    venv="dlt",
    pipeline=(_program("dlt_pipeline.py"),),
    into="duckdb",
    table="shops.{list}",
    env=_DLT,
)
DLT_PARQUET = Side(
    name="dlt, DuckDB by parquet",
    venv="dlt",
    pipeline=(_program("dlt_pipeline.py", "parquet"),),
    into="duckdb",
    table="shops.{list}",
    env=_DLT,
)
SINGER = Side(
    name="singer-sdk, SQLite", venv="singer", pipeline=(_TAP, _program("singer_target.py", "--config")), into="sqlite"
)
AIRBYTE = Side(
    name="airbyte-cdk, DuckDB",
    venv="airbyte",
    pipeline=(_program("airbyte_read.py"),),
    into="duckdb",
    table="main.{list}",
    env=_AIRBYTE,
)
SINGER_ALONE = Side(name="singer-sdk, tap alone", venv="singer", pipeline=(_TAP,), into="messages")
AIRBYTE_ALONE = Side(
    name="airbyte-cdk, source alone",
    venv="airbyte",
    pipeline=(_program("airbyte_read.py", "alone"),),
    into="messages",
    env=_AIRBYTE,
)

PEERS: tuple[Side, ...] = (DLT, DLT_PARQUET, SINGER, AIRBYTE, SINGER_ALONE, AIRBYTE_ALONE)


def job(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What every side is told: where the shops are, how much of what to ask a call, and what the lists hold."""
    told: dict[str, Any] = {
        **settings,
        "page_sizes": {"fastspring": 50, "sparkpay": 100},
        "expand": {"products": ",".join(PRODUCT_EXPAND), "orders": ",".join(ORDER_EXPAND)},
        "tomorrow": str((datetime.now(UTC) + timedelta(days=2)).date()),
    }
    return {**told, "schemas": shapes.of(told)}


def interpreters(sides: Sequence[Side], find: Callable[[str], Path]) -> dict[str, str]:
    """Each side's interpreter, by the name of its environment."""
    return {side.venv: str(find(side.venv)) if side.venv else sys.executable for side in sides}
