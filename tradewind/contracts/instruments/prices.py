"""When a dollar price counts, in the form it is used and in the form it is recorded."""

from tradewind.contracts.wire import DecimalString, Document


class PriceLimits(Document):
    """What pools must show before their price of a token is believed."""

    min_pool_depth_usd: DecimalString
    """US dollars that a pool must be able to trade on either side while its price moves 2 %."""
    max_disagreement: DecimalString
    """The fraction by which pools may differ: 0.05 is five percent."""
    max_move: DecimalString
    """The fraction by which a pool's price may differ from the median of its last minutes."""
