"""The vendor's own dialect of OAuth 2: addresses, signatures and what the answers mean. Pure.

Follows Spark Pay: Authentication. The dialect has no `response_type`, `grant_type` or `state`; instead of the code and
the app's secret, a signature made from them is sent.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final, cast
from urllib.parse import parse_qsl, quote, urlsplit

import msgspec

from commerce_async.errors import AuthError, ConfigError
from commerce_async.http.auth import stands_in_header
from commerce_async.http.call import Call, Outcome, Reply, Verdict
from commerce_async.http.retry import parse_date
from commerce_async.schema.lenient import untyped
from commerce_async.secrets import Secret
from commerce_async.tokens import Token
from sparkpay_async import verdict

_REFUSED: Final = frozenset({400, 401, 403, 409, 422})
_ERRORS: Final = ("error", "error_reason", "error_description")


@dataclass(frozen=True, slots=True)
class App:
    """An app as the admin console shows it, and what it may do.

    Attributes:
        site: the shop's address, without a path of the API.
        client_id: the App ID.
        secret: the App Secret.
        scope: as it is sent and signed.
    """

    site: str
    client_id: str
    secret: Secret
    scope: str

    @property
    def audience(self) -> str:
        """What its tokens are for."""
        return f"{self.site} app {self.client_id}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the shop sends a browser back with, once a person has granted access."""

    auth_id: str
    code: Secret


def authorize_url(app: App, redirect_uri: str) -> str:
    """Where a person signs in and grants access (Spark Pay: Authentication, OAuth 2, step 1)."""
    query = {"client_id": app.client_id, "scope": app.scope, "redirect_uri": redirect_uri}
    return f"{app.site}/api/oauth?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())


def with_state(redirect_uri: str, state: str) -> str:
    """The redirect URI that carries the state, since the vendor has no parameter for it.

    Args:
        redirect_uri: what comes back is added to its query.
        state: lower-case hex digits: the vendor signs the URI in lower case, and may send it back so.

    Raises:
        ConfigError: the URI cannot be used.
    """
    return f"{checked_redirect_uri(redirect_uri)}{'&' if '?' in redirect_uri else '?'}state={state}"


def checked_redirect_uri(text: str) -> str:
    """The redirect URI, which is signed as it stands, and so must mean the same to everyone.

    Raises:
        ConfigError: no http or https address, or one with a fragment, credentials or characters to be escaped.
    """
    try:
        parts = urlsplit(text)
        fit = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        fit = False
    if not fit or not text.isascii() or not text.isprintable() or set(text) & set(' "<>#\\^`{|}'):
        raise ConfigError(
            f"redirect_uri: expected an address such as http://127.0.0.1:8765/callback, got {text[:80]!r}"
        )
    return text


def exchange_signature(app: App, code: Secret, redirect_uri: str) -> str:
    """Signs a code; of all its parts only the redirect URI is in lower case (Spark Pay: Authentication, step 5)."""
    return _digest(app.secret.reveal() + code.reveal() + app.client_id + app.scope + redirect_uri.lower())


def refresh_signature(app: App, refresh_token: Secret) -> str:
    """Signs a refresh token (Spark Pay: Authentication, Refreshing Tokens, step 1)."""
    return _digest(app.secret.reveal() + refresh_token.reveal() + app.client_id)


def exchange(app: App, answer: Answer, redirect_uri: str) -> Call[Token]:
    """The call that gets a token for a code. A code is good for one token, so it is never sent twice."""
    body = {"auth_id": answer.auth_id, "signature": exchange_signature(app, answer.code, redirect_uri)}
    return Call(
        operation="oauth.exchange",
        method="POST",
        path="/oauth/access_token",
        decode=lambda reply: read_token(reply, app.audience),
        body=_body(app, body),
        idempotent=False,
        check="Start the login again.",
    )


def refresh(app: App, refresh_token: Secret) -> Call[Token]:
    """The call that gets the next token. Refresh tokens may be used many times, so a lost answer is asked for again."""
    body = {"refresh_token": refresh_token.reveal(), "signature": refresh_signature(app, refresh_token)}
    return Call(
        operation="oauth.refresh",
        method="POST",
        path="/oauth/refresh",
        decode=lambda reply: read_token(reply, app.audience),
        body=_body(app, body),
        idempotent=True,
    )


def judge(call: Call[Any], reply: Reply) -> Verdict:
    """The verdict on an answer of the token pages, whose errors come as a status, and perhaps as a body alone."""
    found = verdict.judge(call, reply)
    members = _members(reply.body)
    words = _error_words(members)
    if found.outcome is Outcome.OK and "access_token" not in members and words:
        return replace(found, outcome=Outcome.EXPIRED, message=words)
    if reply.status in _REFUSED:
        return replace(found, outcome=Outcome.EXPIRED, message=words or found.message)
    return replace(found, message=words or found.message)


def read_token(reply: Reply, audience: str) -> Token:
    """The token of an answer, which is JSON or a form.

    `expires` is a hint: null, nonsense and a time that is already over mean that nobody knows. A time without an offset
    is read as UTC.

    Raises:
        ValueError: there is no token in it. The message never shows the answer.
    """
    members = _members(reply.body)
    access, next_one, user = (_text(members, name) for name in ("access_token", "refresh_token", "username"))
    if not access or not stands_in_header(access):
        raise ValueError("the answer has no access token that can be used")
    now = parse_date(reply.headers.get("date")) or reply.received
    expires = parse_date(_text(members, "expires"))
    return Token(
        access=Secret(access),
        refresh=Secret(next_one) if next_one else None,
        expires=expires if expires is not None and expires > now else None,
        obtained=now,
        audience=audience,
        user=user,
    )


def read_answer(redirected: str, state: str) -> Answer:
    """What the browser was sent back with.

    Args:
        redirected: the whole address.
        state: what this login put into its redirect URI.

    Raises:
        AuthError: it is not for this login, or access was denied, or it has no code.
    """
    try:
        pairs = parse_qsl(urlsplit(redirected.strip()).query, keep_blank_values=True)
    except ValueError:
        pairs = []
    states = [value for name, value in pairs if name == "state"]
    if len(states) != 1 or not hmac.compare_digest(states[0].encode(), state.encode()):
        raise AuthError("the answer is not for this login (its state is another's); start the login again")
    query = dict(pairs)
    if "error" in query:
        raise AuthError(f"access was not granted: {_error_words(query)}")
    if not query.get("auth_id") or not query.get("code"):
        raise AuthError("the shop sent the browser back without a code; start the login again")
    return Answer(auth_id=query["auth_id"], code=Secret(query["code"]))


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _body(app: App, members: Mapping[str, str]) -> bytes:
    # The vendor's own samples send the App ID as a number; it is shown as one.
    number = int(app.client_id) if app.client_id.isascii() and app.client_id.isdigit() else None
    plain = number is not None and str(number) == app.client_id
    return msgspec.json.encode({"client_id": number if plain else app.client_id, **members})


def _members(body: bytes) -> Mapping[str, object]:
    try:
        if not body.lstrip().startswith(b"{"):
            return dict(parse_qsl(body.decode(errors="replace").strip(), max_num_fields=100))
        found: object = untyped(body)
    except (ValueError, RecursionError):
        return {}
    return cast("Mapping[str, object]", found) if isinstance(found, dict) else {}


def _text(members: Mapping[str, object], name: str) -> str:
    value = members.get(name)
    return value.strip() if isinstance(value, str) else ""


def _error_words(members: Mapping[str, object]) -> str:
    words = dict.fromkeys(text for name in _ERRORS if (text := _text(members, name)))
    return ": ".join(words)[:300]
