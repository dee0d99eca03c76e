"""A webhook from its first byte to its answer, whatever server it came through."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from math import inf
from typing import Any, Final, TypeAlias

from commerce_async.errors import CommerceError, ConfigError, DecodeError
from commerce_async.http.receiving import JSON, Answer, Incoming, TooLargeError
from commerce_async.http.sending import encoded
from sparkpay_async.webhooks.addresses import Keys, checked_keys, event_at
from sparkpay_async.webhooks.events import QUESTIONS
from sparkpay_async.webhooks.looking import Lookups, Resources
from sparkpay_async.webhooks.parsing import Claim, Notice, Question, parse_notice, parse_question

NoticeHandler: TypeAlias = Callable[[Notice], Awaitable[object]]
QuestionHandler: TypeAlias = Callable[[Question], Awaitable[Mapping[str, object]]]
FailureHandler: TypeAlias = Callable[[Claim, Exception], Awaitable[object]]

LOG: Final = logging.getLogger("sparkpay_async.webhooks")
MAX_BODY: Final = 2 * 1024 * 1024


class Receiver:
    """Checks, reads and hands over webhooks.

    Notices are handed over side by side and in no order, each with its record read anew, since nobody signed what was
    posted. A notice that was taken ends in one of two ways: `handler` returns, or there is a line in the log and
    `on_failed` is called. The vendor documents no second delivery, so a process that dies loses what it had in hand.

    Args:
        handler: `async def handler(notice)`. The same change may come as several events, and anything may come twice.
        secret: that of `Addresses`; several while one is being replaced.
        api: the store's, to read the records with.
        fetch: False hands notices over as they were posted, by whomever.
        answers: `async def answer(question)` by event; what it returns is sent as JSON, `Decimal` digit for digit.
        on_failed: `async def on_failed(claim, error)`: the record could not be read, or the handler raised.
        max_body: bytes of a body that are accepted.
        answer_within: seconds until an answer; the vendor waits for 3. What takes longer goes on.
        reads_per_second: calls for records, each for up to 100 of them, whatever is posted.
        most: webhooks in hand at a time; more are refused.

    Raises:
        ConfigError: no secret or one that could be guessed, no `api`, or an answer to what is no question.
    """

    def __init__(
        self,
        handler: NoticeHandler | None = None,
        *,
        secret: Keys,
        api: Resources | None = None,
        fetch: bool = True,
        answers: Mapping[str, QuestionHandler] | None = None,
        on_failed: FailureHandler | None = None,
        max_body: int = MAX_BODY,
        answer_within: float = 2.0,
        reads_per_second: float = 1.0,
        most: int = 1000,
    ) -> None:
        self._keys = checked_keys(secret)
        self._handler = handler
        self._lookups = _lookups(api, reads_per_second) if fetch and handler is not None else None
        self._answers = dict(answers or {})
        for event_type in self._answers.keys() - QUESTIONS:
            raise ConfigError(f"webhooks: answers: {str(event_type)[:40]!r} is no event that takes an answer")
        self._on_failed = on_failed
        self._max_body = max_body
        self._within = answer_within
        self._most = most
        self._tasks: set[asyncio.Task[Answer]] = set()

    async def receive(self, request: Incoming) -> Answer:
        """The answer to a request.

        200: a notice was handled, or here is the answer to a question. 202: a notice is in hand. 500: it could not be
        handled. 503: too much is in hand. 504: a question's answer takes too long. 400, 404, 405, 413: no webhook.
        """
        event_type = event_at(request.path, self._keys)
        if event_type is None:
            return Answer(404)  # before a byte of the body is kept
        if request.method != "POST":
            return Answer(405)
        try:
            body = await request.body(self._max_body)
        except TooLargeError:
            LOG.warning("a webhook for %s was refused: over %d bytes", event_type, self._max_body)
            return Answer(413)
        return await self.answer(event_type, body)

    async def answer(self, event_type: str, body: bytes) -> Answer:
        """The answer to a webhook whose address was checked and whose body was read."""
        try:
            work = self._question(event_type, body) if event_type in QUESTIONS else self._notice(event_type, body)
        except DecodeError as error:
            LOG.warning("a webhook for %s was refused: %s", event_type, error.message)
            return Answer(400)
        if work is None:
            LOG.warning("a webhook for %s came, and there is no handler for it", event_type)
            return Answer(404)
        if len(self._tasks) >= self._most:
            LOG.error("a webhook for %s was refused: %d are in hand", event_type, len(self._tasks))
            return Answer(503)
        return await self._started(event_type, work())

    async def settled(self) -> None:
        """Waits until nothing is in hand. Call it when the server has stopped, before the store is closed."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _started(self, event_type: str, work: Coroutine[Any, Any, Answer]) -> Answer:
        task = asyncio.create_task(work)  # of its own: it goes on if the other side hangs up
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        done, _ = await asyncio.wait({task}, timeout=self._within)
        if done:
            return Answer(500) if task.cancelled() else task.result()
        if event_type not in QUESTIONS:
            return Answer(202)
        LOG.error("the answer to %s took over %g s, and was not given", event_type, self._within)
        return Answer(504)

    # -- notices ---------------------------------------------------------------------------------------------

    def _notice(self, event_type: str, body: bytes) -> Callable[[], Coroutine[Any, Any, Answer]] | None:
        handler = self._handler
        if handler is None:
            return None
        claim = parse_notice(event_type, body)
        return lambda: self._handled(claim, handler)

    async def _handled(self, claim: Claim, handler: NoticeHandler) -> Answer:
        try:
            await handler(await self._looked_up(claim))
        except asyncio.CancelledError:  # the program stops without waiting for what is in hand
            LOG.warning("%s of %s %s was cut off", claim.event_type, claim.resource, claim.id)
            raise
        except Exception as error:  # whatever a handler raises concerns its notice alone
            _log(error, "%s of %s %s was not handled", claim.event_type, claim.resource, claim.id)
            await self._failed(claim, error)
            return Answer(500)
        return Answer(200)

    async def _looked_up(self, claim: Claim) -> Notice:
        lookups = self._lookups
        record = claim.posted() if lookups is None else await lookups.read(claim.resource, claim.id)
        return Notice(
            event_type=claim.event_type,
            raw=claim.raw,
            resource=claim.resource,
            id=claim.id,
            record=record,
            fetched=lookups is not None,
        )

    async def _failed(self, claim: Claim, error: Exception) -> None:
        if self._on_failed is None:
            return
        try:
            await self._on_failed(claim, error)
        except Exception:  # the last resort failed as well; there is nobody else to tell
            LOG.exception("on_failed failed on %s of %s %s", claim.event_type, claim.resource, claim.id)

    # -- questions -------------------------------------------------------------------------------------------

    def _question(self, event_type: str, body: bytes) -> Callable[[], Coroutine[Any, Any, Answer]] | None:
        handler = self._answers.get(event_type)
        if handler is None:
            return None
        question = parse_question(event_type, body)
        return lambda: self._answered(question, handler)

    async def _answered(self, question: Question, handler: QuestionHandler) -> Answer:
        try:
            return Answer(200, encoded(await handler(question)), JSON)
        except Exception as error:  # the shop goes on without an answer, as its webhook's failure_type says
            _log(error, "%s was not answered", question.event_type)
            return Answer(500)


def _lookups(api: Resources | None, rate: float) -> Lookups:
    if api is None:
        raise ConfigError(
            "webhooks: give api=store.api to read the records with, or fetch=False to trust what is posted"
        )
    if not 0 < rate < inf:
        raise ConfigError(f"webhooks: reads_per_second: expected a number above 0, got {rate!r}")
    return Lookups(api, rate)


def _log(error: Exception, words: str, *told: object) -> None:
    if isinstance(error, CommerceError):
        LOG.error(f"{words}: %s", *told, error)
    else:
        LOG.error(words, *told, exc_info=error)
