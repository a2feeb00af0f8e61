"""The toy venue: the simulated one under another name."""

from typing import Final

from tests.support.toys import TOY
from tradewind.contracts.venues import VenueDeclaration, VenueKind

VENUE: Final = VenueDeclaration(
    TOY, VenueKind.PAPER, duration_ms=5, folder="tests.support.toys.venue"
)
