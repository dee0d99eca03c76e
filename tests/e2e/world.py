"""Both emulators and a configuration file for them, and the comparison of a database with their truth."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from commerce_async.testing.emulator import Emulator
from fastspring_async.emulator import FastSpringEmulator
from sparkpay_async.emulator import SparkPayEmulator


class World:
    """Two shops and where a sync of them lands."""

    def __init__(self, folder: Path, eu: FastSpringEmulator, us: SparkPayEmulator, options: dict[str, Any]) -> None:
        self.eu, self.us = eu, us
        self.database = folder / "shop.db"
        self.into = f"sqlite:///{self.database}"
        self.config = folder / "stores.toml"
        lines: list[str] = []
        for name, vendor, shop in (("eu", "fastspring", eu), ("us", "sparkpay", us)):
            settings = {"adapter": vendor, **shop.settings(), **options.get(name, {})}
            lines.append(f"[stores.{name}]")
            lines += [f"{key} = {msgspec.json.encode(value).decode()}" for key, value in settings.items()]
        self.config.write_text("\n".join(lines), encoding="utf-8")

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.database)
        try:
            return connection.execute(query, values).fetchall()
        finally:
            connection.close()

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
) -> AsyncIterator[World]:
    async with FastSpringEmulator(**(eu or {})) as fast, SparkPayEmulator(**(us or {})) as spark:
        yield World(folder, fast, spark, options or {})
