"""What is held of a pair, at average cost. Pure; exact, in base units."""

from typing import NamedTuple

from tradewind.contracts.instruments.assets import Asset


class Holding(NamedTuple):
    """What is held of one pair. Base and quote units; all three are negative for a short."""

    base: Asset
    quote: Asset
    quantity: int = 0
    cost: int = 0
    """Quote units paid for `quantity`, at average cost."""
    realised: int = 0
    fills: int = 0

    def trade(self, quantity: int, cost: int) -> "Holding":
        """Return the holding after buying `quantity` for `cost`; both are negative for a sale.

        What closes the holding realises its gain; what is left opens or adds at its own price. The
        cost of what is closed is rounded down to a unit of quote, so that no unit is ever lost:
        `cost - realised` is what was paid in all.
        """
        closed_cost = closing_cost = 0
        if self.quantity * quantity < 0:
            closing = min(abs(quantity), abs(self.quantity))
            closed_cost = self.cost * closing // abs(self.quantity)
            closing_cost = cost * closing // abs(quantity)
        left = self.cost - closed_cost + cost - closing_cost
        # A fill so small that nothing came of it: with nothing held, what it cost is lost.
        lost = 0 if self.quantity + quantity else left
        return Holding(
            self.base,
            self.quote,
            self.quantity + quantity,
            left - lost,
            self.realised - closed_cost - closing_cost - lost,
            self.fills + 1,
        )
