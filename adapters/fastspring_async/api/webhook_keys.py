"""FastSpring: /webhooks/keys."""

from __future__ import annotations

from commerce_async.errors import CommerceError, UsageError
from commerce_async.http.client import Client
from commerce_async.secrets import Secret
from fastspring_async import operations, wire
from fastspring_async.bodies import MOST_SECRET
from fastspring_async.calls.families import whole
from fastspring_async.calls.sending import encoded


class WebhookKeysApi:
    """FastSpring: /webhooks/keys, the secrets that webhooks are signed with."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def set(self, url: str, secret: str | Secret) -> wire.WebhookKey:
        """Sets the secret of the webhook with that URL. FastSpring: /webhooks/keys, Update a webhook key secret.

        Args:
            secret: 1 to 100 characters.

        Raises:
            UsageError: the secret's length; nothing was sent.
            RejectedError: refused in the vendor's words, without the secret in them.
        """
        key = secret.reveal() if isinstance(secret, Secret) else secret
        if not 1 <= len(key) <= MOST_SECRET:
            raise UsageError(f"secret: has 1 to {MOST_SECRET} characters")
        body = encoded({"url": url, "hmacSecret": key})
        try:
            return await self._client.send(
                operations.request("webhook_keys.set", whole(wire.read_webhook_key), body=body)
            )
        except CommerceError as error:
            error.reword(lambda words: words.replace(key, "***"))
            raise
