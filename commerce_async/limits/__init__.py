"""Rate limiters: pure policies on an injected clock, and one asyncio shell around them."""
