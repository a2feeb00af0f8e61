"""What of a run the engine cannot do; said before anything is read."""

from collections.abc import Sequence

from tradewind.contracts.backtests.model import ConstantMarket, RecordedFlows, Run
from tradewind.contracts.instruments.assets import RegisteredToken
from tradewind.simulation.errors import InvalidRun
from tradewind.simulation.records import Pair
from tradewind.trading.tokens import NATIVE_SYMBOL, TokenRegistry


def pairs_of(run: Run, tokens: TokenRegistry) -> tuple[Pair, ...]:
    """Return the tokens of the run's instruments; InvalidRun for what cannot be run.

    All instruments share their quote, in which equity is counted.
    """
    found = []
    for place, name in enumerate(run.instruments):
        chain, base, quote = name.split("-")
        known = [tokens.by_symbol(chain, symbol) for symbol in (base, quote)]
        for symbol, token in zip((base, quote), known, strict=True):
            if token is None:
                raise InvalidRun(f"instruments.{place}", f"{symbol} is no token of {chain}")
        found.append(Pair(*(one.asset for one in known if one is not None)))
    _check_pairs(run, found)
    _check_portfolio(run, found)
    _check_usd(run, tokens.by_address(found[0].quote.chain, found[0].quote.address))
    return tuple(found)


def check_run(run: Run, tokens: TokenRegistry) -> None:
    """InvalidRun names the field of what cannot be run."""
    pairs_of(run, tokens)


def _check_pairs(run: Run, pairs: Sequence[Pair]) -> None:
    if len(set(run.instruments)) < len(run.instruments):
        raise InvalidRun("instruments", "one is there twice")
    for place, pair in enumerate(pairs):
        if pair.quote != pairs[0].quote:
            detail = f"all have one quote token, {pairs[0].quote.symbol}"
            raise InvalidRun(f"instruments.{place}", detail)
        if pair.base == pair.quote:
            raise InvalidRun(f"instruments.{place}", "base and quote are one token")
    natives = {symbol for pair in pairs for symbol in (pair.base.symbol, pair.quote.symbol)}
    is_modelled = isinstance(run.market, ConstantMarket) or run.market.kind == "shape"
    is_priced = NATIVE_SYMBOL in natives or isinstance(run.strategy, RecordedFlows)
    if run.execution.gas_price_wei and not is_priced and is_modelled:
        detail = f"the run has no price of {NATIVE_SYMBOL}: add an instrument of it, or set 0"
        raise InvalidRun("execution.gas_price_wei", detail)


def _check_portfolio(run: Run, pairs: Sequence[Pair]) -> None:
    known = {pairs[0].quote.symbol: pairs[0].quote} | {one.base.symbol: one.base for one in pairs}
    for symbol, amount in run.portfolio.items():
        if symbol not in known:
            raise InvalidRun(f"portfolio.{symbol}", "is no token of the run's instruments")
        if amount < 0:
            raise InvalidRun(f"portfolio.{symbol}", "must not be negative")
        if amount != round(amount, known[symbol].decimals):
            raise InvalidRun(
                f"portfolio.{symbol}", f"has more than {known[symbol].decimals} decimals"
            )


def _check_usd(run: Run, quote: RegisteredToken | None) -> None:
    """Limits are in US dollars, which the engine knows of pegged tokens only."""
    is_pegged = quote is not None and quote.usd_pegged
    for name, value in run.limits:
        if value is not None and name.endswith("_usd") and not is_pegged:
            raise InvalidRun(f"limits.{name}", "the quote token is not worth a US dollar")
