"""`python -m commerce_async`."""

from commerce_async.cli import main

main()
