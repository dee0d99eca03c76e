"""Logs in to a Spark Pay shop with OAuth, keeps the token, and reads with it. Runs as it stands, against an emulator.

SHOP=https://shop.example.com APP_ID=… APP_SECRET=… python examples/sparkpay_oauth_login.py

A program with a person in front of it needs none of this: `commerce-async login` does it, and stores.toml names the
same app. This shows the steps for a web application, whose own page is where the shop sends the browser back to.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

import aiohttp

from commerce_async.errors import AuthError
from sparkpay_async import OAuth, SparkPay
from sparkpay_async.emulator import CLIENT_ID, SECRET, SparkPayEmulator

SCOPE = ("read_catalog", "read_orders", "read_people")
REDIRECT_URI = "http://127.0.0.1:8765/callback"


async def log_in(store: SparkPay, *, person: bool) -> None:
    """A person signs in in a browser; the address that it is sent back to brings the token."""
    login = store.login(REDIRECT_URI)
    if person:
        print(f"Open this, sign in, and paste the address that the browser ends at:\n{login.url}")
        redirected = await asyncio.to_thread(input)
    else:
        redirected = await follow(login.url)
    token = await login.finish(redirected)  # checks the state, exchanges the code, keeps the token
    print(f"Signed in; the token is kept in {login.kept_in} and expires {token.expires}")


async def follow(url: str) -> str:
    """What a browser does, with a person who always says yes: the emulator is one."""
    async with aiohttp.ClientSession() as session, session.get(url, allow_redirects=False) as response:
        return response.headers["Location"]


async def use(shop: str, app: OAuth, *, person: bool) -> None:
    """Reads, and logs in first if that is needed. Later runs find the token where it is kept."""
    async with SparkPay(shop, oauth=app, currency="USD") as store:
        try:
            await store.probe()
        except AuthError as error:
            print(error.message)
            await log_in(store, person=person)
        async for product in store.products.list():
            print(product.sku, product.name)
            break


async def main() -> None:
    """With a real shop, or an emulator and a folder that is thrown away."""
    if "SHOP" in os.environ:
        tokens = "file:~/.config/commerce-async/shop-token.json"
        app = OAuth(os.environ["APP_ID"], os.environ["APP_SECRET"], scope=SCOPE, tokens=tokens)
        await use(os.environ["SHOP"], app, person=True)
        return
    with tempfile.TemporaryDirectory() as folder:
        app = OAuth(CLIENT_ID, SECRET, scope=SCOPE, tokens=f"file:{Path(folder) / 'token.json'}")
        async with SparkPayEmulator(products=5, orders=5) as emulator:
            await use(emulator.url, app, person=False)
            emulator.oauth.expire()
            await use(emulator.url, app, person=False)  # another run: the kept token is over, and is renewed
            print(f"logins: {emulator.oauth.exchanges}, refreshes: {emulator.oauth.refreshes}")


if __name__ == "__main__":
    asyncio.run(main())
