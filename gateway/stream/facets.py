"""What events of signals can be filtered by beside their topic: model, symbol and type."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

MAX_KNOWN_SIGNALS: Final = 16_384
SIGNAL_DOMAINS: Final = ("signal.", "decision.")


class Facts(NamedTuple):
    """What an event says of itself; None where it says nothing."""

    model: str | None = None
    symbol: str | None = None
    event_type: str | None = None


NO_FACTS: Final = Facts()


class Facets(NamedTuple):
    """What a subscription wants: one of each list that is not empty."""

    model: frozenset[str] = frozenset()
    symbol: frozenset[str] = frozenset()
    event_type: frozenset[str] = frozenset()

    def match(self, facts: Facts) -> bool:
        """Return whether an event has all that is wanted; what says nothing of it has it not."""
        return all(not wanted or said in wanted for wanted, said in zip(self, facts, strict=True))


def facts_in(topic: str, payload: Mapping[str, Any]) -> Facts:
    """Return what the payload of an event says of model, symbol and type."""
    if not topic.startswith(SIGNAL_DOMAINS):
        return NO_FACTS
    terms = payload.get("terms")
    signal = terms.get("signal") if isinstance(terms, dict) else None
    told = signal if isinstance(signal, dict) else {}
    return Facts(
        _text(payload.get("model")),
        _text(payload.get("symbol", told.get("symbol"))),
        _text(payload.get("eventType", told.get("event_type"))),
    )


class SignalMemory:
    """Remembers symbol and type of recent signals: not every event of a history names them."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Facts] = OrderedDict()

    def complete(self, topic: str, correlation_id: str, facts: Facts) -> Facts:
        """Return what is known of an event: what it says itself, or an event before it said."""
        if not topic.startswith(SIGNAL_DOMAINS):
            return facts
        if facts.symbol is None:
            known = self._known.get(correlation_id, NO_FACTS)
            return known._replace(model=facts.model)
        self._known[correlation_id] = facts._replace(model=None)
        self._known.move_to_end(correlation_id)
        if len(self._known) > MAX_KNOWN_SIGNALS:
            self._known.popitem(last=False)
        return facts


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
