"""Products from files of a person's own: JSON lines or CSV. Pure; a line that cannot be read takes no other with it.

docs/mirror.md says how a line is written.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, cast

import msgspec

from commerce_async.schema import Product, money, require_currency
from commerce_async.schema.lenient import one_line, untyped
from commerce_async.sync.plans import check_amounts

VENDOR: Final = "file"
"""The vendor of products whose line names none: what they leave empty is not told, and stays as it is."""

_PLAIN: Final = (
    "store", "vendor", "id", "sku", "name", "kind", "status", "tax_code", "parent_id", "created_at", "updated_at",
)  # fmt: skip
_TEXTS: Final = ("name", "summary", "description")
_JSON: Final = ("texts", "prices", "subscription", "variants", "images", "attributes", "categories")
# What an export has beside the product, and what is not written to a store.
_BESIDE: Final = ("first_seen_at", "changed_at", "raw")
_STORED: Final = ("gone_at", "stock_tracked", "stock_on_order", "stock_backorder", "interval", "interval_length")
_HINT: Final = (
    f"there are: {', '.join(_PLAIN)}, summary, description, stock, image, price.CODE, attributes.NAME, texts.…"
)


class Line(msgspec.Struct, frozen=True):
    """One product of a file, or why there is none.

    Attributes:
        number: of the line, from 1.
        reason: why it cannot be read, in one line.
    """

    number: int
    product: Product | None = None
    reason: str | None = None


def json_lines(lines: Iterable[bytes], *, name: str) -> Iterator[Line]:
    """A product per line, in the common schema. Empty lines are passed over.

    Args:
        name: the store of products whose line names none.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            members = untyped(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)
            yield Line(number, _product(members, number, name))
        except (ValueError, RecursionError) as error:
            yield Line(number, reason=one_line(error))


def csv_lines(lines: Iterable[str], *, name: str) -> Iterator[Line]:
    """A product per row, under a row with the names of the columns. An empty cell is not told.

    Raises:
        ValueError: a column that there is not, or no columns at all; nothing can be read then.
    """
    rows = csv.reader(lines, strict=True)
    try:
        columns = [each.strip().removeprefix("\ufeff") for each in next(rows, list[str]())]
    except csv.Error as error:
        raise ValueError(f"line 1: {one_line(error)}") from None
    _check_columns(columns)
    while True:
        number = rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Line(number, reason=one_line(error))
            continue
        if not any(cell.strip() for cell in row):
            continue
        try:
            _check_text(row)
            if len(row) != len(columns):
                raise ValueError(f"has {len(row)} cells, and there are {len(columns)} columns")  # noqa: TRY301  as others
            yield Line(number, _product(_members(zip(columns, row, strict=True)), number, name))
        except ValueError as error:
            yield Line(number, reason=one_line(error))


# -- one product ------------------------------------------------------------------------------------------------------


def _product(members: object, number: int, name: str) -> Product:
    """The product of a line.

    Raises:
        ValueError: the place, and what is wrong there.
    """
    if not isinstance(members, dict):
        raise ValueError("expected an object")  # noqa: TRY004  bad data, not a bad call
    found = {key: value for key, value in cast("dict[str, Any]", members).items() if key not in _BESIDE}
    if found.pop("gone_at", None) is not None:
        raise ValueError("it is marked gone")
    found["raw"] = b""
    for member, default in (("store", name), ("vendor", VENDOR), ("id", found.get("sku") or f"line {number}")):
        if found.get(member) in (None, ""):
            found[member] = default
    try:
        product = msgspec.convert(found, Product)
    except msgspec.ValidationError as error:
        raise ValueError(_worded(str(error))) from None
    if extra := _extra(found, msgspec.to_builtins(product, builtin_types=(bytes,)), ""):
        raise ValueError(f"unknown member {extra}")
    check_amounts(product)
    for place, price in enumerate(product.prices):
        if price.currency != require_currency(price.currency):
            raise ValueError(f"prices[{place}].currency: a code is written in capitals")
        if price.amount < 0:
            raise ValueError(f"prices[{place}].amount: is below 0")
    return product


def _worded(message: str) -> str:
    """msgspec's words with the place before them."""
    words, _, place = message.partition(" - at `$")
    place = place.rstrip("`").lstrip(".")
    return f"{place}: {words[:1].lower()}{words[1:]}" if place else words


def _extra(given: Any, read: Any, at: str) -> str | None:
    """The first member that was given and is none: a name that was mistyped must not be lost in silence."""
    if isinstance(given, dict) and isinstance(read, dict):
        members = cast("dict[str, Any]", read)
        for name, value in cast("dict[str, Any]", given).items():
            if name not in members:
                return f"{at}{name}"
            if extra := _extra(value, members[name], f"{at}{name}."):
                return extra
    if isinstance(given, list) and isinstance(read, list | tuple):
        for number, (one, other) in enumerate(zip(cast("list[Any]", given), cast("list[Any]", read), strict=True)):
            if extra := _extra(one, other, f"{at.removesuffix('.')}[{number}]."):
                return extra
    return None


# -- CSV --------------------------------------------------------------------------------------------------------------


def _check_text(cells: Iterable[str]) -> None:
    """A file is opened so that bytes that are no UTF-8 become lone surrogates: they spoil their row, and no other."""
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        raise ValueError("is not UTF-8: save the file as that") from None


def _check_columns(columns: list[str]) -> None:
    try:
        _check_text(columns)
    except ValueError as error:
        raise ValueError(f"line 1: {error}") from None
    if len(columns) == 1 and ";" in columns[0]:
        raise ValueError("line 1: the columns stand between semicolons; expected commas, and amounts with a point")
    if not any(columns):
        raise ValueError(f"line 1: expected the names of the columns; {_HINT}")
    for column in columns:
        if columns.count(column) > 1:
            raise ValueError(f"line 1: the column {column!r} is there twice")
        try:
            _place({}, column, "1")
        except ValueError as error:
            raise ValueError(f"line 1: column {column!r}: {error}") from None


def _members(cells: Iterable[tuple[str, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column, cell in cells:
        if cell.strip():
            try:
                _place(found, column, cell.strip())
            except ValueError as error:
                raise ValueError(f"{column}: {error}") from None
    return found


def _place(members: dict[str, Any], column: str, cell: str) -> None:
    """Puts a cell where it belongs in the common schema.

    Raises:
        ValueError: there is no such column, or the cell is not what it holds.
    """
    head, _, rest = column.partition(".")
    if column in _PLAIN or column == "gone_at":
        members[column] = cell
    elif column in _JSON:
        _json(members, column, cell)
    elif column in ("stock_tracked", "stock_backorder"):
        part = column.removeprefix("stock_")
        members["stock"] = {"tracked": True, **members.get("stock", {}), part: cell.lower() in ("true", "1")}
    elif column in ("interval", "interval_length"):
        value = cell if column == "interval" else _whole(cell)
        members["subscription"] = {**members.get("subscription", {}), column: value}
    elif column in ("summary", "description"):
        _text(members, "", column, cell)
    elif column == "image":
        members["images"] = [{"url": cell}]
    elif column in ("stock", "stock_on_order"):
        part = "on_hand" if column == "stock" else "on_order"
        members["stock"] = {"tracked": True, **members.get("stock", {}), part: _whole(cell)}
    elif head == "price" and rest:
        code, _, kind = rest.partition(".")
        price = {"currency": require_currency(code), "amount": money(cell), **({"kind": kind} if kind else {})}
        members.setdefault("prices", []).append(price)
    elif head == "attributes" and rest:
        members.setdefault("attributes", {})[rest] = cell
    elif head == "texts" and rest.rpartition(".")[2] in _TEXTS:
        language, _, part = rest.rpartition(".")
        _text(members, language, part, cell)
    elif column not in (*_PLAIN, *_JSON, *_BESIDE, *_STORED):
        raise ValueError(f"there is no such column; {_HINT}")


def _json(members: dict[str, Any], column: str, cell: str) -> None:
    """A cell that holds JSON, as an export writes it. A column of its own for one member of it goes before it."""
    value = untyped(cell.encode())
    held = members.get(column)
    both = isinstance(value, dict) and isinstance(held, dict)
    members[column] = {**cast("dict[str, Any]", value), **cast("dict[str, Any]", held)} if both else value


def _text(members: Mapping[str, Any], language: str, part: str, cell: str) -> None:
    texts = cast("dict[str, Any]", members).setdefault("texts", {})
    texts.setdefault(language, {})[part] = cell


def _whole(cell: str) -> int:
    number = money(cell)
    if number is None or number != number.to_integral_value():
        raise ValueError(f"expected a whole number, got {cell[:40]!r}")
    return int(number)
