"""A Singer target for SQLite on singer-sdk: its SQL classes as they are, named for SQLite as the SDK's own sample does.

The targets for SQLite and DuckDB on PyPI are of 2019 and 2024 and not on the SDK. This one appends rows, in batches.
"""

import sqlite3
from decimal import Decimal

import msgspec
from singer_sdk import SQLConnector, SQLSink, SQLTarget
from singer_sdk import typing as th
from singer_sdk.contrib.msgspec import MsgSpecReader

# SQLite knows neither objects and arrays nor the Decimal that numbers come as.
to_json = msgspec.json.Encoder(decimal_format="number").encode
sqlite3.register_adapter(dict, lambda value: to_json(value).decode())
sqlite3.register_adapter(list, lambda value: to_json(value).decode())
sqlite3.register_adapter(Decimal, str)


class SQLiteConnector(SQLConnector):
    allow_column_alter = False

    def get_sqlalchemy_url(self, config):
        return f"sqlite:///{config['database']}"


class SQLiteSink(SQLSink):
    connector_class = SQLiteConnector


class SQLiteTarget(SQLTarget):
    name = "target-shops"
    message_reader_class = MsgSpecReader
    default_sink_class = SQLiteSink
    max_parallelism = 1
    config_jsonschema = th.PropertiesList(th.Property("database", th.StringType, required=True)).to_dict()


if __name__ == "__main__":
    SQLiteTarget.cli()
