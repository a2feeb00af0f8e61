"""Decides which events a caller may see, by the accounts its key is about."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from gateway.http.caller import Accounts
from gateway.stream.events import Frame
from gateway.stream.topic_patterns import MARKET_DOMAIN, PORTFOLIO_DOMAIN

MAX_KNOWN_HISTORIES: Final = 16_384


class StrategyMemory:
    """Remembers the strategy of recent histories: only some events of a history name it."""

    def __init__(self) -> None:
        self._strategies: OrderedDict[str, str] = OrderedDict()

    def learn(self, frame: Frame) -> None:
        """Remember the strategy of a history, if this event names it."""
        if frame.strategy_id is None:
            return
        self._strategies[frame.correlation_id] = frame.strategy_id
        self._strategies.move_to_end(frame.correlation_id)
        if len(self._strategies) > MAX_KNOWN_HISTORIES:
            self._strategies.popitem(last=False)

    def strategy_of(self, frame: Frame) -> str | None:
        """Return the strategy of the history an event belongs to; None when it is not known."""
        return frame.strategy_id or self._strategies.get(frame.correlation_id)


@dataclass(frozen=True, slots=True)
class Visibility:
    """What the accounts of a key cover: prices always, else what portfolio and strategy allow.

    An event of an unknown strategy is hidden from a key that is about some strategies only. Events
    of portfolios say whose these are, and go to who sees them by REST.
    """

    accounts: Accounts
    strategies: StrategyMemory

    def covers(self, frame: Frame) -> bool:
        """Return whether the caller may see an event."""
        if frame.topic.startswith(f"{MARKET_DOMAIN}."):
            return True
        if frame.topic.startswith(f"{PORTFOLIO_DOMAIN}."):
            return self.accounts.cover_whole(frame.portfolio_id, frame.owners)
        strategy_id = self.strategies.strategy_of(frame) or ""
        return self.accounts.cover(strategy_id, frame.portfolio_id)
