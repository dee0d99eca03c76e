"""What a store can do: small protocols, each of which an adapter's store has or has not, and the data they speak in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Generic, Literal, Protocol, TypeVar, runtime_checkable

import msgspec

from commerce_async.errors import CommerceError, MissingError, UsageError
from commerce_async.http.pager import Pager
from commerce_async.schema import Order, Product
from commerce_async.schema.writes import ProductChange, Written
from commerce_async.tokens import Token

T = TypeVar("T")


class Failure(msgspec.Struct, frozen=True):
    """One id of a batch that was neither delivered nor reported missing, and the error that says why."""

    id: str
    error: CommerceError

    @property
    def reason(self) -> str:
        """The vendor's or our words."""
        return self.error.message


class Batch(msgspec.Struct, Generic[T], frozen=True):
    """What became of each id that was asked for. Every id asked is in exactly one of the three, once.

    Attributes:
        items: the records, in the order asked.
        missing: ids that the vendor says it does not have.
        failed: ids that could not be read, with the reason.
    """

    items: tuple[T, ...]
    missing: tuple[str, ...] = ()
    failed: tuple[Failure, ...] = ()

    def one(self) -> T:
        """What became of the only one that was asked for, or to be changed.

        Raises:
            MissingError: the vendor does not have it.
            CommerceError: the reason why it failed.
            UsageError: it was not one.
        """
        if len(self.items) + len(self.missing) + len(self.failed) != 1:
            raise UsageError("one: the batch is not about one thing; look at its items, missing and failed")
        if self.failed:
            raise self.failed[0].error
        if self.missing:
            raise MissingError(f"{self.missing[0][:40]!r} is not there")
        return self.items[0]


class Records(Protocol[T]):
    """Reading one kind of record in its common schema."""

    async def get(self, id: str, /, *, fresh: bool = False) -> T:
        """One record.

        Args:
            fresh: as it is now, from no cache of the vendor's or of ours.

        Raises:
            MissingError: the vendor says that it is not there.
        """
        ...

    async def get_many(self, ids: Iterable[str], /, *, fresh: bool = False) -> Batch[T]:
        """Many records in as few calls as the vendor allows; order kept, repeated ids asked once.

        Args:
            fresh: as they are now, from no cache of the vendor's or of ours.
        """
        ...

    def list(self, *, since: datetime | None = None, resume: str | None = None) -> Pager[T]:
        """All records.

        Args:
            since: only those placed or changed since then, as far as the vendor can filter (aware).
            resume: the token of an earlier pager, to go on behind it.
        """
        ...


class Filtering(msgspec.Struct, frozen=True, kw_only=True):
    """What `since` means to a list of records, and which records a list without it leaves out.

    Attributes:
        by: what `since` is compared with: `changed` (the record's last change), `placed` (when it came to be, so that a
            later change does not bring it back), or `nothing` (it has no effect: the list is always whole).
        overlap: how far behind the last pass the next one begins; None for what is usual.
        reach: no list has records placed before it, so that they are not gone because a list lacks them; None if
            lists have all there are.
    """

    by: Literal["changed", "placed", "nothing"]
    overlap: timedelta | None = None
    reach: datetime | None = None


@runtime_checkable
class TellsFiltering(Protocol):
    """`Records` that tell what `since` means to their list. Those that do not are always read whole."""

    @property
    def filtering(self) -> Filtering:
        """What `since` means."""
        ...


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """A list, cut into parts that can be read side by side, in any order and by several processes.

    Attributes:
        tokens: each part in the adapter's own terms, as text without secrets. Together they are the whole list, the
            records that come while it is read included, as far as the list itself would show them. A record may be in
            two of them.
        total: how many records there are, if the vendor says.
        sound: False if the parts are not sure to be the whole list.
    """

    tokens: tuple[str, ...]
    total: int | None = None
    sound: bool = True


@runtime_checkable
class Divisible(Protocol[T]):
    """`Records` whose list can be cut into parts. Those that cannot are read as one."""

    async def parts(self, *, since: datetime | None = None, records: int) -> Parts:
        """The list in parts, by as few calls as that takes.

        Args:
            since: as for `list`.
            records: how many a part is to have, more or less.
        """
        ...

    def part(self, token: str, /, *, since: datetime | None = None) -> Pager[T]:
        """The records of one part.

        Args:
            token: one of `Parts.tokens`.
            since: as it was given to `parts`.

        Raises:
            UsageError: the token is none.
        """
        ...


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """What one cheap authenticated call showed.

    Attributes:
        seconds: how long it took.
        limit: the rate limit as told or believed, in words.
        skew: the vendor's clock minus ours in seconds, if it sends the time.
    """

    seconds: float
    limit: str
    skew: float | None = None


@runtime_checkable
class ProvidesProducts(Protocol):
    """A store whose products can be read."""

    @property
    def products(self) -> Records[Product]:
        """Products in the common schema."""
        ...


@runtime_checkable
class ProvidesOrders(Protocol):
    """A store whose orders can be read."""

    @property
    def orders(self) -> Records[Order]:
        """Orders in the common schema."""
        ...


@runtime_checkable
class ProvidesProbe(Protocol):
    """A store that can be asked whether it answers."""

    async def probe(self) -> Probe:
        """One cheap authenticated call."""
        ...


class ProductWrites(Protocol):
    """Writing products in the common schema."""

    async def changer(self) -> Changer:
        """What tells how a product would be written; it reads what that takes (statuses, say), once.

        Raises:
            CommerceError: that could not be read.
        """
        ...

    async def write(self, changes: Sequence[ProductChange], /) -> Sequence[Written]:
        """Carries out creates and updates, in as few calls as the vendor allows, and settles answers that are lost.

        A create that is carried out again makes no second product. Where the vendor can be asked for a product by its
        key, one that has the key of a create is completed if it is as wanted, and else a `conflict`.

        Returns:
            One entry per change, in their order. What fails for one is told in its entry and not raised.

        Raises:
            AuthError: the vendor does not accept the credentials, and nothing was written.
        """
        ...

    async def delete(self, ids: Sequence[str], /) -> Sequence[Written]:
        """Deletes products; one that is not there counts as deleted. Returns and raises as `write`."""
        ...


class Changer(Protocol):
    """Tells how a product would be written. Pure."""

    def __call__(self, wanted: Product, /, *, before: Product | None) -> ProductChange:
        """The change that makes `before`, as this store gave it, as `wanted`; without `before`, a create.

        `wanted` may be of any vendor and need not carry this store's ids. If it is of another vendor, what is empty in
        it is not told rather than gone.

        Raises:
            UsageError: `before` lacks its `raw`, where a vendor needs that.
        """
        ...


@runtime_checkable
class WritesProducts(Protocol):
    """A store whose products can be written."""

    @property
    def product_writes(self) -> ProductWrites:
        """Writing products in the common schema."""
        ...


class Login(Protocol):
    """One login of a person in a browser."""

    @property
    def url(self) -> str:
        """What the person opens."""
        ...

    @property
    def kept_in(self) -> str:
        """Where the token will be kept, in words."""
        ...

    async def finish(self, redirected: str) -> Token:
        """Takes the address that the browser was sent back to, gets the token and keeps it.

        Raises:
            AuthError: the answer is not for this login, or access was denied, or the vendor did not take it.
            UsageError: this login has been answered before.
            ConfigError: the token cannot be kept.
        """
        ...


@runtime_checkable
class ProvidesLogin(Protocol):
    """A store whose token comes from a person's login."""

    @property
    def redirect_uri(self) -> str | None:
        """Where the vendor is to send the browser back to; None for any free port of this machine."""
        ...

    def login(self, redirect_uri: str) -> Login:
        """A new login.

        Args:
            redirect_uri: where the vendor sends the browser back to.

        Raises:
            ConfigError: this store has credentials that need no login, or the address cannot be used.
        """
        ...


__all__ = [
    "Batch",
    "Changer",
    "Divisible",
    "Failure",
    "Filtering",
    "Login",
    "Parts",
    "Probe",
    "ProductWrites",
    "ProvidesLogin",
    "ProvidesOrders",
    "ProvidesProbe",
    "ProvidesProducts",
    "Records",
    "TellsFiltering",
    "WritesProducts",
]
