"""Shows what can be traded: tokens with their prices, and the pairs that have pools."""

from collections import defaultdict
from typing import Final

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caller import KeyScope
from gateway.http.operations import Operation
from gateway.http.responses import document_response
from gateway.services import services_of
from tradewind.contracts.instruments.assets import RegisteredToken
from tradewind.contracts.instruments.pools import PoolSnapshot
from tradewind.contracts.subjects import KeyToken
from tradewind.contracts.wire import DecimalString, Document, Timestamp
from tradewind.trading.pricing.pools.mid_price import depth
from tradewind.trading.pricing.pools.price_quote import NoPrice, PriceQuote
from tradewind.trading.ticks.pairs import Pair, pair_of, price_of

MAX_PAIRS: Final = 1_000
NO_POOL: Final = "no pool leads from it to a token that is pegged to the dollar"


class TokenDocument(Document):
    """A token that may be traded, and what it is worth now."""

    symbol: str
    chain: str
    address: str
    decimals: int
    usd_pegged: bool
    """One of it counts as one US dollar."""
    fee_on_transfer: bool
    """No plan is made for it."""
    rebasing: bool
    native_wrapped: bool
    """It is the chain's native token in the form of a contract."""
    price_usd: DecimalString | None
    """US dollars for a whole token; null where the pools say nothing that can be believed."""
    price_reason: str | None
    """Why there is no price."""
    price_block_number: int | None
    price_block_time: Timestamp | None


class PairPool(Document):
    """A pool of a pair."""

    pool: str
    """Its address."""
    fee_pips: int = Field(ge=0)
    """Its fee in hundredths of a basis point: 3000 is 0.3 %."""


class PairDocument(Document):
    """Two tokens that a pool trades; an intent may name them in either order."""

    instrument: KeyToken
    """The pair with the token in front that is bought and sold, `ethereum-WETH-USDC`."""
    chain: str
    base: str
    """Its symbol."""
    quote: str
    price: DecimalString | None
    """Quote for a whole base, in the pool that has most of base near its price."""
    pools: tuple[PairPool, ...]
    """The cheapest first."""


class TokenList(Document):
    """Tokens by symbol, and pairs by key."""

    tokens: tuple[TokenDocument, ...]
    pairs: tuple[PairDocument, ...]
    truncated: bool
    """There are more pairs than are listed, which are 1,000 at most."""


async def list_tokens(request: Request) -> Response:
    """GET /tokens: every token of the registry with its price, and every pair that has pools.

    Two tokens without a pool of their own may still be traded over a third one.
    """
    market = services_of(request).market
    tokens = sorted(market.registry.tokens, key=lambda one: (one.chain, one.symbol))
    pairs = defaultdict[Pair, list[PoolSnapshot]](list)
    for pool in market.pools():
        pairs[pair_of(pool, market.registry)].append(pool)
    listed = sorted(pairs.items(), key=lambda item: item[0].instrument)
    document = TokenList(
        tokens=tuple(_token(one, market.price_usd(one.asset)) for one in tokens),
        pairs=tuple(_pair(pair, pools) for pair, pools in listed[:MAX_PAIRS]),
        truncated=len(listed) > MAX_PAIRS,
    )
    return document_response(request, document)


def _token(token: RegisteredToken, price: PriceQuote | NoPrice) -> TokenDocument:
    quote = price if isinstance(price, PriceQuote) else None
    return TokenDocument(
        **dict(token),
        price_usd=quote and quote.price_usd,
        price_reason=price.why or NO_POOL if isinstance(price, NoPrice) else None,
        price_block_number=quote and quote.block_number,
        price_block_time=quote and quote.block_time,
    )


def _pair(pair: Pair, pools: list[PoolSnapshot]) -> PairDocument:
    deepest = max(pools, key=lambda one: depth(one, pair.base))
    cheapest_first = sorted(pools, key=lambda one: (one.fee_pips, one.pool))
    return PairDocument(
        instrument=pair.instrument,
        chain=pair.base.chain,
        base=pair.base.symbol,
        quote=pair.quote.symbol,
        price=price_of(deepest, pair),
        pools=tuple(PairPool(pool=one.pool, fee_pips=one.fee_pips) for one in cheapest_first),
    )


OPERATIONS: Final = [
    Operation(
        "GET",
        "/tokens",
        list_tokens,
        tag="market",
        scope=KeyScope.READ,
        answer=TokenList,
    )
]
