"""Reads the declarative source into PyAirbyte's cache, which is DuckDB: run by its own environment.

After PyAirbyte's "Reading data" and "Writing to SQL caches", and the YAML reference's "Custom components". With `alone`
the source writes its messages to the standard output, as `source-declarative-manifest read` of airbyte-cdk does.
"""

import hashlib
import json
import sys
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent


def main():
    job = json.loads(Path(sys.argv[-1]).read_text())
    manifest = yaml.safe_load(HERE.joinpath("airbyte_manifest.yaml").read_text())
    for stream in manifest["streams"]:
        stream["schema_loader"]["schema"] = job["schemas"][stream["name"]]
    components = HERE.joinpath("airbyte_components.py").read_text()
    config = {name: job[name] for name in ("fastspring", "sparkpay", "expand", "tomorrow")}
    config["__injected_components_py"] = components
    config["__injected_components_py_checksums"] = {"md5": hashlib.md5(components.encode()).hexdigest()}
    if "alone" in sys.argv[1:-1]:
        messages(job, manifest, config)
    else:
        cached(job, manifest, config)


def cached(job, manifest, config):
    import airbyte as ab
    from airbyte.caches import DuckDBCache

    source = ab.get_source("source-shops", config=config, source_manifest=manifest, streams="*")
    source.read(cache=DuckDBCache(db_path=job["database"], cache_dir=job["folder"]))


def messages(job, manifest, config):
    from airbyte_cdk.cli.source_declarative_manifest import run

    streams = [
        {
            "stream": {"name": name, "json_schema": schema, "supported_sync_modes": ["full_refresh"]},
            "sync_mode": "full_refresh",
            "destination_sync_mode": "append",
        }
        for name, schema in job["schemas"].items()
    ]
    files = {"config": config, "catalog": {"streams": streams}, "manifest-path": manifest}
    arguments = ["read"]
    for name, what in files.items():
        path = Path(job["folder"], f"{name}.json")
        path.write_text(json.dumps(what))
        arguments += [f"--{name}", str(path)]
    sys.argv[1:] = arguments
    run()


if __name__ == "__main__":
    main()
