"""What is written to FastSpring: drafts, their rules, and the requests that carry them. Pure: nothing here does I/O.

`fastspring_async.drafts` is the public face of it.
"""
