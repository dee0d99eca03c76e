"""Both emulators and a configuration file for them, and the comparison of a database with their truth."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from commerce_async.testing.emulator import Emulator
from fastspring_async.emulator import FastSpringEmulator
from sparkpay_async.emulator import SparkPayEmulator
from tests import postgres as postgresql


class World:
    """Two shops and where a sync of them lands.

    Args:
        into: the URL of an empty database; by default one of SQLite in the folder.

    Attributes:
        settings: of both stores, by name.
    """

    def __init__(
        self,
        folder: Path,
        eu: FastSpringEmulator,
        us: SparkPayEmulator,
        options: dict[str, Any],
        into: str | None = None,
    ) -> None:
        self.eu, self.us = eu, us
        self.database = folder / "shop.db"
        self.into = into or f"sqlite:///{self.database}"
        self.config = folder / "stores.toml"
        self.settings = {name: {**shop.settings(), **options.get(name, {})} for name, shop in (("eu", eu), ("us", us))}
        lines: list[str] = []
        for name, vendor in (("eu", "fastspring"), ("us", "sparkpay")):
            settings = {"adapter": vendor, **self.settings[name]}
            lines.append(f"[stores.{name}]")
            lines += [f"{key} = {msgspec.json.encode(value).decode()}" for key, value in settings.items()]
        self.config.write_text("\n".join(lines), encoding="utf-8")

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        if not self.into.startswith("sqlite"):
            return self._rows_of_server(query, *values)
        connection = sqlite3.connect(self.database)
        try:
            return connection.execute(query, values).fetchall()
        finally:
            connection.close()

    def _rows_of_server(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        for number in range(1, len(values) + 1):
            query = query.replace("?", f"${number}", 1)
        with ThreadPoolExecutor(1) as thread:  # the test's event loop runs in this one
            return thread.submit(lambda: asyncio.run(postgresql.rows(self.into, query, *values))).result()

    def assert_database_equals_truth(self) -> None:
        """Every readable record is there once, with its total to the cent, and every other one in quarantine."""
        for name, shop in (("eu", self.eu), ("us", self.us)):
            self._assert_ids(name, "products", {str(id) for id in shop.product_ids()})
            orders = {str(id) for id in shop.order_ids()}
            self._assert_ids(name, "orders", orders)
            stored = dict(self.rows("SELECT id, total FROM orders WHERE store = ?", name))
            wrong = [id for id, total in stored.items() if Decimal(total) != _total(shop, id)]
            assert not wrong, f"{len(wrong)} orders of {name} have another total, such as {wrong[:3]}"
            [(lines,)] = self.rows("SELECT count(*) FROM order_lines WHERE store = ? AND order_id NOT IN "
                                   "(SELECT id FROM orders WHERE store = ?)", name, name)  # fmt: skip
            assert lines == 0

    def _assert_ids(self, name: str, table: str, truth: set[str]) -> None:
        found = [id for (id,) in self.rows(f"SELECT id FROM {table} WHERE store = ?", name)]
        held = {id for (id,) in self.rows("SELECT id FROM quarantine WHERE store = ? AND stream = ?", name, table)}
        assert len(found) == len(set(found)), f"{name} {table}: a row twice"
        assert set(found) | held == truth, f"{name} {table}: {len(truth - set(found) - held)} lost"
        assert not set(found) & held


def _total(shop: Emulator, id: str) -> Decimal:
    key: Any = id if isinstance(shop, FastSpringEmulator) else int(id)
    return shop.order_total(key)  # type: ignore[attr-defined]


@asynccontextmanager
async def world(
    folder: Path,
    *,
    eu: dict[str, Any] | None = None,
    us: dict[str, Any] | None = None,
    options: dict[str, Any] | None = None,
    into: str | None = None,
) -> AsyncIterator[World]:
    async with FastSpringEmulator(**(eu or {})) as fast, SparkPayEmulator(**(us or {})) as spark:
        yield World(folder, fast, spark, options or {}, into)
