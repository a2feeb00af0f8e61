"""The instruments that files declare: those of `instruments.yaml`, or every pair of the tokens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import permutations

from tradewind.contracts.envelope import Event, first_event
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.instruments.payloads import InstrumentRegistered
from tradewind.contracts.instruments.registry import (
    MAX_INSTRUMENTS,
    Instrument,
    InstrumentTerms,
    instrument_correlation,
    instrument_of_pair,
)
from tradewind.contracts.roles import Role
from tradewind.contracts.subjects import EventKey
from tradewind.trading.tokens import TokenRegistry

UNBOUND = InstrumentTerms()


@dataclass(frozen=True)
class DeclaredInstruments:
    """What the files of a process say. With a file of instruments, no other pair is one."""

    tokens: TokenRegistry
    registered_at: datetime
    """The date of their registration, from the file, so that every process tells the same one."""
    chosen: Sequence[Instrument] | None = field(default=None)
    """Those of a file of instruments; None where there is no such file."""

    @cached_property
    def _by_key(self) -> dict[str, Instrument]:
        return {one.key: one for one in self.chosen or ()}

    @cached_property
    def listed(self) -> tuple[Instrument, ...]:
        """Those that are registered by themselves: none of too many pairs of tokens."""
        if self.chosen is not None:
            return tuple(self.chosen)
        count = len(self.tokens.tokens)
        return () if count * (count - 1) > MAX_INSTRUMENTS else tuple(self._pairs())

    def instrument_of(self, key: str) -> Instrument | None:
        """Return the instrument of a key, or None where the files declare none."""
        if self.chosen is not None:
            return self._by_key.get(key)
        pair = self._pair_of(key)
        return None if pair is None else instrument_of_pair(*pair, UNBOUND)

    def _pair_of(self, key: str) -> tuple[Asset, Asset] | None:
        """Return the tokens of a key; neither chains nor symbols contain what divides them."""
        parts = key.split("-")
        if len(parts) != 3 or parts[1] == parts[2]:
            return None
        base, quote = (self.tokens.by_symbol(parts[0], symbol) for symbol in parts[1:])
        return None if base is None or quote is None else (base.asset, quote.asset)

    def _pairs(self) -> Iterator[Instrument]:
        for base, quote in permutations(self.tokens.tokens, 2):
            if base.chain == quote.chain:
                yield instrument_of_pair(base.asset, quote.asset, UNBOUND)


def registration(
    instrument: Instrument, at: datetime, producer: str = Role.SWEEPER, by: str | None = None
) -> Event[InstrumentRegistered]:
    """Return the event that registers an instrument; it depends on nothing but the arguments."""
    registered = instrument.model_copy(update={"version": 1})
    return first_event(
        InstrumentRegistered(instrument=registered, registered_by=by),
        correlation_id=instrument_correlation(instrument.key),
        key=EventKey(instrument=instrument.key),
        producer=producer,
        at=at,
    )
