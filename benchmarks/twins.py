"""httpx and pydantic for the same pages: a model for each wire struct, with the same fields, made from it."""

from __future__ import annotations

from decimal import Decimal
from inspect import get_annotations
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import httpx
import msgspec
from pydantic import BaseModel, ConfigDict, Field, create_model

from benchmarks.hand import Get

# What is untyped for msgspec, because the structs read it on their own.
_OWN: dict[str, Any] = {"Amount": Decimal | None, "Amounts": dict[str, Decimal]}
_MODELS: dict[type, type[BaseModel]] = {}


def twin(struct: type[msgspec.Struct]) -> type[BaseModel]:
    """A model with the struct's fields, names in JSON, types and defaults."""
    if struct not in _MODELS:
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
        return twin(hint) if isinstance(hint, type) and issubclass(hint, msgspec.Struct) else hint
    inner = tuple(map(_type, parts))
    return Union[inner] if origin in (Union, UnionType) else origin[inner]  # noqa: UP007  made at run time


def getter(client: httpx.AsyncClient, base_url: str) -> Get:
    """GET with httpx."""

    async def get(path: str, query: dict[str, str]) -> bytes:
        response = await client.get(base_url + path, params=query)
        response.raise_for_status()
        return response.content

    return get
