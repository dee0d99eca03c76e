"""The page that `commerce-async --help` shows, without loading what the commands need."""

from __future__ import annotations

from typing import Final

import typer

ABOUT: Final = "Online stores into a database: catalogs and orders of several stores at once."

COMMANDS: Final = {
    "sync": "Pull stores into a database: what is new, or everything. Interrupted, the same command goes on.",
    "status": "Show how a database's streams stand and what is due. Needs no lock, and no store.",
    "upgrade": (
        "Bring a database of an older version up to date. Needs no store; `sync` and `mirror` do it by themselves."
    ),
    "export": "Write a stream of a database into one file: exact, and whole or not at all.",
    "plan": "Show what it takes to make one store's products as another's: create, update, delete, unchanged, cannot.",
    "mirror": "Make one store's products as another's. Interrupted, the same command goes on where it stopped.",
    "push": "Create and update a store's products from a file or a database. Deletes nothing.",
    "report": "Write what the last runs did as one HTML page. Needs no lock, no store, and no network to look at.",
    "emulate": "Run every vendor's emulator on loopback until Ctrl-C, and show their URLs and (made-up) credentials.",
    "doctor": "Check credentials, reachability, limit and clock of each store: one line each.",
    "login": "Log in to a store in a browser, and keep the token where the configuration says.",
}
"""What each command does, in the words of its own help."""


def bare() -> typer.Typer:
    """The command, with its options and help."""
    return typer.Typer(
        help=ABOUT,
        no_args_is_help=True,
        pretty_exceptions_enable=False,  # its tracebacks show local variables, which may be secrets
    )


def front() -> typer.Typer:
    """The same command, which can do nothing but show its help."""
    app = bare()

    @app.callback(invoke_without_command=True)
    def _root(version: bool = typer.Option(False, "--version", help="Show the version.")) -> None: ...

    for name, words in COMMANDS.items():
        app.command(name, help=words)(_nothing)
    return app


def _nothing() -> None: ...
