"""Getting tokens: a person's login, and the renewals after it. Thin: what is sent and what it means is in `rules`."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final

from commerce_async.clock import Clock
from commerce_async.errors import AuthError, ConfigError, UsageError
from commerce_async.http.auth import Redactor
from commerce_async.http.client import Client
from commerce_async.http.renewal import SharedToken
from commerce_async.secrets import Secret
from commerce_async.tokens import Token, TokenPlace, TokenStore
from sparkpay_async.oauth import rules

_HINT: Final = "log in with `commerce-async login`"


class OAuth:
    """An app's credentials, and where its token is kept. For `SparkPay(oauth=…)`.

    Spark Pay: Authentication, OAuth 2. App ID and App Secret are shown in the admin console under Tools, Apps & Addons,
    API Apps & Integrations.

    Args:
        client_id: the App ID.
        client_secret: the App Secret.
        scope: what the token may do: one text, sent as it is, or several, joined by commas.
        tokens: a token store, or `file:PATH` or `keyring:SERVICE/USER`.
        redirect_uri: where the shop sends the browser back to; None takes a free port of this machine.

    Raises:
        ConfigError: one of them is empty or wrong; the message names it.
    """

    def __init__(
        self,
        client_id: str | int,
        client_secret: str | Secret,
        *,
        scope: str | Sequence[str],
        tokens: TokenStore | str,
        redirect_uri: str | None = None,
    ) -> None:
        self.client_id = str(client_id).strip()
        if not self.client_id:
            raise ConfigError("client_id: is empty")
        if not client_secret:
            raise ConfigError("client_secret: is empty")
        self._secret = client_secret if isinstance(client_secret, Secret) else Secret(client_secret)
        self.scope = scope.strip() if isinstance(scope, str) else ",".join(scope)
        if not self.scope:
            raise ConfigError("scope: is empty; name what the token may do, such as read_catalog,read_orders")
        self.tokens = _store(tokens) if isinstance(tokens, str) else tokens
        self.redirect_uri = None if redirect_uri is None else rules.checked_redirect_uri(redirect_uri)

    def app(self, site: str) -> rules.App:
        """The app at a shop."""
        return rules.App(site=site, client_id=self.client_id, secret=self._secret, scope=self.scope)

    def __repr__(self) -> str:
        return f"OAuth({self.client_id!r}, '***', scope={self.scope!r}, tokens={str(self.tokens)!r})"


class Grants:
    """Exchange and renewal for one store.

    Args:
        oauth: the app.
        site: the shop's address.
        header: the header of the access token.
        clock: the time.

    Attributes:
        credential: for the store's client.
        oauth: the app.
    """

    def __init__(self, oauth: OAuth, site: str, *, header: str, clock: Clock) -> None:
        self.oauth = oauth
        self._app = app = oauth.app(site)
        self._redactor = Redactor(app.secret)
        self._client: Client | None = None
        self.credential = SharedToken(
            header,
            oauth.tokens,
            self._refresh,
            audience=app.audience,
            redactor=self._redactor,
            clock=clock,
            hint=_HINT,
        )

    def connect(self, client: Client) -> None:
        """Tells whose session and limit to use."""
        # The vendor does not say whether these calls count against the limit. Counted in vain costs one call an hour.
        self._client = client.for_credentials(f"{self._app.site}/api", rules.judge, (self._redactor,))

    def login(self, redirect_uri: str) -> Login:
        """A new login; see `SparkPay.login`."""
        state = secrets.token_hex(16)
        return Login(self, self._app, rules.with_state(redirect_uri, state), state)

    async def exchange(self, answer: rules.Answer, redirect_uri: str) -> Token:
        """Gets the token for a code, keeps it, and uses it from now on."""
        call = rules.exchange(self._app, answer, redirect_uri)
        self._redactor.hide(answer.code)
        token = await self._sender.send(call)
        await self.credential.replace(token)
        return token

    async def _refresh(self, token: Token) -> Token:
        if token.refresh is None:
            raise AuthError(f"there is no refresh token; {_HINT}")
        self._redactor.hide(token.refresh)
        new = await self._sender.send(rules.refresh(self._app, token.refresh))
        if new.refresh is not None:
            return new
        return Token(
            access=new.access,
            refresh=token.refresh,
            expires=new.expires,
            obtained=new.obtained,
            audience=new.audience,
            user=new.user or token.user,
        )

    @property
    def _sender(self) -> Client:
        if self._client is None:
            raise UsageError("these grants belong to no store")
        return self._client


class Login:
    """One login: a person opens `url`, and `finish` takes the address that the browser is sent back to."""

    def __init__(self, grants: Grants, app: rules.App, redirect_uri: str, state: str) -> None:
        self._grants = grants
        self._redirect_uri = redirect_uri
        self._state = state
        self._answered = False
        self.url = rules.authorize_url(app, redirect_uri)
        self.kept_in = str(grants.oauth.tokens)

    async def finish(self, redirected: str) -> Token:
        """Checks the answer, gets the token and keeps it.

        Args:
            redirected: the whole address that the browser was sent back to.

        Raises:
            AuthError: it is not for this login, or access was denied, or the shop did not take the code.
            UsageError: this login has been answered before.
            UnknownOutcomeError: the shop's answer was lost: start again.
            ConfigError: the token cannot be kept.
        """
        if self._answered:
            raise UsageError("this login has already been answered; start another")
        self._answered = True
        return await self._grants.exchange(rules.read_answer(redirected, self._state), self._redirect_uri)


def _store(text: str) -> TokenStore:
    try:
        return TokenPlace(text).store
    except ConfigError as error:
        raise ConfigError(f"token_store: {error.message}") from None


__all__ = ["Grants", "Login", "OAuth"]
