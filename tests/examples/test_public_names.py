"""Whatever a program may import is explained: a docstring at the name, and a place on a page of the site."""

from __future__ import annotations

import inspect
import re
import types
from functools import cache
from importlib import import_module
from typing import Any

import pytest

from tests.pages import ROOT

PACKAGES = (
    "commerce_async.schema",
    "commerce_async.sinks",
    "commerce_async.sync",
    "commerce_async.sync.units",
    "commerce_async.testing",
    "commerce_async.tokens",
    "fastspring_async",
    "fastspring_async.api",
    "fastspring_async.drafts",
    "fastspring_async.events",
    "fastspring_async.webhooks",
    "sparkpay_async",
    "sparkpay_async.drafts",
    "sparkpay_async.query",
    "sparkpay_async.webhooks",
)

_BLOCK = re.compile(r"^::: ([\w.]+)\n((?:    .*\n)*)", re.MULTILINE)
_MEMBERS = re.compile(r"members: \[([^]]*)\]")
_IMPORT = re.compile(r"from ((?:commerce_async|fastspring_async|sparkpay_async)[\w.]*) import (\([^)]*\)|[^\n#]+)")
_BESIDE = re.compile(r"_async\.wire\b|\.emulator$")  # replies in the vendor's words, and emulators' constants


def resolved(path: str) -> Any:
    """The module, or the name in a module, that a page points to."""
    try:
        return import_module(path)
    except ModuleNotFoundError:
        module, _, name = path.rpartition(".")
        return getattr(import_module(module), name)


@cache
def on_pages() -> list[Any]:
    """What the API pages show."""
    found: list[Any] = []
    for page in (ROOT / "docs" / "api").glob("*.md"):
        for path, options in _BLOCK.findall(page.read_text(encoding="utf-8")):
            given = resolved(path)
            if not isinstance(given, types.ModuleType):
                found.append(given)
                continue
            chosen = _MEMBERS.search(options)
            found += [
                getattr(given, name)
                for name in (re.findall(r"\w+", chosen[1]) if chosen else getattr(given, "__all__", dir(given)))
            ]
    return found


def has_page(given: Any) -> bool:
    """Whether a page shows it; equal constants count as one."""
    return any(given is each for each in on_pages())


def told_of_imports() -> set[tuple[str, str]]:
    """What documentation and examples import."""
    files = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", *(ROOT / "examples").rglob("*.py")]
    found = (pair for file in files for pair in _IMPORT.findall(file.read_text(encoding="utf-8")))
    return {
        (module, re.findall(r"\w+", words)[0])
        for module, names in found
        if not _BESIDE.search(module)
        for words in names.strip("() \n").split(",")
        if words.strip()
    }


def undocumented(name: str, given: Any) -> list[str]:
    """The name, or those of its own public members, that say nothing."""
    if not (inspect.isclass(given) or inspect.isfunction(given)):
        return []
    found = [] if (vars(given).get("__doc__") if inspect.isclass(given) else given.__doc__) else [name]
    if inspect.isclass(given):
        for member, value in vars(given).items():
            callable_ = isinstance(value, types.FunctionType | property | classmethod | staticmethod)
            if callable_ and not member.startswith("_") and not inspect.getdoc(getattr(given, member)):
                found.append(f"{name}.{member}")
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_has_words_and_a_page(package: str) -> None:
    module = import_module(package)
    public = {name: getattr(module, name) for name in module.__all__}
    assert [line for name, given in public.items() for line in undocumented(name, given)] == []
    assert [
        name for name, given in public.items() if not isinstance(given, types.ModuleType | str) and not has_page(given)
    ] == []


def test_whatever_documentation_and_examples_import_has_words_and_a_page() -> None:
    named = {pair: getattr(import_module(pair[0]), pair[1]) for pair in told_of_imports()}
    kept = {pair: given for pair, given in named.items() if not isinstance(given, types.ModuleType | str)}
    assert len(kept) > 80
    assert sorted(pair for pair, given in kept.items() if not has_page(given)) == []
    assert [name for (_, name), given in kept.items() if name in undocumented(name, given)] == []


def test_every_field_of_the_common_records_is_told() -> None:
    schema = import_module("commerce_async.schema")
    common = schema.Record.__struct_fields__
    silent: list[str] = []
    for name in schema.__all__:
        given = getattr(schema, name)
        words = set(re.findall(r"\w+", inspect.getdoc(given) or ""))
        fields = getattr(given, "__struct_fields__", ()) or getattr(given, "__members__", ())
        silent += [f"{name}.{field}" for field in fields if field not in words and field not in common]
    assert silent == []
