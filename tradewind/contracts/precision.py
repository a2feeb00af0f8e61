"""The decimal contexts of amounts and prices.

Callers name one because Python's default context would silently round to 28 digits.
"""

from decimal import Context
from typing import Final

EXACT: Final = Context(prec=200)
"""Amounts are exact with it: an integer of 256 bits has 78 digits, a decimal on the wire 76, and
the product of two of those 154. A quotient is rounded to 18 places later, and all are right."""

PRICE: Final = Context(prec=100)
"""Prices are quotients and powers, which no number of digits makes exact. They are recorded with 18
digits, so an error after 100 never shows. They are computed for every intent, and 200 digits would
take nearly twice the time."""
