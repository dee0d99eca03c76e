"""A plan: what it takes to make one store's products as another's. It is data, and can be kept in a file.

The file is JSON lines: one with the plan's own members, then one per item. It holds no credentials, and what was cut or
edited is refused.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import msgspec

from commerce_async.errors import UsageError
from commerce_async.schema import NotCarried, Product, ProductChange
from commerce_async.schema.lenient import one_line
from commerce_async.schema.money import is_plain

FORMAT: Final = "commerce-async plan"
VERSION: Final = 2

Action: TypeAlias = Literal["create", "update", "delete", "unchanged", "cannot"]
ACTIONS: Final[tuple[Action, ...]] = ("create", "update", "delete", "unchanged", "cannot")

_pack = msgspec.msgpack.Encoder()
_write = msgspec.json.Encoder()
_PLACE: Final = re.compile(r"\[[^\]]*\]")
_REASONS: Final = 20  # different reasons kept for one field; they may name every value there is


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is to become of one product.

    Attributes:
        action: `cannot` is for what is to be written and cannot be; `reasons` says why.
        key: what it was matched by, or what names it.
        source_id, target_id: its ids; None where it is not.
        name: of the product, for people.
        base: fingerprint of the target's product when the plan was made, as hex digits.
        change: what is to be written.
        wanted: the product as it should become, without its raw JSON.
        reasons: why it cannot be written, by field.
    """

    action: Action
    key: str
    source_id: str | None = None
    target_id: str | None = None
    name: str | None = None
    base: str | None = None
    change: ProductChange | None = None
    wanted: Product | None = None
    reasons: tuple[NotCarried, ...] = ()


class Loss(msgspec.Struct, kw_only=True):
    """A field that the target has no place for.

    Attributes:
        field: of the common product; `prices[]` stands for each of them.
        count: in how many products; `example` is the key of one.
    """

    field: str
    reason: str
    count: int
    example: str


class Side(msgspec.Struct, kw_only=True):
    """What was read of one side.

    Attributes:
        read: products that could be read.
        unreadable: those that could not.
        complete: whether the pass is sure to have met every product.
        calls: requests on the wire.
    """

    name: str
    vendor: str
    read: int = 0
    unreadable: int = 0
    complete: bool = True
    calls: int = 0


class Plan(msgspec.Struct, kw_only=True):
    """What it takes to make the target's products as the source's.

    Attributes:
        id: by which an apply that was interrupted is known again.
        match: what products were matched by: `sku`, `id` or `function`.
        fields: the fields that updates are limited to; None for all.
        counts: items by action.
        losses: what the target has no place for, in all products, unchanged ones included.
        notes: what a person should know, a line each.
        items: creates, updates, what is unchanged and what cannot be, in the source's order; then deletes.
    """

    id: str
    made_at: datetime
    source: Side
    target: Side
    match: str
    fields: tuple[str, ...] | None = None
    counts: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    losses: list[Loss] = msgspec.field(default_factory=list[Loss])
    notes: list[str] = msgspec.field(default_factory=list[str])
    items: list[Item] = msgspec.field(default_factory=list[Item])

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return not any(self.counts.get(action) for action in ("create", "update", "delete"))

    def save(self, path: str | Path) -> None:
        """Writes the plan's file. One that is there is replaced in one step.

        Raises:
            UsageError: it cannot be written there.
        """
        path = Path(path)
        partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
        try:
            with partial.open("wb") as file:
                file.writelines(line + b"\n" for line in self._lines())
            partial.replace(path)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise UsageError(f"{path}: {error.strerror}") from None

    def _lines(self) -> Iterator[bytes]:
        own = {name: getattr(self, name) for name in self.__struct_fields__ if name != "items"}
        head = _write.encode({"format": FORMAT, "version": VERSION, **own})
        seal = blake2b(head, digest_size=16)
        for item in self.items:
            seal.update(_write.encode(item))
        yield head.removesuffix(b"}") + b',"seal":"%s"}' % seal.hexdigest().encode()
        yield from map(_write.encode, self.items)

    @classmethod
    def load(cls, path: str | Path) -> Plan:
        """A plan from its file.

        Raises:
            UsageError: it is none, of another version, or not whole; the message names the line.
        """
        try:
            with Path(path).open("rb") as file:
                return _read(str(path), file)
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}") from None


class Losses:
    """Gathers what the target has no place for, with bounded memory."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Loss] = {}
        self._reasons: dict[str, set[str]] = {}

    def add(self, key: str, lost: Iterable[NotCarried]) -> None:
        """Adds those of one product."""
        seen = {self._place(each) for each in lost}
        for place in seen:
            loss = self._found.get(place)
            if loss is None:
                self._found[place] = Loss(field=place[0], reason=place[1], count=1, example=key)
            else:
                loss.count += 1

    def _place(self, lost: NotCarried) -> tuple[str, str]:
        field = _PLACE.sub("[]", lost.field)
        reasons = self._reasons.setdefault(field, set())
        if lost.reason not in reasons and len(reasons) >= _REASONS:
            return field, "further reasons"
        reasons.add(lost.reason)
        return field, lost.reason

    def all(self) -> list[Loss]:
        """Every loss, those of most products first."""
        return sorted(self._found.values(), key=lambda loss: (-loss.count, loss.field, loss.reason))


def fingerprint(product: Product) -> str:
    """Hex digits that change whenever anything of the common product does. Its raw JSON does not count: a list and a
    reading by id may spell it differently."""
    return blake2b(_pack.encode(bare(product)), digest_size=16).hexdigest()


def bare(product: Product) -> Product:
    """The product without its raw JSON."""
    return msgspec.structs.replace(product, raw=b"") if product.raw else product


def counted(items: Iterable[Item]) -> dict[str, int]:
    """Items by action, every action named."""
    found: dict[str, int] = dict.fromkeys(ACTIONS, 0)
    for item in items:
        found[item.action] += 1
    return found


# -- reading a file ---------------------------------------------------------------------------------------------------


class _Head(Plan, kw_only=True):
    format: str = ""
    version: int = 0
    seal: str = ""


class _Kind(msgspec.Struct):
    format: str = ""
    version: int = 0


_HEAD: Final = msgspec.json.Decoder(_Head)
_KIND: Final = msgspec.json.Decoder(_Kind)
_ITEM: Final = msgspec.json.Decoder(Item, float_hook=Decimal)
_SEAL: Final = re.compile(rb',"seal":"[0-9a-f]*"\}$')


def _read(path: str, lines: Iterable[bytes]) -> Plan:
    found = iter(lines)
    first = next(found, b"").rstrip(b"\r\n")
    head = _head(path, first)
    items: list[Item] = []
    seal = blake2b(_SEAL.sub(b"}", first), digest_size=16)
    for number, line in enumerate(found, start=2):
        seal.update(line.rstrip(b"\r\n"))
        try:
            items.append(_checked(_ITEM.decode(line)))
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise UsageError(f"{path}: line {number}: {one_line(error)}") from None
    if seal.hexdigest() != head.seal or counted(items) != head.counts:
        raise UsageError(f"{path}: it was cut or edited after it was made: plan again")
    own: Mapping[str, Any] = {name: getattr(head, name) for name in Plan.__struct_fields__ if name != "items"}
    return Plan(**own, items=items)


def _head(path: str, line: bytes) -> _Head:
    try:
        kind = _KIND.decode(line)
        if kind.format != FORMAT:
            raise UsageError(f"{path}: is not a plan; make one with `plan --out {path}`")
        if kind.version != VERSION:
            raise UsageError(
                f"{path}: is a plan of version {kind.version}, and this program reads {VERSION}: plan again"
            )
        return _HEAD.decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise UsageError(f"{path}: is not a plan, or its first line was edited: plan again") from None


def _checked(item: Item) -> Item:
    if item.action in ("create", "update") and (item.change is None or item.wanted is None):
        raise ValueError(f"a {item.action} without what it takes")
    if item.action in ("update", "delete") and (item.target_id is None or item.base is None):
        raise ValueError(f"a {item.action} that does not say of what")
    if item.change is not None and (item.change.action, item.change.id) != (item.action, item.target_id):
        raise ValueError(f"a {item.action} whose change is another item's")
    if item.wanted is not None:
        check_amounts(item.wanted)
    return item


def check_amounts(product: Product) -> None:
    """Refuses amounts that are none, such as NaN, which JSON text can spell.

    Raises:
        ValueError: the field, and what it holds.
    """
    for number, price in enumerate(product.prices):
        if not is_plain(price.amount):
            raise ValueError(f"prices[{number}].amount: expected a decimal number below 10^18")
    for number, variant in enumerate(product.variants):
        if variant.price_change is not None and not is_plain(variant.price_change):
            raise ValueError(f"variants[{number}].price_change: expected a decimal number below 10^18")
