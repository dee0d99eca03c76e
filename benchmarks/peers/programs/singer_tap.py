"""A Singer tap on singer-sdk, as the SDK's documentation writes one: run by its own environment.

After "Creating a tap" (one class per stream, `url_base`, `path`, `records_jsonpath`, schema), "Pagination"
(`JSONPathPaginator`, `BaseHATEOASPaginator`) and
"Parent-child streams" (`generate_child_contexts`, a batch of ids each).
msgspec writes the messages, which the SDK offers as its quicker way.
"""

from urllib.parse import parse_qsl

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import APIKeyAuthenticator, BasicAuthenticator
from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.pagination import BaseHATEOASPaginator, JSONPathPaginator, SinglePagePaginator


class FastSpringStream(RESTStream):
    @property
    def url_base(self):
        return self.config["fastspring"]["base_url"]

    @property
    def authenticator(self):
        settings = self.config["fastspring"]
        return BasicAuthenticator(username=settings["username"], password=settings["password"])

    @property
    def schema(self):
        return self.config["schemas"][self.name]


class FastSpringOrders(FastSpringStream):
    name = "fastspring_orders"
    path = "/orders"
    primary_keys = ("id",)
    records_jsonpath = "$.orders[*]"

    def get_new_paginator(self):
        return JSONPathPaginator("$.nextPage")

    def get_url_params(self, context, next_page_token):
        size = self.config["page_sizes"]["fastspring"]
        return {"begin": "2010-01-01", "end": self.config["tomorrow"], "limit": size, "page": next_page_token or 1}


class FastSpringProductIds(FastSpringStream):
    name = "fastspring_product_ids"
    path = "/products"
    records_jsonpath = "$"
    selected_by_default = False
    schema = th.PropertiesList(th.Property("products", th.ArrayType(th.StringType))).to_dict()

    def get_new_paginator(self):
        return SinglePagePaginator()

    def generate_child_contexts(self, record, context):
        size, ids = self.config["page_sizes"]["fastspring"], record["products"]
        for start in range(0, len(ids), size):
            yield {"ids": ",".join(ids[start : start + size])}


class FastSpringProducts(FastSpringStream):
    name = "fastspring_products"
    path = "/products/{ids}"
    primary_keys = ("product",)
    records_jsonpath = "$.products[*]"
    parent_stream_type = FastSpringProductIds
    state_partitioning_keys = ()

    def get_new_paginator(self):
        return SinglePagePaginator()


class NextPage(BaseHATEOASPaginator):
    def get_next_url(self, response):
        return response.json().get("next_page")


class SparkPayStream(RESTStream):
    primary_keys = ("id",)
    resource = ""

    @property
    def url_base(self):
        return self.config["sparkpay"]["base_url"] + "/api/v1"

    @property
    def authenticator(self):
        return APIKeyAuthenticator(key="X-AC-Auth-Token", value=self.config["sparkpay"]["token"], location="header")

    @property
    def schema(self):
        return self.config["schemas"][self.name]

    @property
    def path(self):
        return f"/{self.resource}"

    @property
    def records_jsonpath(self):
        return f"$.{self.resource}[*]"

    def get_new_paginator(self):
        return NextPage()

    def get_url_params(self, context, next_page_token):
        if next_page_token:
            return dict(parse_qsl(next_page_token.query))
        return {"count": self.config["page_sizes"]["sparkpay"], "expand": self.config["expand"][self.resource]}


class SparkPayProducts(SparkPayStream):
    name = "sparkpay_products"
    resource = "products"


class SparkPayOrders(SparkPayStream):
    name = "sparkpay_orders"
    resource = "orders"


class TapShops(Tap):
    name = "tap-shops"
    message_writer_class = MsgSpecWriter
    config_jsonschema = th.PropertiesList(
        *(
            th.Property(name, th.ObjectType(additional_properties=True), required=True)
            for name in ("fastspring", "sparkpay", "page_sizes", "expand", "schemas")
        ),
        th.Property("tomorrow", th.StringType, required=True),
    ).to_dict()

    def discover_streams(self):
        kinds = (FastSpringProductIds, FastSpringProducts, FastSpringOrders, SparkPayProducts, SparkPayOrders)
        return [kind(tap=self) for kind in kinds]


if __name__ == "__main__":
    TapShops.cli()
