"""Products of a whole pass, at hand by id: in memory while they are few, in a file without a name when they are not."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import Final, Self

import msgspec

from commerce_async.errors import SinkError
from commerce_async.schema import Product

IN_MEMORY: Final = 32 * 1024 * 1024  # bytes before the file goes to the disk

_pack = msgspec.msgpack.Encoder()
_unpack = msgspec.msgpack.Decoder(Product)


class Shelf:
    """Takes products and gives them back. In memory stays, for each, its id, its key and where it stands.

    Use it as `with Shelf() as shelf:`.
    """

    def __init__(self) -> None:
        self._file: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  closed by __exit__
        self._places: dict[str, tuple[int, int]] = {}
        self._end = 0
        self.keys: dict[str, str | None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def put(self, product: Product, key: str | None) -> None:
        """Takes a product. Of one id put twice, the later counts, in the place of the first.

        Raises:
            SinkError: the disk with the temporary files is full.
        """
        packed = _pack.encode(product)
        try:
            self._file.seek(self._end)
            self._file.write(packed)
        except OSError as error:
            raise SinkError(f"a temporary file: {error.strerror}") from None
        self._places[product.id] = (self._end, len(packed))
        self._end += len(packed)
        self.keys[product.id] = key

    def get(self, id: str) -> Product:
        """The product of that id. KeyError if there is none."""
        at, size = self._places[id]
        self._file.seek(at)
        return _unpack.decode(self._file.read(size))

    def __contains__(self, id: object) -> bool:
        return id in self._places

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)


__all__ = ["IN_MEMORY", "Shelf"]
