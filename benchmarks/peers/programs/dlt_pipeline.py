"""dlt's REST API source into DuckDB, as dlt's documentation writes one: run by dlt's own environment.

After "REST API source" (client, resource_defaults, data_selector, paginators `cursor` and `json_link`) and "Create new
resources / Process resources with dlt.transformer" for FastSpring's list of ids, whose records are fetched in batches.
Rows are appended, which is dlt's default and its quickest way.
"""

import json
import sys
from pathlib import Path

import dlt
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.auth import HttpBasicAuth
from dlt.sources.helpers.rest_client.paginators import SinglePagePaginator
from dlt.sources.rest_api import rest_api_resources

# An object whose keys are ids would become a column or a table for each; dlt's remedy is to keep it as JSON.
BY_ID = {"fulfillments": {"data_type": "json"}}


@dlt.source(name="fastspring", parallelized=True)
def fastspring(settings, page_size, tomorrow):
    client = RESTClient(
        base_url=settings["base_url"],
        auth=HttpBasicAuth(settings["username"], settings["password"]),
        headers={"User-Agent": "dlt"},
        paginator=SinglePagePaginator(),
    )

    @dlt.resource(selected=False)
    def product_ids():
        for page in client.paginate("products", data_selector="products"):
            ids = list(page)
            for start in range(0, len(ids), page_size):
                yield ids[start : start + page_size]

    @dlt.transformer(data_from=product_ids, name="fastspring_products", primary_key="product", columns=BY_ID)
    def products(ids):
        yield client.get("products/" + ",".join(ids)).json()["products"]

    yield products
    orders, *_ = rest_api_resources(
        {
            "client": {
                "base_url": settings["base_url"],
                "auth": HttpBasicAuth(settings["username"], settings["password"]),
                "headers": {"User-Agent": "dlt"},
            },
            "resources": [
                {
                    "name": "fastspring_orders",
                    "primary_key": "id",
                    "endpoint": {
                        "path": "orders",
                        "params": {"begin": "2010-01-01", "end": tomorrow, "limit": page_size},
                        "data_selector": "orders",
                        "paginator": {"type": "cursor", "cursor_path": "nextPage", "cursor_param": "page"},
                    },
                }
            ],
        }
    )
    yield orders.apply_hints(nested_hints={"items": dlt.mark.make_nested_hints(columns=BY_ID)})


@dlt.source(name="sparkpay", parallelized=True)
def sparkpay(settings, page_size, expand):
    yield from rest_api_resources(
        {
            "client": {
                "base_url": settings["base_url"] + "/api/v1/",
                "headers": {"X-AC-Auth-Token": settings["token"], "User-Agent": "dlt"},
                "paginator": {"type": "json_link", "next_url_path": "next_page"},
            },
            "resource_defaults": {"primary_key": "id"},
            "resources": [
                {
                    "name": f"sparkpay_{stream}",
                    "endpoint": {
                        "path": stream,
                        "params": {"count": page_size, "expand": nested},
                        "data_selector": stream,
                    },
                }
                for stream, nested in expand.items()
            ],
        }
    )


def main():
    job = json.loads(Path(sys.argv[-1]).read_text())
    pipeline = dlt.pipeline(
        pipeline_name="shops",
        pipelines_dir=str(Path(job["folder"], "dlt")),
        destination=dlt.destinations.duckdb(job["database"]),
        dataset_name="shops",
    )
    sizes = job["page_sizes"]
    pipeline.run(
        [
            fastspring(job["fastspring"], sizes["fastspring"], job["tomorrow"]),
            sparkpay(job["sparkpay"], sizes["sparkpay"], job["expand"]),
        ],
        loader_file_format="parquet" if "parquet" in sys.argv[1:-1] else None,
    )


if __name__ == "__main__":
    main()
