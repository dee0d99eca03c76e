"""Every family of endpoints, in the order in which their routes are tried."""

from __future__ import annotations

from fastspring_async.emulator.routes.account_writes import AccountWrites
from fastspring_async.emulator.routes.accounts import Accounts
from fastspring_async.emulator.routes.checkouts import Checkouts
from fastspring_async.emulator.routes.coupons import Coupons
from fastspring_async.emulator.routes.data import Data
from fastspring_async.emulator.routes.events import Events
from fastspring_async.emulator.routes.offers import Offers
from fastspring_async.emulator.routes.orders import Orders
from fastspring_async.emulator.routes.product_writes import ProductWrites
from fastspring_async.emulator.routes.products import Products
from fastspring_async.emulator.routes.quotes import Quotes
from fastspring_async.emulator.routes.returns import Returns
from fastspring_async.emulator.routes.sessions import Sessions
from fastspring_async.emulator.routes.subscription_more import SubscriptionMore
from fastspring_async.emulator.routes.subscription_writes import SubscriptionWrites
from fastspring_async.emulator.routes.subscriptions import Subscriptions
from fastspring_async.emulator.routes.taxes import Taxes

# Words such as `price`, `offers` and `charge` come before ids, which they are not.
FAMILIES = (
    Offers,
    Taxes,
    Products,
    ProductWrites,
    Orders,
    Events,
    Accounts,
    AccountWrites,
    Coupons,
    Returns,
    Sessions,
    SubscriptionMore,
    SubscriptionWrites,
    Subscriptions,
    Quotes,
    Data,
    Checkouts,
)
