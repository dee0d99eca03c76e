"""An asyncio client for several online stores at once, and the bulk sync of their catalogs and orders.

Importing this package loads neither a database, a command line nor an adapter.
"""

__version__ = "0.1.0"
