"""How many different records of each list a database holds: run by the environment whose database it is."""

import json
import sys


def main():
    kind, database, queries = sys.argv[1:]
    if kind == "duckdb":
        import duckdb

        connection = duckdb.connect(database, read_only=True)
    else:
        import sqlite3

        connection = sqlite3.connect(database)
    print(json.dumps({name: connection.execute(query).fetchone()[0] for name, query in json.loads(queries).items()}))


if __name__ == "__main__":
    main()
