"""Where generated values come from: seeded dice, ids with gaps, times in the vendor's spellings, exact money."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
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
        self._salt = Dice(seed, salt).below(1 << 31)
        self._base = base
        self._step = step

    def id(self, index: int) -> int:
        """The id of the record with that index."""
        # A multiplicative hash: this is asked dozens of times per record.
        gap = (((index ^ self._salt) * 0x9E3779B1) >> 17) % self._step
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
        shift, offset = _offset(self.second // 86_400)
        day, second = divmod(self.second + shift, 86_400)
        fraction = f".{self.fraction:07d}"[: self.digits + 1] if self.digits else ""
        return f"{_day(day)}T{_clock(second // 60)}:{second % 60:02d}{fraction}{offset}"


# isoformat() would cost more than the rest of a record together.


@lru_cache(maxsize=4_096)
def _offset(day: int) -> tuple[int, str]:
    summer = 4 <= datetime.fromtimestamp(day * 86_400, UTC).month <= 10
    return (-18_000, "-05:00") if summer else (-21_600, "-06:00")


@lru_cache(maxsize=4_096)
def _day(day: int) -> str:
    return datetime.fromtimestamp(day * 86_400, UTC).date().isoformat()


@lru_cache(maxsize=1_440)
def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


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
        self._both = lru_cache(maxsize=1_024)(self._moments)

    def second(self, index: int) -> int:
        """The second (epoch) at which the record was created."""
        return self._both(index)[0].second

    def created(self, index: int) -> Moment:
        """When it was created."""
        return self._both(index)[0]

    def updated(self, index: int) -> Moment:
        """When it was changed last, unless a test changed it."""
        return self._both(index)[1]

    def texts(self, index: int) -> tuple[str, str]:
        """Both as the API shows them."""
        return self._both(index)[2:]

    def _moments(self, index: int) -> tuple[Moment, Moment, str, str]:
        dice = Dice(self._seed, self._salt, index)
        second = self._start + min(index, self._count) * self.SPAN // self._count + dice.below(self._room)
        created, updated = moment(second, dice), moment(second + self.LAG, dice)
        return created, updated, created.text(), updated.text()


_ZEROS = (Decimal(0), Decimal("0.00"), Decimal("0.0000"))


def money(units: int, form: int = 0) -> Decimal:
    """An exact amount from ten-thousandths, written with 0, 2 or 4 decimals.

    Args:
        units: ten-thousandths.
        form: 0 writes as few decimals as 0, 2 or 4 allow; 1 at least 2; 2 and above always 4.
    """
    if not units:
        return _ZEROS[min(form, 2)]
    if units % 10_000 == 0 and form < 1:
        return Decimal(units // 10_000)
    if units % 100 == 0 and form < 2:
        return Decimal(units // 100).scaleb(-2)
    return Decimal(units).scaleb(-4)
