from collections.abc import Callable, Mapping, Sequence
from typing import Any

type _Swap = tuple[bool, int, bool, int | None]
"""zero_for_one, amount, exact_out, sqrt_price_limit_x96."""
type _Quote = tuple[int, int, int, int, int, int, int, int, bool]
"""amount_in, amount_out, fee_amount, sqrt_price_x96_after, tick_after, liquidity_after,
ticks_crossed, words_crossed, filled."""

type _Holding = tuple[int, list[tuple[int, int]], int, int, int]
"""position, lots, trades, volume, profit."""
type _BookAfter = tuple[int, list[_Holding], int, int]
"""cash, holdings, day, spent on it."""
type _Added = tuple[
    tuple[int, int, int, int, int],
    tuple[int, int, int, int],
    tuple[int, int, int],
    tuple[int | None, int | None, int, int],
]
"""filled, fees, gas, impact, volume; closed, wins, gains, losses; squares, shares, measured; best,
worst, losing, longest_losing."""

class InvalidSnapshot(ValueError): ...
class InvalidSwap(ValueError): ...

class Pool:
    def __new__(
        cls,
        fee_pips: int,
        tick_spacing: int,
        sqrt_price_x96: int,
        tick: int,
        liquidity: int,
        ticks: Sequence[int],
        liquidity_nets: Sequence[str],
    ) -> Pool: ...
    @staticmethod
    def full_range(
        fee_pips: int, tick_spacing: int, sqrt_price_x96: int, liquidity: int
    ) -> Pool: ...
    def at(self, sqrt_price_x96: int, tick: int, liquidity: int) -> Pool: ...
    def quote(
        self,
        zero_for_one: bool,
        amount: int,
        exact_out: bool = False,
        sqrt_price_limit_x96: int | None = None,
    ) -> _Quote: ...
    def quote_all(self, swaps: Sequence[_Swap]) -> list[_Quote]: ...

def quote_each(pools: Sequence[Pool], swaps: Sequence[_Swap]) -> list[_Quote]: ...
def quote_duration_ns(pools: Sequence[Pool], swap: _Swap, rounds: int) -> float: ...
def trade_in_turn(
    terms: object,
    pairs: Sequence[object],
    orders: Sequence[tuple[int, bool, bool, bool, int]],
    book: object,
    arrivals: bytes,
    first: int,
) -> tuple[int, _BookAfter, _Added, list[bytes]]: ...

class EventReader:
    def __new__(cls, describe: Callable[[str], tuple[Any, ...] | None]) -> EventReader: ...
    def read(self, data: bytes) -> Any: ...
    def read_delivered(
        self, messages: list[Any], most_bytes: int
    ) -> list[tuple[Any, bytes, str, tuple[int, int, int, int, int]] | None]: ...

class IntentFolder:
    def __new__(
        cls,
        describe: Callable[[str], tuple[Any, ...] | None],
        lifecycles: Sequence[Sequence[tuple[str | None, str, str, str, str]]],
        filled: str,
        owners: Sequence[tuple[str, str]],
        judge: Callable[..., tuple[bytes, bytes | None]],
    ) -> IntentFolder: ...
    def fold(
        self, rows: list[Any], incarnation: str
    ) -> tuple[tuple[str, bytes], tuple[str, bytes] | None] | None: ...

class RowReader:
    def __new__(cls, describe: Callable[[str], tuple[Any, ...] | None]) -> RowReader: ...
    def read(self, row: Mapping[str, Any]) -> tuple[Any, bytes] | None: ...
