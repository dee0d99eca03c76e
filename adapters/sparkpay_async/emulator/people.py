"""The generated customers and their addresses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from . import blank
from .values import Calendar, Dice, Numbers, Record

ADDRESS_BASE = 2_000
ADDRESS_STRIDE = 2

_GIVEN = ("Anna", "José", "Mary-Ann", "Olaf", "Søren", "Lucía", "Kim", "Deborah", "Jürgen", "Noor", "Patrick", "明")
_FAMILY = ("O'Brien", "Müller", "Smith", "Nguyen", "de la Cruz", "Ångström", "Jones", "García", "王", "Van Dyke")
_PLACES = (
    ("Austin", "Texas", "TX", "United States", "US", "787"),
    ("Boston", "Massachusetts", "MA", "United States", "US", "021"),
    ("Reno", "Nevada", "NV", "United States", "US", "895"),
    ("Fargo", "North Dakota", "ND", "United States", "US", "581"),
    ("Montréal", "Quebec", "QC", "Canada", "CA", "H2X 1"),
    ("Leeds", "", "", "United Kingdom", "GB", "LS1 4"),
    ("Köln", "", "", "Germany", "DE", "506"),
)


class People:
    """Customers by index, 0 and up.

    Args:
        count: customers; they share two years up to `until`.
    """

    def __init__(self, seed: int, count: int, until: datetime) -> None:
        self.count = count
        self.numbers = Numbers(seed, 201, 500, 2)
        self.calendar = Calendar(seed, 202, count, until)
        self._seed = seed

    def name(self, index: int) -> tuple[str, str]:
        """Given and family name."""
        dice = Dice(self._seed, 210, index)
        return dice.pick(_GIVEN), dice.pick(_FAMILY)

    def customer(self, index: int) -> Record:
        """The record without nested arrays."""
        dice = Dice(self._seed, 211, index)
        first, last = self.name(index)
        registered, updated = self.calendar.texts(index)
        return blank.CUSTOMER | {
            "id": self.numbers.id(index),
            "customer_number": f"C{index:06d}" if dice.chance(30) else "",
            "first_name": first,
            "last_name": last if not dice.chance(2) else "",
            "email": f"customer{index}@example.com" if not dice.chance(2) else "",
            "username": f"customer{index}@example.com" if dice.chance(50) else "",
            "company": f"{last} & Co." if dice.chance(20) else dice.pick(("", None)),
            "phone_number": f"555-01{dice.below(100):02d}" if dice.chance(60) else "",
            "registered_at": registered,
            "last_visit_at": updated if dice.chance(60) else "",
            "customer_type_id": dice.pick((0, 0, 0, 1, 2, None)),
            "is_no_tax_customer": dice.chance(5),
            "store_id": dice.pick((1, 1, 1, 2)),
            "no_account": dice.chance(30),
            "store_payment_methods_enabled": [] if dice.chance(70) else ["CreditCard"],
            "created_at": registered,
            "updated_at": updated,
        }

    def place(self, index: int, slot: int) -> Record:
        """Name and address fields that the customer's and an order's addresses share."""
        dice = Dice(self._seed, 212, index, slot)
        first, last = self.name(index)
        city, state, _, country, code, prefix = found = dice.pick(_PLACES)
        number = f"{dice.below(100):02d}"
        postal: Any = f"{prefix}{number}" if code in ("US", "DE") else f"{prefix}{number[0]}B"
        if code == "US" and prefix[0] != "0" and dice.chance(30):
            postal = int(postal)  # some stores send it as a number
        return {
            "company": f"{last} & Co." if dice.chance(15) else "",
            "address_line_1": f"{1 + dice.below(900)} {dice.pick(('Main St', 'Oak Ave', 'Königsallee', 'Rue du Lac'))}",
            "address_line_2": "" if dice.chance(75) else f"Apt {dice.below(40)}",
            "city": city,
            "state": state,
            "state_code": found[2],
            "postal_code": postal,
            "country": country,
            "country_code": code,
            "phone": f"555-01{dice.below(100):02d}",
            "alternate_phone": "",
            "fax": "",
            "comments": "",
            "first_name": first,
            "last_name": last,
        }

    def addresses(self, index: int) -> list[Record]:
        """The customer's address book."""
        count = 1 + (Dice(self._seed, 213, index).below(4) == 0)
        stamp, _ = self.calendar.texts(index)
        found: list[Record] = []
        for slot in range(count):
            place = self.place(index, slot)
            del place["state_code"], place["country_code"]
            found.append(
                {
                    "id": ADDRESS_BASE + index * ADDRESS_STRIDE + slot,
                    "customer_id": self.numbers.id(index),
                    **place,
                    "address_type": "Default",
                    "is_default_shipping_address": slot == 0,
                    "is_default_billing_address": slot == count - 1,
                    "created_at": stamp,
                    "updated_at": stamp,
                }
            )
        return found

    def additional_emails(self, index: int) -> list[Record]:
        """Further e-mail addresses; most customers have none."""
        if not Dice(self._seed, 214, index).chance(15):
            return []
        return [{"id": 100 + index, "customer_id": self.numbers.id(index), "email": f"also{index}@example.com"}]
