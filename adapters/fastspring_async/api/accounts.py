"""FastSpring: /accounts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

from commerce_async.errors import CommerceError, UsageError
from commerce_async.http.call import Call
from commerce_async.http.client import Client
from commerce_async.http.pager import Pager
from commerce_async.store import Batch
from fastspring_async import calls, operations, wire
from fastspring_async.api.base import settled
from fastspring_async.api.listing import Listing
from fastspring_async.bodies import AccountDraft, ContactDraft
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
        self._links = Fetcher(client, wire.ACCOUNTS, _LINK, many=_authenticate)

    async def get(self, id: str) -> wire.AccountRecord:
        """One account. FastSpring: /accounts, Get an account.

        Raises:
            MissingError: there is no such account.
            UsageError: an id that cannot stand in a URL.
        """
        return await self._fetcher.get(id)

    async def get_many(self, ids: Iterable[str]) -> Batch[wire.AccountRecord]:
        """Accounts by id, 50 a call; order kept, repeated ids asked once. FastSpring: /accounts, Get an account.

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
            email: the customer's address.
            custom: the merchant's own id of the account.
            global_id: the customer's id in all of FastSpring.
            order: the account that has the order with this id.
            order_reference: the same by the order's reference.
            subscription: the account that has it.
            products: accounts that bought one of these paths.
            subscriptions: accounts that have one which is `active`, `ended`, `canceled` or `started`.
            refunds: accounts that got a refund.
            begin: the first day of the time in which. Of all but the time the vendor takes one.
            end: the last day of it.
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
        return Listing(
            self._client,
            ACCOUNT,
            "accounts.search",
            filter.query(),
            page=page,
            size=self._page_size if limit is None else limit,
            resume=resume,
            fetcher=self._fetcher,
        )

    async def create(self, draft: AccountDraft) -> wire.Change:
        """Creates an account. FastSpring: /accounts, Create an account.

        Never sent twice: after a lost answer it is looked up by its e-mail address (`Change.settled`).

        Raises:
            UsageError: it has faults; `.fields` has all of them, and nothing was sent.
            RejectedError: refused; for an address that has an account see `existing_account`.
            UnknownOutcomeError: the answer was lost, and looking it up did not tell.
        """
        if faults := {**draft.missing(), **draft.faults()}:
            raise UsageError("nothing was sent: there are faults", fields=faults)
        decode = sole(wire.ACCOUNTS, wire.read_account_change)
        call = operations.request("accounts.create", decode, body=draft.json())
        contact = draft.contact if isinstance(draft.contact, ContactDraft) else ContactDraft()
        return await settled(self._client, call, lambda: self._made(contact))

    async def _made(self, wanted: ContactDraft) -> wire.Change | None:
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

    async def update(self, id: str, draft: AccountDraft) -> wire.Change:
        """Changes an account; only what is given. FastSpring: /accounts, Update an account.

        Raises:
            UsageError: it has faults, and nothing was sent.
            MissingError: there is no such account.
        """
        decode = sole(wire.ACCOUNTS, wire.read_account_change)
        return await self._client.send(operations.request("accounts.update", decode, id=id, body=draft.json()))

    async def authenticate(self, id: str) -> wire.Link:
        """A link into the account management for one customer, good for 24 hours.

        FastSpring: /accounts, Get an authenticated account management URL.

        Raises:
            MissingError: there is no such account.
            UsageError: an id that cannot stand in a URL.
        """
        call = operations.request("accounts.authenticate", calls.only(wire.ACCOUNTS, id, _LINK), ids=[id])
        return await self._client.send(call)

    async def authenticate_many(self, ids: Iterable[str]) -> Batch[wire.Link]:
        """The same for many, 50 accounts a call. FastSpring: Overview, Batch requests.

        Raises:
            UsageError: an id that cannot stand in a URL.
            AuthError: the credentials are not accepted.
        """
        return await self._links.get_many(ids)


def _authenticate(ids: tuple[str, ...]) -> Call[wire.Answers[wire.Link]]:
    return operations.several("accounts.authenticate", answered(wire.ACCOUNTS, ids, _LINK), ids)


def existing_account(error: CommerceError) -> str | None:
    """The id of the account that an e-mail address has already, from the error of `AccountsApi.create`."""
    for words in (*error.fields.values(), error.message):
        if found := _EXISTING.search(words):
            return found[1]
    return None
