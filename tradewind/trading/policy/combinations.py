"""Chooses where a portfolio's limit and an instrument's have to be compared together. Pure.

A policy may name 500 portfolios and 1,000 instruments, and nobody waits for every combination of
them. What is in force for one is the tighter of the two limits, capped by the hard one. So if it is
looser than before for any instrument, it is for the one whose limit is the loosest now, or for the
one that was the tightest among those that get looser.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from tradewind.contracts.risk.limit_names import HIGHER_IS_TIGHTER
from tradewind.trading.policy.resolution import LimitValue

NO_LIMIT: Final = Decimal("Infinity")
_SILENCES: Final = ((False, False), (False, True), (True, False), (True, True))

type Said = tuple[LimitValue | None, LimitValue | None]
"""What is said of a limit before and after."""


def telling_combinations(
    name: str,
    portfolios: Mapping[str, Said],
    instruments: Mapping[str, Said],
    defaults: Said,
    written: Container[tuple[str, str]],
) -> Iterator[tuple[str, str]]:
    """Return some portfolios with an instrument: if any combination is looser, one of them is.

    `written` are the combinations of which a policy says something, which the others do not decide.
    """
    for silent in _SILENCES:
        lines = _lines(name, instruments, defaults, silent)
        for portfolio_id, (before, after) in portfolios.items():
            if (before is None, after is None) == silent:
                for line in lines:
                    found = (one for one in line if (portfolio_id, one) not in written)
                    if (instrument := next(found, None)) is not None:
                        yield portfolio_id, instrument


def _lines(
    name: str, instruments: Mapping[str, Said], defaults: Said, silent: tuple[bool, bool]
) -> tuple[Sequence[str], Sequence[str]]:
    """Return instruments, the loosest first, and those that get looser, the tightest before first.

    `silent` says whether the portfolio says nothing before and after: the defaults decide then
    where the instrument says nothing either.
    """
    limits = {
        key: tuple(
            _looseness(name, default if value is None and is_silent else value)
            for value, default, is_silent in zip(said, defaults, silent, strict=True)
        )
        for key, said in instruments.items()
    }
    loosest = sorted(limits, key=lambda key: limits[key][1], reverse=True)
    loosened = [key for key, (before, after) in limits.items() if after > before]
    return loosest, sorted(loosened, key=lambda key: limits[key][0])


def _looseness(name: str, value: LimitValue | None) -> Decimal:
    if value is None:
        return NO_LIMIT
    return -Decimal(value) if name in HIGHER_IS_TIGHTER else Decimal(value)
