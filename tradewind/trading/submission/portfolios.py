"""Which portfolio an intent trades for: its own, its strategy's, or the one called like that."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from tradewind.contracts.intents.model import Intent, PortfolioId, StrategyId

_ENTRY: Final = re.compile(
    r"([A-Za-z0-9*?][A-Za-z0-9*?_-]{0,63})\s*=\s*([A-Za-z0-9][A-Za-z0-9_-]{0,63})", re.ASCII
)


@dataclass(frozen=True)
class StrategyPortfolios:
    """The portfolios of strategies, by id or pattern; the first that fits counts."""

    entries: tuple[tuple[str, PortfolioId], ...] = ()

    def portfolio_of(self, intent: Intent) -> PortfolioId:
        """Return the portfolio of an intent: a strategy nothing is said of has its own."""
        if intent.portfolio_id is not None:
            return intent.portfolio_id
        return self.of_strategy(intent.strategy_id)

    def of_strategy(self, strategy_id: StrategyId) -> PortfolioId:
        """Return the portfolio of a strategy's intents that name none."""
        fitting = (name for pattern, name in self.entries if fnmatchcase(strategy_id, pattern))
        return next(fitting, strategy_id)


def parse_strategy_portfolios(text: str) -> StrategyPortfolios:
    """Read `alpha=fund-1,beta-*=fund-2`; ValueError names the entry that is wrong."""
    return StrategyPortfolios(tuple(_entries(text)))


def _entries(text: str) -> Iterator[tuple[str, PortfolioId]]:
    seen: set[str] = set()
    for entry in filter(None, map(str.strip, text.split(","))):
        read = _ENTRY.fullmatch(entry)
        if read is None:
            raise ValueError(
                f"{entry!r} is not STRATEGY=PORTFOLIO, each 1 to 64 letters, digits, - or _, "
                "and the strategy with * and ? for any"
            )
        if read[1] in seen:
            raise ValueError(f"{entry!r} names {read[1]} a second time")
        seen.add(read[1])
        yield read[1], read[2]
