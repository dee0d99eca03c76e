"""The vendor's own OAuth dialect: authorize page, token exchange and refresh (Spark Pay: Authentication)."""

from __future__ import annotations

import hashlib
import hmac
import html
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple
from urllib.parse import urlencode, urlsplit, urlunsplit

from aiohttp import web

from . import replies
from .values import Moment

CLIENT_ID = "fake-sparkpay-app"
SECRET = "fake-sparkpay-app-secret-for-tests"  # noqa: S105  an obvious fake: the emulator's own

Approval = Literal["approve", "deny", "page"]


class Handshake(NamedTuple):
    """What the shop knows of a granted, not yet exchanged code."""

    client_id: str
    scope: str
    redirect_uri: str
    code: str


class Token(NamedTuple):
    """An access token: both clocks must say that it is still good. `expires` None is forever."""

    scope: str
    issued: float
    lifetime: float
    expires: datetime | None


class OAuth:
    """Grants and renews tokens. Change its attributes while it runs.

    Args:
        clock: the server's clock, in seconds.
        wall: its time of day.

    Attributes:
        client_id, secret: of the one app there is.
        approval: the user approves or denies at once, or there is a page with both links.
        lifetime: seconds that an access token is good for; `refresh_lifetime` None lets those live forever.
        expires_null: replies say `"expires": null`, and tokens do not expire.
        rotate: a refresh gives a new refresh token, and the old one is spent. The vendor's can be used many times.
        refuse_refreshes: so many of the next refreshes are refused; with which status is `refuse_with`.
        error_form: errors as the vendor's object, or as its redirects have them; the pages do not say.
        exchanges, refreshes: how many tokens were given in each way; `refresh_calls` counts all tries.
        granted: how often the user approved.
    """

    def __init__(self, clock: Callable[[], float], wall: Callable[[], datetime]) -> None:
        self.client_id = CLIENT_ID
        self.secret = SECRET
        self.approval: Approval = "approve"
        self.lifetime = 3_600.0
        self.expires_null = False
        self.rotate = False
        self.refuse_refreshes = 0
        self.refuse_with = 401
        self.error_form: Literal["object", "oauth"] = "object"
        self.exchanges = self.refreshes = self.refresh_calls = self.granted = 0
        self._clock, self._wall = clock, wall
        self._handshakes: dict[str, Handshake] = {}
        self._tokens: dict[str, Token] = {}
        self._renewals: dict[str, str] = {}

    # -- what tests do ---------------------------------------------------------------------------------------

    def issue(self, scope: str = "read_catalog read_orders read_people") -> dict[str, Any]:
        """Tokens as an exchange gives them, without one: access_token, refresh_token, expires."""
        return self._grant(scope, None)

    def revoke(self, token: str | None = None) -> None:
        """An access or refresh token is good no more; all of them, if none is named."""
        for known in (self._tokens, self._renewals):
            for each in [*known] if token is None else [token]:
                known.pop(each, None)

    def expire(self) -> None:
        """Every access token given so far has expired; refresh tokens are still good."""
        self._tokens.clear()

    def scope_of(self, token: str) -> str | None:
        """The scope of an access token that is good; None if it is not."""
        found = self._tokens.get(token)
        if found is None:
            return None
        over = found.expires is not None and (
            self._clock() - found.issued >= found.lifetime or self._wall() >= found.expires
        )
        return None if over else found.scope

    # -- endpoints -------------------------------------------------------------------------------------------

    def authorize(self, request: web.Request) -> web.Response:
        """`GET /api/oauth`: the user is asked, and sent back to `redirect_uri`."""
        query = request.query
        back = query.get("redirect_uri", "")
        if urlsplit(back).scheme not in ("http", "https"):
            return web.Response(status=400, text="<p>The redirect_uri is not valid.</p>", content_type="text/html")
        if query.get("client_id") != self.client_id or not query.get("scope"):
            return _redirect(back, _error("invalid_request", "invalid_client", "The app or its scope is not known."))
        decision = query.get("decision") or self.approval
        if decision == "page":
            return _page(request)
        if decision != "approve":
            return _redirect(back, _error("access_denied", "user_denied", "The user denied the request."))
        self.granted += 1
        auth_id, code = f"{self.granted}{secrets.randbelow(10**6):06d}", secrets.token_hex(16)
        self._handshakes[auth_id] = Handshake(self.client_id, query["scope"], back, code)
        return _redirect(back, {"auth_id": auth_id, "code": code})

    def exchange(self, given: Mapping[str, Any], form: bool) -> web.Response:
        """`POST /api/oauth/access_token`: once per handshake, with the documented signature."""
        auth_id = str(given.get("auth_id", ""))
        known = self._handshakes.get(auth_id)
        if known is None or given.get("client_id") != known.client_id:
            return self._failed(400, "The auth_id is not valid.", form)
        parts = (self.secret, known.code, known.client_id, known.scope, known.redirect_uri.lower())
        if not _signed(given, parts):
            return self._failed(401, "The signature is not valid.", form)
        del self._handshakes[auth_id]
        self.exchanges += 1
        return replies.json(replies.encode(self._grant(known.scope, None) | {"username": "admin"}))

    def refresh(self, given: Mapping[str, Any], form: bool) -> web.Response:
        """`POST /api/oauth/refresh`: a new access token of the same scope."""
        self.refresh_calls += 1
        if self.refuse_refreshes:
            self.refuse_refreshes -= 1
            return self._failed(self.refuse_with, "The refresh_token is not valid.", form)
        token = str(given.get("refresh_token", ""))
        scope = self._renewals.get(token)
        if scope is None or given.get("client_id") != self.client_id:
            return self._failed(401, "The refresh_token is not valid.", form)
        if not _signed(given, (self.secret, token, self.client_id)):
            return self._failed(401, "The signature is not valid.", form)
        self.refreshes += 1
        if self.rotate:
            del self._renewals[token]
        return replies.json(replies.encode(self._grant(scope, None if self.rotate else token)))

    # -- inside ----------------------------------------------------------------------------------------------

    def _grant(self, scope: str, renewal: str | None) -> dict[str, Any]:
        access = secrets.token_hex(16)
        forever = self.expires_null or "no_expiry" in scope.replace(",", " ").split()
        expires = None if forever else self._wall().astimezone(UTC) + timedelta(seconds=self.lifetime)
        self._tokens[access] = Token(scope, self._clock(), self.lifetime, expires)
        if renewal is None:
            renewal = secrets.token_hex(16)
            self._renewals[renewal] = scope
        return {"access_token": access, "refresh_token": renewal, "expires": expires and _text(expires)}

    def _failed(self, status: int, details: str, form: bool) -> web.Response:
        body: dict[str, Any] = {"status_code": status, "message": "Unauthorized", "details": details}
        if status != 401:
            body["message"] = "Bad Request"
        if self.error_form == "oauth":
            body = _error("invalid_grant", "invalid_grant", details)
        if form:
            return web.Response(status=status, text=urlencode(body), content_type="application/x-www-form-urlencoded")
        return replies.json(replies.encode(body), status)


def _text(at: datetime) -> str:
    return Moment(int(at.timestamp()), at.microsecond * 10, 7).text()


def _signed(given: Mapping[str, Any], parts: tuple[str, ...]) -> bool:
    expected = hashlib.sha256("".join(parts).encode()).hexdigest()
    return hmac.compare_digest(str(given.get("signature", "")).lower().encode(), expected.encode())


def _error(error: str, reason: str, description: str) -> dict[str, Any]:
    return {"error": error, "error_reason": reason, "error_description": description}


def _redirect(back: str, parameters: Mapping[str, Any]) -> web.Response:
    """To the app's URL, whose own query stays as it is."""
    parts = urlsplit(back)
    query = "&".join(filter(None, [parts.query, urlencode(parameters)]))
    return web.Response(status=302, headers={"Location": urlunsplit(parts._replace(query=query))})


def _page(request: web.Request) -> web.Response:
    links = "".join(
        f'<a href="{html.escape(str(request.rel_url.update_query(decision=word)))}">{word}</a> '
        for word in ("approve", "deny")
    )
    app = html.escape(request.query["client_id"])
    return web.Response(text=f"<h1>{app} asks for access</h1>{links}", content_type="text/html")
