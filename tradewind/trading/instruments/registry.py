"""The instruments as one process knows them: what the database has, else what the files declare."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from tradewind.contracts.instruments.registry import (
    MAX_INSTRUMENTS,
    Instrument,
    instrument_of_pair,
)
from tradewind.trading.instruments.declared import DeclaredInstruments


class Instruments(Protocol):
    """Looks instruments up, in memory."""

    def instrument_of(self, key: str) -> Instrument | None:
        """Return the instrument of a key, or None where the pair is not one."""
        ...


class InstrumentRegistry:
    """Implements `Instruments`. What is registered counts; a pair that is not is as declared.

    A platform trades before the database was read, and goes on when it is away. The tokens are
    those of this process's file, because the same symbols may be other contracts on another chain.
    """

    def __init__(
        self, declared: DeclaredInstruments, registered: Iterable[Instrument] = ()
    ) -> None:
        self._declared = declared
        self._registered: Mapping[str, Instrument] = {}
        self._by_alias: Mapping[str, str] = {}
        self._found: dict[str, Instrument | None] = {}
        self.replace(registered)

    def replace(self, registered: Iterable[Instrument]) -> None:
        """Take over what is registered now."""
        self._registered = {one.key: one for one in registered}
        named = (*self._declared.listed, *self._registered.values())
        self._by_alias = {alias: one.key for one in named for alias in one.aliases}
        self._found = {}

    def instrument_of(self, key: str) -> Instrument | None:
        """Return the instrument of a key, or None where the pair is not one."""
        if key not in self._found:
            if len(self._found) >= MAX_INSTRUMENTS:
                self._found = {}
            self._found[key] = self._find(key)
        return self._found[key]

    def _find(self, key: str) -> Instrument | None:
        registered, declared = self._registered.get(key), self._declared.instrument_of(key)
        if registered is None or declared is None:
            return registered or declared
        return instrument_of_pair(
            declared.base, declared.quote, registered.terms, registered.aliases
        )

    def resolve(self, name: str) -> Instrument | None:
        """Return the instrument of a key or of an alias, or None."""
        return self.instrument_of(name) or self.instrument_of(self._by_alias.get(name, name))

    def all(self) -> Sequence[Instrument]:
        """Return what is registered or listed in a file, by key."""
        keys = {*self._registered, *(one.key for one in self._declared.listed)}
        found = (self.instrument_of(key) for key in sorted(keys))
        return [one for one in found if one is not None]
