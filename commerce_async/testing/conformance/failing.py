"""Faults: what passes is survived, what stays ends soon and in an error of the tree."""

from __future__ import annotations

import logging
import pickle
from typing import Any, Literal

import msgspec
import pytest

from commerce_async.errors import AuthError, CommerceError, TemporaryError
from commerce_async.secrets import Secret
from commerce_async.testing.conformance.base import AT_ONCE, NAME, Base, check
from commerce_async.testing.emulator import Plan

Fault = Literal["reset", "lose_answer", "truncate", "server_error", "malformed"]
each_fault = pytest.mark.parametrize("fault", ["reset", "lose_answer", "truncate", "server_error", "malformed"])
_WRONG = "wrong-credential-of-the-conformance-suite"


class Failing(Base):
    """A network and a vendor on a bad day."""

    @each_fault
    @check
    async def test_a_read_survives_a_fault_that_passes(self, fault: Fault) -> None:
        async with self.scene() as scene:
            scene.emulator.plans += [Plan(fault=fault), Plan(fault=fault, skip=1)]
            ids = [record.id async for record in scene.records(scene.some).list()]
            assert sorted(ids) == sorted(scene.truth(scene.some))
            assert scene.emulator.ledger.faults[fault] >= 1
            assert scene.emulator.ledger.calls == scene.store.client.stats.calls

    @each_fault
    @check
    async def test_a_fault_that_stays_ends_after_the_tries_allowed_in_a_temporary_error(self, fault: Fault) -> None:
        async with self.scene() as scene:
            id = scene.truth(scene.some)[0]
            setattr(scene.emulator.faults, fault, 1.0)
            with pytest.raises(TemporaryError) as caught:
                await scene.records(scene.some).get(id)
            error = caught.value
            # Beside ours, aiohttp may send once more when a connection that was kept turns out to be closed.
            assert AT_ONCE.tries <= error.attempts <= 2 * AT_ONCE.tries
            assert scene.emulator.ledger.calls == error.attempts
            assert (error.store, error.safe_to_retry) == (NAME, True)
            assert error.operation
            assert error.path
            assert "\n" not in str(error)
            assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301  its own

    @check
    async def test_a_throttle_is_waited_out_and_counted_as_the_server_does(self) -> None:
        async with self.scene() as scene:
            id = scene.truth(scene.some)[0]
            scene.emulator.faults.storm = 1
            assert (await scene.records(scene.some).get(id)).id == id
            assert scene.emulator.ledger.throttled == scene.store.client.stats.throttled == 1

    @check
    async def test_wrong_credentials_are_an_auth_error_at_once(self) -> None:
        async with self.scene() as right:
            wrong = msgspec.structs.replace(right.settings, **dict.fromkeys(secrets_of(right.settings), Secret(_WRONG)))
            async with self.store.from_settings(NAME, wrong) as store:
                records: Any = getattr(store, right.some)
                with pytest.raises(AuthError) as caught:
                    await records.get(right.truth(right.some)[0])
            assert _WRONG not in _shown(caught.value)
            assert right.emulator.ledger.unauthorized == right.emulator.ledger.calls == 1

    @check
    async def test_no_repr_error_or_log_line_shows_a_secret(self) -> None:
        lines = _Lines()
        root = logging.getLogger()
        level = root.level
        root.addHandler(lines)
        root.setLevel(logging.DEBUG)
        events: list[object] = []
        try:
            async with self.scene() as scene:
                id = scene.truth(scene.some)[0]
                records: Any = getattr(scene.store.with_options(hooks=(events.append,)), scene.some)
                await records.get(id)
                scene.emulator.faults.server_error = 1.0
                with pytest.raises(CommerceError) as caught:
                    await records.get(id)
        finally:
            root.setLevel(level)
            root.removeHandler(lines)
        store, client = scene.store, scene.store.client
        shown = [repr(each) for each in (store, vars(store), client, vars(client), scene.settings, events)]
        shown.append(repr(list(getattr(scene.settings, "__rich_repr__", tuple)())))
        told = "\n".join([*shown, *lines.told])
        secrets = [getattr(scene.settings, name).reveal() for name in secrets_of(scene.settings)]
        assert secrets, "the settings hold no Secret: credentials belong into fields of that type"
        for secret in secrets:
            assert secret not in told
            assert secret not in _shown(caught.value)


def secrets_of(settings: msgspec.Struct) -> list[str]:
    """The names of the fields that hold a secret."""
    return [name for name in settings.__struct_fields__ if isinstance(getattr(settings, name), Secret)]


def _shown(error: CommerceError) -> str:
    return f"{error} {error!r} {vars(error)!r} {error.__cause__!r}"


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(f"{record.getMessage()} {record.__dict__}")
