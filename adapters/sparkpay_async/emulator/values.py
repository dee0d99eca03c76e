"""Where generated values come from: seeded dice, ids with gaps, times in the vendor's spellings, exact money."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

Record = dict[str, Any]

_MASK = (1 << 64) - 1
_WINTER = timezone(timedelta(hours=-6))
_SUMMER = timezone(timedelta(hours=-5))


class Dice:
    """A small fast generator: same parts, same throws, on every Python."""

    __slots__ = ("_state",)

    def __init__(self, *parts: int) -> None:
        state = 0x9E3779B97F4A7C15
        for part in parts:
            state = ((state ^ (part + 0x632BE59BD9B4E019)) * 0xBF58476D1CE4E5B9) & _MASK
            state ^= state >> 31
        self._state = state

    def below(self, n: int) -> int:
        """0 to n - 1."""
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) & _MASK
        return (self._state >> 33) % n

    def chance(self, percent: int) -> bool:
        """True in so many of a hundred throws."""
        return self.below(100) < percent

    def pick(self, choices: Sequence[T]) -> T:
        """One of them."""
        return choices[self.below(len(choices))]


class Numbers:
    """Ids of one table: rising with the index, with gaps, and computed in both directions without a list."""

    def __init__(self, seed: int, salt: int, base: int, step: int) -> None:
        self._seed = seed
        self._salt = salt
        self._base = base
        self._step = step

    def id(self, index: int) -> int:
        """The id of the record with that index."""
        gap = Dice(self._seed, self._salt, index).below(self._step)
        return self._base + index * self._step + gap

    def index(self, id: int) -> int:
        """The index behind an id, or -1 for an id in a gap."""
        index = (id - self._base) // self._step
        return index if index >= 0 and self.id(index) == id else -1


class Moment(NamedTuple):
    """A time as it is shown: whole seconds (epoch), a fraction in 1e-7 s, and how many digits of it are written."""

    second: int
    fraction: int
    digits: int

    @property
    def micros(self) -> int:
        """Microseconds since the epoch, as a reader of the text gets them."""
        return self.second * 1_000_000 + self.fraction // 10

    def text(self) -> str:
        """ISO 8601 with the offset of US Central time, as the vendor's samples have it."""
        month = datetime.fromtimestamp(self.second, UTC).month
        text = datetime.fromtimestamp(self.second, _SUMMER if 4 <= month <= 10 else _WINTER).isoformat()
        if not self.digits:
            return text
        return f"{text[:19]}.{f'{self.fraction:07d}'[: self.digits]}{text[19:]}"


def moment(second: int, dice: Dice) -> Moment:
    """That second with a random fraction of 0, 1, 2, 3 or 7 digits."""
    digits = dice.pick((0, 1, 2, 3, 3, 7, 7))
    unit: int = 10 ** (7 - digits)
    return Moment(second, dice.below(10_000_000) // unit * unit, digits)


def micros(text: str) -> int | None:
    """Microseconds since the epoch of an ISO 8601 text; without an offset it is store time. None if it is not one."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=_SUMMER if 4 <= at.month <= 10 else _WINTER)
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


class Calendar:
    """When the records of one table were created and last changed: rising with the index, over two years.

    Args:
        count: how many records share the two years.
        until: no generated time is later.
    """

    SPAN = 728 * 86_400
    LAG = 36 * 3_600

    def __init__(self, seed: int, salt: int, count: int, until: datetime) -> None:
        self._seed = seed
        self._salt = salt
        self._count = max(1, count)
        self._start = int(until.timestamp()) - 730 * 86_400
        self._room = max(1, self.SPAN // self._count)

    def second(self, index: int) -> int:
        """The second (epoch) at which the record was created."""
        jitter = Dice(self._seed, self._salt, 11, index).below(self._room)
        return self._start + min(index, self._count) * self.SPAN // self._count + jitter

    def created(self, index: int) -> Moment:
        """When it was created."""
        return moment(self.second(index), Dice(self._seed, self._salt, 12, index))

    def updated(self, index: int) -> Moment:
        """When it was changed last, unless a test changed it."""
        return moment(self.second(index) + self.LAG, Dice(self._seed, self._salt, 13, index))


def money(units: int, form: int = 0) -> Decimal:
    """An exact amount from ten-thousandths, written with 0, 2 or 4 decimals.

    Args:
        units: ten-thousandths.
        form: 0 writes as few decimals as 0, 2 or 4 allow; 1 at least 2; 2 and above always 4.
    """
    if units % 10_000 == 0 and form < 1:
        return Decimal(units // 10_000)
    if units % 100 == 0 and form < 2:
        return Decimal(units // 100).scaleb(-2)
    return Decimal(units).scaleb(-4)
