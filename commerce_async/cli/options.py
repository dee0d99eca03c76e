"""Options that several commands have, and how a shell completes them.

Here and in `app` nothing is imported that a command needs only when it runs: help, a wrong option and the Tab key
wait for neither database nor network.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final, cast

import typer

DATABASE: Final = "sqlite:///commerce.db"

_STORES_FILE: Final = "The file that names the stores (stores.toml)."
_URL: Final = "The database: sqlite:///FILE or postgresql://HOST/NAME."


def stores_named(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of the stores in the file that `--config` names on the same line, for the shell. Never fails."""
    import tomllib

    config = ctx.params.get("config")
    try:
        document = tomllib.loads(Path(config or "stores.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    stores: object = document.get("stores")
    names = cast("dict[str, object]", stores) if isinstance(stores, dict) else {}
    return [name for name in names if name.startswith(incomplete)]


def one_of(*words: str) -> Callable[[str], list[str]]:
    """What a shell offers for an option that takes one of these."""
    return lambda incomplete: [word for word in words if word.startswith(incomplete)]


def _store(words: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, help=words, autocompletion=stores_named, **more)


Config = Annotated[Path, typer.Option(help=_STORES_FILE)]
ConfigOrDemo = Annotated[Path | None, typer.Option(help=_STORES_FILE)]
Stores = Annotated[list[str] | None, _store("Only this store; may be given again.")]
Store = Annotated[str, _store("The store to log in to.")]
RowsOf = Annotated[list[str] | None, typer.Option(help="Only this store; may be given again.")]
Into = Annotated[str, typer.Option(help=_URL)]
Source = Annotated[str, typer.Option("--from", help=_URL)]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout instead of words.")]
FullEvery = Annotated[str | None, typer.Option(help="How often to read everything: 7d by default, or never.")]
Products = Annotated[int, typer.Option(min=0, max=10_000_000, help="Products that each emulator starts with.")]
Orders = Annotated[int, typer.Option(min=0, max=10_000_000, help="Orders that each emulator starts with.")]

_FROM: Final = "The store whose products are wanted."
_LIKE_IT: Final = "The store that is to become like it."
From = Annotated[str, _store(_FROM, "--from")]
To = Annotated[str, _store(_LIKE_IT, "--to")]
MaybeFrom = Annotated[str | None, _store(_FROM, "--from")]
MaybeTo = Annotated[str | None, _store(_LIKE_IT, "--to")]
Target = Annotated[str, _store("The store to write to.", "--to")]
Log = Annotated[str, typer.Option(help="The database with the id map and the log: sqlite:///FILE or postgresql://….")]
Fields = Annotated[
    str | None,
    typer.Option(
        help="Update only these, with commas between: text, sku, kind, status, parent_id, prices, subscription, stock, "
        "variants, images, attributes, tax_code, categories."
    ),
]
MatchBy = Annotated[
    str, typer.Option("--match", help="What products are matched by: sku or id.", autocompletion=one_of("sku", "id"))
]
Currency = Annotated[
    list[str] | None, typer.Option(help="Make prices in one currency of those in another: USD=EUR*1.08.")
]
NoDeletes = Annotated[bool, typer.Option("--no-deletes", help="Keep what only the target has.")]
