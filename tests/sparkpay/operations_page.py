"""Writes docs/sparkpay-operations.md from the table: `python -m tests.sparkpay.operations_page`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sparkpay_async.kinds import RESOURCES
from sparkpay_async.operations import OPERATIONS, SPECIAL, operation

PAGE = Path(__file__).parents[2] / "docs" / "sparkpay-operations.md"

_HEAD = """# Spark Pay: every operation

Every resource has the vendor's generic routes, and some have more. The same table, in `sparkpay_async.operations`, is
what the calls are made from; this page is written from it (`python -m tests.sparkpay.operations_page`), and a test
holds the two together. {count} operations of {resources} resources.

Whether a call may be sent again when its answer was lost:

* **yes**: twice is as once, so the pipeline sends it again by itself.
* **settle**: it is looked up first. A record that was not there before, and has what names the new one, is the
  answer. Only where none shows for thirty seconds, and the shop itself said that it failed (a timeout on the wire or
  at a gateway says no such thing), is it sent again. What cannot be known is `UnknownOutcomeError`, whose
  message says what to check.
* **never**: it is sent once. If its answer is lost the error is `UnknownOutcomeError`, and says what to look at.

A request that the vendor throttled was not carried out, and goes out again whatever it is.

Reading: lists come as a `Pager` (`list` along the vendor's pages, `walk` by id), or a page at a time with the
vendor's `total_count`, `next_page` and `previous_page` (`page`). Conditions are `where=` (docs/sparkpay-queries.md).
`fresh=True` asks past every cache. Names of fields that a resource does not have are refused, since the vendor would
ignore them without a word.

Writing: `create`, `update` (only what the draft names), `delete`, and `create_or_update`, which looks first, writes
only what differs and says whether it was `created`, `updated` (with the fields) or `unchanged`. Calls about one key
wait for each other in one process.

What is not here goes through `store.api.request(method, path, query=…, json=…, headers=…, decode=…)`; a request that
is in the table obeys it there too. `decode=Reply` (of `commerce_async.http.call`) gives status, headers and body. Other
options for one call, such as its timeout: `store.with_options(timeout=5).api`.

## Generic routes

`{{id}}` is a whole number. "not found" at a second DELETE is the success of the first.

"""


def page() -> str:
    """The page."""
    parts = [_HEAD.format(count=len(OPERATIONS), resources=len(RESOURCES)).replace("{{", "{").replace("}}", "}")]
    parts += _table(("operation", "`store.api.<resource>.`", "sent again?", "why"), _generic())
    parts.append("\n## Resources\n\n")
    parts.append(
        "Attributes of `store.api`, also by name: `store.api.resource(name)`. Each has `list`, `walk`, `page`, `get`, "
        "`filled` and `select_many`; `nested` for its nested lists, which are also what `expand` takes.\n\n"
    )
    parts += _table(("resource", "writes", "a lost `create`", "named by", "nested lists"), _resources())
    parts.append("\n## What only some have\n\n")
    special = [
        (f"`{row.method} {row.path}`", f"`{row.call}`", row.repeat.value, row.why, row.check or "–") for row in SPECIAL
    ]
    parts += _table(("operation", "`store.api.`", "sent again?", "why", "what to check"), special)
    return "".join(parts)


def _generic() -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for verb in ("list", "get", "filled", "select_many"):
        row = operation(f"products.{verb}")
        call = "`list`, `walk`, `page`" if verb == "list" else f"`{verb}`"
        rows.append((f"`{row.method} {_any(row.path)}`", call, row.repeat.value, row.why))
    nested = operation("products.variants")
    path = _any(nested.path).replace("/variants", "/{nested}")
    rows.append((f"`GET {path}`", "`nested`", nested.repeat.value, nested.why))
    create = operation("products.create")
    rows.append(
        (f"`POST {_any(create.path)}`", "`create`", "settle or never",
         "each may make another; see the resource"),
    )  # fmt: skip
    for verb in ("update", "delete"):
        row = operation(f"products.{verb}")
        rows.append((f"`{row.method} {_any(row.path)}`", f"`{verb}`", row.repeat.value, row.why))
    return rows


def _any(path: str) -> str:
    return path.replace("/products", "/{resource}")


def _resources() -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for name, kind in RESOURCES.items():
        writes = [verb for verb in ("create", "update", "delete") if verb in kind.verbs]
        lost = operation(f"{name}.create").repeat.value if "create" in kind.verbs else "–"
        rows.append(
            (
                f"`{name}`",
                ", ".join(writes) or "read only",
                lost,
                ", ".join(kind.natural) or "–",
                ", ".join(kind.nested) or "–",
            )
        )
    return rows


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [head, tuple("---" for _ in head), *rows]
    return ["| " + " | ".join(line) + " |\n" for line in lines]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
