"""With how many digits decimals are computed. A context of its own rounds nothing unasked."""

from decimal import Context
from typing import Final

EXACT: Final = Context(prec=200)
"""Exact for amounts: an integer of 256 bits has 78 digits, a decimal on the wire 76, the product
of two of them 154. A quotient that is rounded to 18 places afterwards is right in all of them."""

PRICE: Final = Context(prec=100)
"""For prices, which are quotients and powers without an end: they are rounded to 18 digits when
they are recorded, so 100 are far more than can show. They are computed for every intent, and 200
digits would take nearly twice the time."""
