"""The vocabulary of the generated shop: countries and places, names of people and products."""

from __future__ import annotations

from typing import NamedTuple

from fastspring_async.emulator.amounts import DOLLARS, Written


class Place(NamedTuple):
    """A city; `code` is the state's, only in the US."""

    city: str
    region: str
    postal: str
    code: str | None = None


class Country(NamedTuple):
    """A country where the shop sells. `tax` is the rate in ten-thousandths."""

    code: str
    currency: str
    language: str
    tax: int
    written: Written
    places: tuple[Place, ...]
    weight: int = 1


_EURO = Written("{} €", comma=True)

COUNTRIES = (
    Country(
        "US",
        "USD",
        "en",
        0,
        DOLLARS,
        (
            Place("Santa Barbara", "California", "93101", "CA"),
            Place("Austin", "Texas", "78701", "TX"),
            Place("Portland", "Oregon", "97205", "OR"),
            Place("Boston", "Massachusetts", "02108", "MA"),
        ),
        weight=9,
    ),
    Country("DE", "EUR", "de", 1900, _EURO, (Place("München", "Bayern", "80331"), Place("Köln", "NRW", "50667")), 5),
    Country("GB", "GBP", "en", 2000, Written("£{}"), (Place("London", "Greater London", "SW1A 1AA"),), 4),
    Country("FR", "EUR", "fr", 2000, _EURO, (Place("Orléans", "Centre", "45000"),), 3),
    Country("JP", "JPY", "ja", 1000, Written("¥{}"), (Place("千代田区", "東京都", "100-0001"),), 2),
    Country("BR", "BRL", "pt", 0, Written("R$ {}", comma=True), (Place("São Paulo", "SP", "01310-100"),), 2),
    Country("CA", "CAD", "en", 500, Written("CA$ {}"), (Place("Montréal", "Québec", "H2Y 1C6"),), 2),
    Country("AU", "AUD", "en", 1000, Written("A$ {}"), (Place("Hobart", "Tasmania", "7000"),), 2),
    Country("KR", "USD", "ko", 0, Written("USD {}"), (Place("Jung-gu", "Incheon", "40765"),), 1),
    Country("PT", "EUR", "pt", 2300, _EURO, (Place("Lisboa", "", "1100-053"),), 1),
    Country("SE", "SEK", "sv", 2500, Written("{} kr", comma=True), (Place("Malmö", "Skåne", "21122"),), 1),
    Country("PR", "USD", "es", 0, DOLLARS, (Place("San Juan", "", "00901"),), 1),
)
BY_CODE = {country.code: country for country in COUNTRIES}
# A country as often as it has weight: picking one is indexing.
WEIGHTED = tuple(country for country in COUNTRIES for _ in range(country.weight))

FIRST = ("Leeroy", "Marcellus", "Zoë", "José", "Anaïs", "Jürgen", "Noor", "Yui", "Olu", "Siân", "Piotr", "Mei", "Ana")
LAST = ("Jenkins", "Walrus", "Müller", "García", "O’Neil", "Søndergård", "Tanaka", "Silva", "Łuczak", "van Dijk", "Li")
COMPANIES = ("Acme, Inc.", "Müller & Söhne GmbH", "Nordwind AB", "株式会社サンプル", 'Example "Quotes" Ltd.')
STREETS = ("801 Garden St.", "272 Gonghang-ro", "Hauptstraße 5", "12 rue de l’Église", "4 Elm St\u2028Annex")

TRAITS = ("rapid", "quiet", "bright", "solid", "micro", "prime", "open", "neon", "polar", "amber", "swift", "zen")
THINGS = ("editor", "backup", "mixer", "studio", "player", "scanner", "vault", "planner", "font", "theme", "driver")
EDITIONS = ("Home", "Pro", "Team", "Site", "Student")
TONGUES = {
    "de": "{} für Windows und Mac",
    "fr": "{} – édition française",
    "ja": "{} 日本語版",
    "pt": "{} em português",
}
NOTES = ("Called the customer back.", "Übersetzung geprüft ✓", "VAT id checked")
TAXCODES = (
    ("DC020502", "Computer Software - non-educational - prewritten/canned - electronically downloaded"),
    ("DC010500", "Computer Software - educational - prewritten/canned - electronically downloaded"),
    ("SW052000", "Cloud services - SaaS - service agreement"),
    ("PB100000", "Books/manuals - tangible"),
)
COUPONS = (("SAVE10", 1000), ("SPRING20", 2000), ("HALF", 5000), ("FREE", 10_000), ("TEST", 1000))
