"""httpx and pydantic for the same pages: a model for each wire struct, with the same fields, made from it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from decimal import Decimal
from inspect import get_annotations
from types import UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin, get_type_hints

import httpx
import msgspec
from pydantic import BaseModel, ConfigDict, Field, create_model

# What is untyped for msgspec, because the structs read it on their own.
_OWN: dict[str, Any] = {"Amount": Decimal | None, "Amounts": dict[str, Decimal]}
_MODELS: dict[type, type[BaseModel]] = {}
_BEGUN: set[type] = set()


def twin(struct: type[msgspec.Struct]) -> type[BaseModel]:
    """A model with the struct's fields, names in JSON, types and defaults."""
    if struct not in _MODELS:
        _BEGUN.add(struct)
        hints = {name: _own(struct, name, hint) for name, hint in get_type_hints(struct).items()}
        fields: dict[str, Any] = {}
        for field in msgspec.structs.fields(struct):
            options: dict[str, Any] = {"alias": field.encode_name}
            if field.default_factory is not msgspec.NODEFAULT:
                options["default_factory"] = field.default_factory
            elif not field.required:
                options["default"] = field.default
            fields[field.name] = (_type(hints[field.name]), Field(**options))
        _MODELS[struct] = create_model(struct.__name__, __config__=ConfigDict(protected_namespaces=()), **fields)
    return _MODELS[struct]


def _own(struct: type, name: str, hint: Any) -> Any:
    written = next((notes[name] for base in struct.__mro__ if name in (notes := get_annotations(base))), None)
    return _OWN.get(written, hint) if isinstance(written, str) else hint


def _type(hint: Any) -> Any:
    """The same type with models in place of structs."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin is None or origin is Annotated:
        is_struct = isinstance(hint, type) and issubclass(cast("type[Any]", hint), msgspec.Struct)
        if is_struct and hint in _BEGUN and hint not in _MODELS:
            return dict[str, Any]  # a struct inside itself, such as a kit in a kit; no page here has one
        return twin(hint) if is_struct else hint
    inner = tuple(map(_type, parts))
    return Union[inner] if origin in (Union, UnionType) else origin[inner]  # noqa: UP007  made at run time


class Twin:
    """httpx and pydantic in place of aiohttp and msgspec, for the loops in `hand`.

    Args:
        client: open, with the credentials in its headers.
    """

    def __init__(self, client: httpx.AsyncClient, base_url: str) -> None:
        self._client = client
        self._base_url = base_url

    async def get(self, path: str, query: dict[str, str]) -> bytes:
        """GET with httpx, as `hand.Get`."""
        response = await self._client.get(self._base_url + path, params=query)
        response.raise_for_status()
        return response.content

    def reads(self, struct: type[msgspec.Struct]) -> Callable[[bytes], BaseModel]:
        """Reads one record with the struct's twin."""
        return twin(struct).model_validate_json


async def open_twin(stack: AsyncExitStack, headers: dict[str, str], base_url: str) -> Twin:
    """A twin on a client of its own, which the stack closes."""
    return Twin(await stack.enter_async_context(httpx.AsyncClient(headers=headers)), base_url)
