"""What the commands about datasets are given: ids, pairs, intervals and pools."""

import re
from typing import TYPE_CHECKING, Any, Final

import click

from tradewind.contracts.instruments.assets import RegisteredToken, to_checksum_address
from tradewind.contracts.market.model import CANDLE_INTERVALS_SECONDS
from tradewind.settings import ChainNameSettings, TokenSettings, load
from tradewind.trading.tokens import load_tokens

if TYPE_CHECKING:
    from tradewind.datasets.frames import PoolHeader

TICK_SPACINGS: Final = {100: 1, 500: 10, 3_000: 60, 10_000: 200}
"""Of the fees, in hundredths of a basis point, that Uniswap V3 has pools for."""
_WHOLE: Final = re.compile(r"[a-z0-9_]{1,32}-[A-Za-z0-9.]{1,16}-[A-Za-z0-9.]{1,16}")
_PAIR: Final = re.compile(r"([A-Za-z0-9.]{1,16})/([A-Za-z0-9.]{1,16})")
_ID: Final = re.compile(r"ds-[0-9a-f]{16}")
_POOL: Final = re.compile(r"(0x[0-9a-fA-F]{40}):(\d{1,6})")


class PairType(click.ParamType[str]):
    """A pair of tokens on the platform's chain, as an instrument."""

    name = "pair"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return `<chain>-<base>-<quote>`; the usage error shows both forms."""
        if _WHOLE.fullmatch(value):
            return str(value)
        pair = _PAIR.fullmatch(value)
        if pair is None:
            self.fail(f"{value!r} is no pair such as WETH/USDC or ethereum-WETH-USDC", param, ctx)
        return f"{load(ChainNameSettings).chain}-{pair[1]}-{pair[2]}"


class DatasetType(click.ParamType[str]):
    """The id of a dataset."""

    name = "dataset"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the id; the usage error shows one."""
        if not _ID.fullmatch(value):
            self.fail(f"{value!r} is no dataset such as ds-0123456789abcdef", param, ctx)
        return str(value)


class PoolType(click.ParamType[tuple[str, int]]):
    """A pool's address and its fee."""

    name = "pool"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """Return address and fee; the usage error shows how they are written."""
        if isinstance(value, tuple):
            return value
        written = _POOL.fullmatch(value)
        if written is None or int(written[2]) not in TICK_SPACINGS:
            fees = ", ".join(map(str, TICK_SPACINGS))
            self.fail(f"{value!r} is not ADDRESS:FEE with a fee of {fees}", param, ctx)
        return to_checksum_address(written[1]), int(written[2])


PAIR: Final = PairType()
DATASET: Final = DatasetType()
POOL: Final = PoolType()
INTERVAL: Final = click.Choice(list(CANDLE_INTERVALS_SECONDS))


def tokens_of(instrument: str) -> tuple[RegisteredToken, RegisteredToken]:
    """Return the two tokens of an instrument; a usage error names one that is not registered."""
    chain, *symbols = instrument.split("-")
    registry = load_tokens(load(TokenSettings).tokens_file)
    found = []
    for symbol in symbols:
        token = registry.by_symbol(chain, symbol)
        if token is None:
            raise click.UsageError(f"{symbol} is no registered token of {chain}")
        found.append(token)
    base, quote = found
    return base, quote


def pool_of(instrument: str | None, address: str, fee_pips: int) -> "PoolHeader":
    """Return a pool of an instrument; its tokens are in the order of their addresses."""
    from tradewind.contracts.instruments.assets import Asset
    from tradewind.datasets.frames import PoolHeader

    if instrument is None:
        raise click.UsageError("--pool needs --as, which says the pool's tokens")
    first, second = sorted(tokens_of(instrument), key=lambda token: int(token.address, 16))
    token0, token1 = (
        Asset.model_validate(token.model_dump(include=set(Asset.model_fields)))
        for token in (first, second)
    )
    return PoolHeader(
        address=address,
        token0=token0,
        token1=token1,
        fee_pips=fee_pips,
        tick_spacing=TICK_SPACINGS[fee_pips],
    )
