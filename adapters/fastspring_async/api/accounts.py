"""FastSpring: /accounts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

from commerce_async.errors import CommerceError, UsageError
from commerce_async.http.client import Client
from commerce_async.http.pager import Pager
from commerce_async.store import Batch
from fastspring_async import operations, wire
from fastspring_async.api.base import Listing, change_each, settled
from fastspring_async.bodies import AccountBody, ContactBody
from fastspring_async.calls.families import ACCOUNT, AccountFilter, Having, answered, sole
from fastspring_async.fetch import Fetcher

_CHANGE: Final = wire.Shape(wire.read_account_change, lambda change: (change.id,), wire.ACCOUNTS.names)
_LINK: Final = wire.Shape(wire.read_link, lambda link: (link.id,), wire.ACCOUNTS.names)
_EXISTING: Final = re.compile(r"/accounts/([\w-]{1,128})")


class AccountsApi:
    """FastSpring: /accounts, customers' accounts."""

    def __init__(self, client: Client, page_size: int) -> None:
        self._client = client
        self._page_size = page_size
        self._fetcher = Fetcher(client, wire.ACCOUNTS, ACCOUNT)

    async def get(self, ids: str | Iterable[str]) -> Batch[wire.AccountRecord]:
        """Accounts by id, 50 a call. FastSpring: /accounts, Get an account.

        Raises:
            UsageError: an id that cannot stand in a URL.
            AuthError: the credentials are not accepted.
        """
        return await self._fetcher.get_many(ids)

    def search(
        self,
        *,
        email: str | None = None,
        custom: str | None = None,
        global_id: str | None = None,
        order: str | None = None,
        order_reference: str | None = None,
        subscription: str | None = None,
        products: Iterable[str] = (),
        subscriptions: Having | None = None,
        refunds: bool | None = None,
        begin: date | None = None,
        end: date | None = None,
        page: int | None = None,
        limit: int | None = None,
        resume: str | None = None,
    ) -> Pager[wire.AccountRecord]:
        """Accounts by one condition, or all. FastSpring: /accounts, Get accounts by parameters, Get all accounts.

        The vendor lists ids only: each page costs another call for every 50 accounts on it. For ids alone use `ids`.

        Args:
            email, custom, global_id, order, order_reference, subscription, products, subscriptions, refunds, begin,
                end: see `fastspring_async.calls.families.AccountFilter`; the vendor takes one, beside the time.
            page: the page to begin with.
            limit: accounts per page; the store's `page_size` by default.
            resume: the token of an earlier pager with the same filter.

        Raises:
            UsageError: more than one condition, or a token that is none.
        """
        filter = AccountFilter(
            email=email,
            custom=custom,
            global_id=global_id,
            order=order,
            order_reference=order_reference,
            subscription=subscription,
            products=(products,) if isinstance(products, str) else tuple(products),
            subscriptions=subscriptions,
            refunds=refunds,
            begin=begin,
            end=end,
        )
        return self._listing(filter, page, limit, resume).records()

    def ids(self, filter: AccountFilter | None = None, *, resume: str | None = None) -> Pager[str]:
        """Ids of accounts, as `search`, without the accounts themselves.

        Raises:
            UsageError: more than one condition, or a token that is none.
        """
        return self._listing(filter or AccountFilter(), None, None, resume).ids()

    def _listing(
        self, filter: AccountFilter, page: int | None, limit: int | None, resume: str | None
    ) -> Listing[wire.AccountRecord]:
        size = self._page_size if limit is None else limit
        query = filter.query()
        return Listing(
            self._client, self._fetcher, ACCOUNT, "accounts.search", query, page=page, size=size, resume=resume
        )

    async def create(self, body: AccountBody) -> wire.Change:
        """Creates an account. FastSpring: /accounts, Create an account.

        Never sent twice: after a lost answer it is looked up by its e-mail address (`Change.settled`).

        Raises:
            UsageError: it has faults; `.fields` has all of them, and nothing was sent.
            RejectedError: refused; for an address that has an account see `existing_account`.
            UnknownOutcomeError: the answer was lost, and looking it up did not tell.
        """
        if faults := {**body.missing(), **body.faults()}:
            raise UsageError("nothing was sent: there are faults", fields=faults)
        decode = sole(wire.ACCOUNTS, wire.read_account_change)
        call = operations.request("accounts.create", decode, body=body.json())
        contact = body.contact if isinstance(body.contact, ContactBody) else ContactBody()
        return await settled(self._client, call, lambda: self._made(contact))

    async def _made(self, wanted: ContactBody) -> wire.Change | None:
        """The account with that address and name; None if there is none with the address.

        Raises:
            CommerceError: it could not be looked up, or the address has an account of another name.
        """
        page = await self.search(email=str(wanted.email))
        if not page.items:
            if page.unreadable:
                raise UsageError("the account with this e-mail address cannot be read")
            return None
        contact = page.items[0].contact or wire.AccountContact()
        if (contact.first, contact.last) != (wanted.first, wanted.last):
            raise UsageError("an account of another name has this e-mail address")
        return wire.Change(id=page.items[0].key, action="account.create", settled=True)

    async def update(self, id: str, body: AccountBody) -> wire.Change:
        """Changes an account; only what is given. FastSpring: /accounts, Update an account.

        Raises:
            UsageError: it has faults, and nothing was sent.
            MissingError: there is no such account.
        """
        decode = sole(wire.ACCOUNTS, wire.read_account_change)
        return await self._client.send(operations.request("accounts.update", decode, id=id, body=body.json()))

    async def authenticate(self, ids: str | Iterable[str]) -> Batch[wire.Link]:
        """Links into the account management, 50 accounts a call; each is good for 24 hours.

        FastSpring: /accounts, Get an authenticated account management URL.

        Raises:
            UsageError: an id that cannot stand in a URL.
            AuthError: the credentials are not accepted.
        """
        return await change_each(
            self._client,
            ids,
            lambda part: operations.request("accounts.authenticate", answered(wire.ACCOUNTS, part, _LINK), ids=part),
        )


def existing_account(error: CommerceError) -> str | None:
    """The id of the account that an e-mail address has already, from the error of `AccountsApi.create`."""
    for words in (*error.fields.values(), error.message):
        if found := _EXISTING.search(words):
            return found[1]
    return None
