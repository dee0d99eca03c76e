"""Which of the ids asked for was answered how. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar, cast

import msgspec

from commerce_async.errors import CommerceError
from commerce_async.schema import Unreadable
from commerce_async.schema.lenient import find_id, is_utf8, one_line
from fastspring_async.wire.base import Refusal

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Shape(Generic[R]):
    """How one kind of record is read.

    Attributes:
        read: bytes to record; raises `Refusal` for an error in its place, `ValueError` for what cannot be read.
        names: a record's id, then other names by which it may have been asked.
        keys: the members that hold the id, for records that cannot be read.
        sure: the same as `read`, for bytes that are known to be UTF-8; None if there is no such way.
    """

    read: Callable[[bytes], R]
    names: Callable[[R], tuple[str, ...]]
    keys: tuple[str, ...]
    sure: Callable[[bytes], R] | None = None

    def within(self, body: bytes) -> Shape[R]:
        """The shape of records that are all part of `body`: that is UTF-8 is quicker seen once than in each."""
        return replace(self, read=self.sure) if self.sure is not None and is_utf8(body) else self

    def identify(self, raw: bytes) -> str | None:
        """The id of a record that cannot be read, as far as it can be told."""
        return find_id(raw, *self.keys)


@dataclass(frozen=True)  # with slots, Python 3.11 cannot call Answers[R]()
class Answers(Generic[R]):
    """Every id asked is in exactly one of these.

    Attributes:
        found: records by the id asked.
        missing: ids that the vendor says it does not have.
        refused: the vendor's reasons, by id.
        unreadable: records that came and cannot be read, by id.
        unanswered: ids of which the reply says nothing.
        failed: what is to be told of an id that no reply came for.
    """

    found: dict[str, R] = field(default_factory=dict[str, R])
    missing: tuple[str, ...] = ()
    refused: dict[str, Refusal] = field(default_factory=dict[str, Refusal])
    unreadable: dict[str, Unreadable] = field(default_factory=dict[str, Unreadable])
    unanswered: tuple[str, ...] = ()
    failed: dict[str, CommerceError] = field(default_factory=dict[str, CommerceError])

    def __or__(self, later: Answers[R]) -> Answers[R]:
        """Both together, where `later` is about other ids, or about those that this one left unanswered."""
        answered = {*later.found, *later.missing, *later.refused, *later.unreadable}
        left = (id for id in self.unanswered if id not in answered)
        return Answers(
            found={**self.found, **later.found},
            missing=self.missing + later.missing,
            refused={**self.refused, **later.refused},
            unreadable={**self.unreadable, **later.unreadable},
            unanswered=tuple(dict.fromkeys((*left, *later.unanswered))),
            failed={**self.failed, **later.failed},
        )


_NO_RECORD = (Refusal, Unreadable)


def sort_out(asked: Sequence[str], records: Iterable[msgspec.Raw], shape: Shape[R]) -> Answers[R]:
    """Finds the answer to each id (no repeats) in the records of a reply; what nobody asked for is left out."""
    answers: dict[str, R | Refusal | Unreadable] = {}
    strays: list[R | Refusal | Unreadable] = []
    wanted = frozenset(asked)
    whole = True
    for raw in records:
        data = bytes(raw)  # a copy: a Raw would keep the whole reply alive
        answer: R | Refusal | Unreadable
        try:
            answer = record = shape.read(data)
            names = shape.names(record)
        except (ValueError, ArithmeticError, RecursionError) as error:
            names, answer = _set_aside(data, error, shape)
            whole = False
        id = names[0] if names and names[0] in wanted else next((name for name in names if name in wanted), None)
        if id is None:
            strays.append(answer)
        elif id not in answers or isinstance(answers[id], _NO_RECORD):
            answers[id] = answer
    if whole and len(answers) == len(asked):
        return Answers({id: cast("R", answers[id]) for id in asked})
    left = [id for id in asked if id not in answers]
    if len(left) == len(strays) == 1 and (len(asked) == 1 or isinstance(strays[0], _NO_RECORD)):
        # Asked by another name, or an error that names no id: there is only one it can be about.
        answers[left[0]] = strays[0]
    return _sorted(asked, answers)


def _set_aside(data: bytes, error: Exception, shape: Shape[R]) -> tuple[tuple[str, ...], Refusal | Unreadable]:
    if isinstance(error, Refusal):
        return (error.id,) if error.id else (), error
    id = shape.identify(data)
    return (id,) if id else (), Unreadable(id=id, reason=one_line(error), raw=data)


def _sorted(asked: Sequence[str], answers: dict[str, R | Refusal | Unreadable]) -> Answers[R]:
    found: dict[str, R] = {}
    refused: dict[str, Refusal] = {}
    unreadable: dict[str, Unreadable] = {}
    missing: list[str] = []
    unanswered: list[str] = []
    for id in asked:
        answer = answers.get(id)
        if answer is None:
            unanswered.append(id)
        elif isinstance(answer, Unreadable):
            unreadable[id] = answer
        elif not isinstance(answer, Refusal):
            found[id] = answer
        elif answer.missing:
            missing.append(id)
        else:
            refused[id] = answer
    return Answers(found, tuple(missing), refused, unreadable, tuple(unanswered))
