"""Emulators that render each page once, so that what is measured is who reads them. Only where nothing is written."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from commerce_async.testing.emulator import Emulator, Handler


def keeping(kind: type[Emulator]) -> type[Emulator]:
    """The emulator with its credentials, limits, faults and ledger as they are, and every answer to a GET kept."""

    class Keeping(kind):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self._kept: dict[str, tuple[bytes, list[tuple[str, str]]]] = {}

        async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
            return await super()._answer(request, self._from_memory(handler) if request.method == "GET" else handler)

        def _from_memory(self, handler: Handler) -> Handler:
            async def answer(request: web.Request) -> web.StreamResponse:
                found = self._kept.get(request.raw_path)
                if found is not None:
                    return web.Response(body=found[0], headers=found[1])
                response = await handler(request)
                if isinstance(response, web.Response) and response.status == 200 and isinstance(response.body, bytes):
                    self._kept[request.raw_path] = response.body, list(response.headers.items())
                return response

            return answer

    return Keeping
