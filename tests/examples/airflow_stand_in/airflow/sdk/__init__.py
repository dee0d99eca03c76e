"""`dag`, `task` and `task_group`, as far as the recipe uses them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


class Skipped(list[Any]):
    """What a task gives that was mapped over nothing."""


class Task:
    """A function that runs when it is called, unless what comes before it was skipped."""

    def __init__(self, work: Callable[..., Any], trigger_rule: str = "all_success", **_: Any) -> None:
        self._work = work
        self._trigger_rule = trigger_rule

    def __call__(self, *given: Any) -> Any:
        if self._trigger_rule == "all_success" and any(isinstance(each, Skipped) for each in given):
            return Skipped()
        return json.loads(json.dumps(self._work(*given)))

    def expand(self, **lists: list[Any]) -> list[Any]:
        ((name, values),) = lists.items()
        return [json.loads(json.dumps(self._work(**{name: value}))) for value in values] or Skipped()


class Group:
    """A function that writes down tasks."""

    def __init__(self, write: Callable[..., Any]) -> None:
        self._write = write

    def override(self, *, group_id: str) -> Callable[..., Any]:
        assert group_id.isidentifier()
        return self._write


def task(work: Callable[..., Any] | None = None, **options: Any) -> Any:
    return Task(work) if work else lambda work: Task(work, **options)


def dag(**_: Any) -> Any:
    return lambda write: write


task_group = Group
