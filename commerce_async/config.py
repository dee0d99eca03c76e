"""`stores.toml`: which stores there are, by which adapter, with which options, and where their secrets are kept."""

from __future__ import annotations

import re
import tomllib
import warnings
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, cast, get_type_hints

import msgspec

from commerce_async.errors import ConfigError
from commerce_async.limits.shared.place import LimiterPlace, shows_secret
from commerce_async.secrets import Secret, is_reference, resolve
from commerce_async.store import Store, adapter, adapters
from commerce_async.tokens import TokenPlace

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)


class LiteralSecretWarning(UserWarning):
    """A secret stands in the configuration file itself."""


def load_stores(file: str | Path, *, only: tuple[str, ...] = ()) -> list[Store]:
    """The stores of a configuration file, not yet open.

    Args:
        file: TOML with a table `[stores.NAME]` per store: `adapter`, and that adapter's settings. A value
            `env:NAME`, `keyring:SERVICE/USER` or `file:PATH` is read from there. What stands in `[defaults]` holds for
            each store whose adapter has such a setting, and that does not say otherwise.
        only: names of the stores wanted; all if empty. The secrets of others are not looked up.

    Raises:
        ConfigError: one line that names the file and the key.

    Warns:
        LiteralSecretWarning: a secret stands in the file itself.
    """
    return [_store(place) for place in _chosen(file, only)]


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """What a configuration file says of a store, without looking up its secrets.

    Attributes:
        kind: its adapter.
        limiter: whether its limit is shared with other processes.
    """

    name: str
    kind: type[Store]
    limiter: bool


def declared_stores(file: str | Path, *, only: tuple[str, ...] = ()) -> list[Declared]:
    """The stores of a configuration file, for one who does not open them.

    Args:
        file, only: as for `load_stores`.

    Raises:
        ConfigError: one line that names the file and the key.
    """
    found: list[Declared] = []
    for place in _chosen(file, only):
        kind, settings = _taken_apart(place)
        found.append(Declared(name=place.name, kind=kind, limiter=bool(settings.get("limiter"))))
    return found


def _table(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


class _Place(msgspec.Struct, frozen=True, kw_only=True):
    """One store's table, and what holds where it says nothing."""

    file: str | Path
    name: str
    table: object
    defaults: Mapping[str, object]

    @property
    def store(self) -> str:
        return f"{self.file}: stores.{self.name}"

    def of(self, key: str) -> str:
        """Where a setting stands, for messages."""
        inherited = key in self.defaults and key not in _table(self.table)
        return f"{self.file}: defaults.{key}" if inherited else f"{self.store}.{key}"


def _chosen(file: str | Path, only: tuple[str, ...]) -> list[_Place]:
    document = _document(Path(file))
    tables: Mapping[str, object] = document["stores"]
    defaults: object = document.get("defaults", {})
    if not isinstance(defaults, dict):
        raise ConfigError(f"{file}: defaults: expected a table [defaults]")
    unknown = [name for name in only if name not in tables]
    if unknown:
        raise ConfigError(f"{file}: no store named {unknown[0]!r}; there are: {', '.join(tables)}")
    known = _table(cast("object", defaults))
    _check_defaults(file, known, tables)
    return [
        _Place(file=file, name=name, table=table, defaults=known)
        for name, table in tables.items()
        if not only or name in only
    ]


def _check_defaults(file: str | Path, defaults: Mapping[str, object], tables: Mapping[str, object]) -> None:
    """A default that is a setting of no store here is a slip of the pen."""
    if not defaults:
        return
    named = {str(defaults.get("adapter")), *(str(_table(table).get("adapter")) for table in tables.values())}
    settings = {"adapter"}
    for vendor in named & set(adapters()):
        settings.update(adapter(vendor).Settings.__struct_fields__)
    unknown = sorted(defaults.keys() - settings)
    if unknown:
        raise ConfigError(f"{file}: defaults.{unknown[0]}: unknown key; no store of this file has such a setting")


def _document(file: Path) -> Mapping[str, Any]:
    try:
        written = file.stat()
        return _read(file, written.st_mtime_ns, written.st_size)
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}") from None
    except ValueError:
        raise ConfigError(f"{str(file)!r} is not the path of a file") from None


@lru_cache(maxsize=4)  # a worker opens one store after another, of a file that may have thousands
def _read(file: Path, _written: int, _size: int) -> Mapping[str, Any]:
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8-sig"))  # some editors put a mark in front
    except ValueError as error:  # of TOML, of UTF-8, or of a number with thousands of digits
        raise ConfigError(f"{file}: is not TOML: {error}") from None
    except RecursionError:
        raise ConfigError(f"{file}: is not TOML that can be read: nested too deeply") from None
    unknown = sorted(document.keys() - {"stores", "defaults"})
    if unknown:
        raise ConfigError(
            f"{file}: unknown key {unknown[0]!r}; stores stand in tables [stores.NAME], what all share in [defaults]"
        )
    stores: object = document.get("stores")
    if not isinstance(stores, dict) or not stores:
        raise ConfigError(f"{file}: has no store; add a table [stores.NAME] with adapter = …")
    return document


def _store(place: _Place) -> Store:
    kind, settings = _taken_apart(place)
    try:
        return kind.from_settings(place.name, _settings(place, kind.Settings, settings))
    except ConfigError as error:
        message = error.message
        if message.startswith(f"{place.file}: "):
            raise
        key, _, words = message.partition(":")
        raise ConfigError(f"{place.of(key)}:{words}" if words else f"{place.store}.{message}") from None


def _taken_apart(place: _Place) -> tuple[type[Store], dict[str, Any]]:
    """The adapter and its settings."""
    if not _NAME.fullmatch(place.name):
        raise ConfigError(f"{place.store}: a store's name has letters, digits, '-', '_' and '.' only, 64 at most")
    own = _table(place.table)
    if not isinstance(place.table, dict):
        raise ConfigError(f"{place.store}: expected a table, such as [stores.{place.name}]")
    vendor = own.get("adapter", place.defaults.get("adapter"))
    if not isinstance(vendor, str):
        raise ConfigError(f'{place.store}.adapter: missing; name the adapter, such as adapter = "NAME"')
    try:
        kind = adapter(vendor)
    except ConfigError as error:
        raise ConfigError(f"{place.of('adapter')}: {error.message}") from None
    shared = {key: value for key, value in place.defaults.items() if key in kind.Settings.__struct_fields__}
    return kind, {key: value for key, value in {**shared, **own}.items() if key != "adapter"}


def _settings(place: _Place, kind: type[msgspec.Struct], values: Mapping[str, Any]) -> msgspec.Struct:
    hints = get_type_hints(kind)
    found = {key: _value(place.of(key), value, hints.get(key)) for key, value in values.items()}
    try:
        return msgspec.convert(found, kind)
    except msgspec.ValidationError as error:
        raise ConfigError(_words(place, str(error))) from None


def _value(where: str, value: object, hint: object) -> object:
    """A secret field becomes a `Secret`; a reference in any other becomes the text it points to."""
    if not isinstance(value, str):
        return value
    secret = hint is Secret or hint == (Secret | None)
    place = hint is LimiterPlace or hint == (LimiterPlace | None)
    try:
        if hint is TokenPlace or hint == (TokenPlace | None):
            return TokenPlace(value)  # a place to write to as well, not a secret to look up
        if is_reference(value) and not place:
            found = resolve(value)
            return found if secret else found.reveal()
        if (secret and value) or (place and shows_secret(value)):
            warnings.warn(
                f"{where}: the secret stands in the file; better env:NAME, keyring:SERVICE/USER or file:PATH",
                LiteralSecretWarning,
                stacklevel=2,
            )
        if place:
            return LimiterPlace(value)
        return Secret(value) if secret else value
    except ConfigError as error:
        raise ConfigError(f"{where}: {error.message}") from None


_PLACE = re.compile(r"^(?P<words>.*?)(?: - at `\$(?P<path>[^`]*)`)?$", re.DOTALL)
_KEY = re.compile(r"\.(\w+)")
_FIELD = re.compile(r"^Object (?P<what>missing required|contains unknown) field `(?P<name>[^`]*)`$")


def _words(place: _Place, message: str) -> str:
    """msgspec's message with the key in the file's own terms."""
    parts = _PLACE.match(message)
    words, path = (parts["words"], parts["path"] or "") if parts else (message, "")
    words = words if len(words) <= 200 else words[:197] + "..."
    key = _KEY.match(path)
    spot = place.of(key[1]) + path[key.end() :] if key else place.store
    field = _FIELD.match(words)
    if field is None:
        return f"{spot}: {words[:1].lower()}{words[1:]}"
    problem = "missing" if field["what"].startswith("missing") else "unknown key"
    return f"{spot}.{field['name']}: {problem}"
