"""Addresses, stores, e-mails, files and imports: what they have beside the generic routes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic

from commerce_async.errors import UsageError
from sparkpay_async import calls, wire
from sparkpay_async.api.reads import F, Id, ReadOnly, W
from sparkpay_async.api.resource import D, Resource
from sparkpay_async.calls import FRESH, answers, specials
from sparkpay_async.reading import Sends


class Addresses(Resource[W, F, D], Generic[W, F, D]):
    """Spark Pay: /addresses."""

    async def state_by_postalcode(self, postal_code: str) -> wire.PostalState:
        """The state that a postal code is in (Spark Pay: addresses).

        Raises:
            UsageError: a code that cannot stand in a path.
            MissingError: none is known.
        """
        decode = specials.struct(wire.PostalState)
        return await self._client.send(
            specials.request("addresses.state_by_postalcode", decode, postal_code=str(postal_code).strip())
        )


class EmailTemplates(Resource[W, F, D], Generic[W, F, D]):
    """Spark Pay: /email_templates."""

    async def send(
        self,
        id: Id,
        *,
        email_address: str | None = None,
        order_id: int | None = None,
        customer_id: int | None = None,
        merge_codes: Mapping[str, str] | None = None,
        send_duplicate: bool | None = None,
    ) -> None:
        """Sends an e-mail from a template (Spark Pay: email_templates, Send email). Never sent twice.

        The token needs the scope `email`.

        Args:
            email_address: to whom, if not the customer.
            merge_codes: what stands for `##CODES##` of the template.
            send_duplicate: whether the vendor sends what it has sent before.

        Raises:
            UsageError: not an id, or nobody to send it to.
            UnknownOutcomeError: the answer was lost; the e-mail may be out.
        """
        if not (email_address or order_id or customer_id):
            raise UsageError("send: give an email_address, an order_id or a customer_id")
        told = {
            "order_id": order_id,
            "customer_id": customer_id,
            "email_address": email_address,
            "merge_codes": None if merge_codes is None else dict(merge_codes),
            "send_duplicate": send_duplicate,
        }
        given = {name: value for name, value in told.items() if value is not None}
        number = calls.id_text(id)
        await self._client.send(specials.request("email_templates.send", specials.nothing, json=given, id=number))


class Stores(ReadOnly[W, F], Generic[W, F]):
    """Spark Pay: /stores, which are read only but for these."""

    async def active_catalog(self, id: Id, *, fresh: bool = False) -> wire.ActiveCatalog:
        """What of the catalog a store shows (Spark Pay: stores, Get store active catalog).

        Raises:
            UsageError: not an id.
            MissingError: there is no such store.
        """
        decode = specials.struct(wire.ActiveCatalog)
        headers = FRESH if fresh else ()
        return await self._client.send(
            specials.request("stores.active_catalog", decode, headers=headers, id=calls.id_text(id))
        )

    async def change_active_catalog(
        self,
        id: Id,
        *,
        root_category_id: int | None = None,
        category_ids: list[int] | None = None,
        product_ids: list[int] | None = None,
    ) -> wire.ActiveCatalog:
        """Changes what of the catalog a store shows; only what is given, and of that all.

        Raises:
            UsageError: not an id, or nothing is given.
            MissingError: there is no such store.
        """
        told = {"root_category_id": root_category_id, "category_ids": category_ids, "product_ids": product_ids}
        given = {name: value for name, value in told.items() if value is not None}
        if not given:
            raise UsageError(f"change_active_catalog: give one of {', '.join(told)}")
        decode = specials.struct(wire.ActiveCatalog)
        return await self._client.send(
            specials.request("stores.change_active_catalog", decode, json=given, id=calls.id_text(id))
        )

    async def alert_emails(self, id: Id, *, fresh: bool = False) -> tuple[wire.StoreAlertEmail, ...]:
        """Who gets a store's alerts (Spark Pay: stores, Get store alert emails).

        Raises:
            UsageError: not an id.
            MissingError: there is no such store.
        """
        decode = specials.structs(wire.StoreAlertEmail, "store_alert_email")
        headers = FRESH if fresh else ()
        return await self._client.send(
            specials.request("stores.alert_emails", decode, headers=headers, id=calls.id_text(id))
        )

    async def add_alert_email(self, id: Id, email: str) -> wire.StoreAlertEmail:
        """Adds somebody who gets a store's alerts (Spark Pay: stores, Add store alert emails). Never sent twice.

        Raises:
            UsageError: not an id.
            MissingError: there is no such store.
            UnknownOutcomeError: the answer was lost; look at `alert_emails`.
        """
        decode = specials.struct(wire.StoreAlertEmail)
        return await self._client.send(
            specials.request("stores.add_alert_email", decode, json={"email": email}, id=calls.id_text(id))
        )


class FilesApi:
    """Spark Pay: /upload. The token needs the scope `system`."""

    def __init__(self, client: Sends) -> None:
        self._client = client

    async def upload(
        self,
        destination: str,
        content: bytes,
        *,
        name: str | None = None,
        type: str = "application/octet-stream",
        overwrite: bool = False,
    ) -> None:
        """Puts a file into the store.

        Args:
            destination: where to, such as `/shared/images/product/mug.png`.
            name: the file's name in the request; by default the last part of the destination.
            type: its content type.
            overwrite: whether it may take the place of another; without it, it is never sent twice.

        Raises:
            UsageError: a name that cannot be one.
            RejectedError: refused, such as a file that is there.
            UnknownOutcomeError: without `overwrite`: the answer was lost; look whether the file is there.
        """
        told = {"destination": destination, "overwrite": overwrite}
        file = destination.rpartition("/")[2] if name is None else name
        content_of = specials.multipart(told, file, content, _content_type(type))
        await self._client.send(specials.request("files.upload", specials.nothing, content=content_of, again=overwrite))


class ImportsApi:
    """Spark Pay: /import and /themes/import. Imports of data need the scope `import`, and run on after the reply."""

    def __init__(self, client: Sends) -> None:
        self._client = client

    async def file(
        self,
        content: bytes,
        *,
        import_type: str,
        columns: Mapping[str, str],
        name: str = "import.csv",
        log_errors_to_file: bool = False,
        email: str = "",
    ) -> answers.Answer:
        """Imports a CSV file (Spark Pay: import, Import file). Never sent twice.

        Args:
            content: the file.
            import_type: such as `Product`.
            columns: the vendor's column for each of the file's, by the vendor's name.
            email: who is told of the result.

        Raises:
            UsageError: a name that cannot be one, or no columns.
            UnknownOutcomeError: the answer was lost; it may have been started.
        """
        told = _told(import_type, columns, log_errors_to_file, email)
        body = specials.multipart(told, name, content, "text/csv")
        return await self._client.send(specials.request("imports.file", specials.anything, content=body))

    async def fetch(
        self,
        file_url: str,
        *,
        import_type: str,
        columns: Mapping[str, str],
        log_errors_to_file: bool = False,
        email: str = "",
    ) -> answers.Answer:
        """Imports a CSV file that the vendor fetches (Spark Pay: import, Import fetch). Never sent twice.

        Args: as `file`, but for `file_url`: an https address that the vendor can reach.

        Raises: as `file`.
        """
        told = _told(import_type, columns, log_errors_to_file, email) | {"file_url": file_url}
        return await self._client.send(specials.request("imports.fetch", specials.anything, json=told))

    async def theme(self, theme_name: str, file_path: str) -> wire.ImportedTheme:
        """Makes a theme from a file in the store (Spark Pay: themes, Import Theme). Never sent twice.

        The token needs the scope `themes`.

        Args:
            theme_name: its name; the reply has the one that it got, which is another where this one is taken.
            file_path: a zip file, such as `files.upload` puts there.

        Raises:
            UsageError: no name, or no path.
            UnknownOutcomeError: the answer was lost; look at the store's themes.
        """
        if not theme_name or not file_path:
            raise UsageError("theme: give a theme_name and a file_path")
        told = {"theme_name": theme_name, "file_path": file_path}
        return await self._client.send(
            specials.request("imports.theme", specials.struct(wire.ImportedTheme), json=told)
        )


def _told(import_type: str, columns: Mapping[str, str], log: bool, email: str) -> dict[str, Any]:
    if not columns:
        raise UsageError("columns: give the vendor's columns and the file's")
    mapping = [{"destination_column": theirs, "source_column": ours} for theirs, ours in columns.items()]
    return {
        "import_type": import_type,
        "log_errors_to_file": log,
        "import_email_address": email,
        "mapping_info": mapping,
    }


def _content_type(type: str) -> str:
    if not type.isascii() or not type.isprintable() or "/" not in type:
        raise UsageError(f"type: {type[:40]!r} is not a content type")
    return type
