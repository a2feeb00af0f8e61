"""The limits that a policy puts on an intent, for each of the two stages of risk."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, NamedTuple

from tradewind.contracts.instruments.registry import InstrumentStatus, InstrumentTerms
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.precision import EXACT
from tradewind.contracts.risk.limit_names import (
    BPS,
    LEAST_COLLAR_BPS,
    AccountLimits,
    OrderLimits,
    SizeLimits,
)
from tradewind.contracts.risk.limits import PortfolioLimits, RiskLimits
from tradewind.contracts.risk.policy import PolicyDocument
from tradewind.trading.instruments.declared import UNBOUND
from tradewind.trading.policy.resolution import LimitInForce, LimitValue, resolve, tightest

REGISTRY: Final = "instrument registry"
UNKNOWN: Final = "unknown"
STATUS: Final = "instrument_status"
NO_INSTRUMENT: Final = ""
MAX_RESOLVED: Final = 4_096
"""So many pairs of a portfolio and an instrument are remembered in a policy, for each stage."""
_PORTFOLIO_NAMES: Final = tuple(name for name in PortfolioLimits.model_fields if name != "scopes")
_ORDER_NAMES: Final = (*OrderLimits.model_fields, *SizeLimits.model_fields)
_FRACTIONS: Final = {
    "max_slippage_bps": "max_slippage",
    "max_price_impact_bps": "max_price_impact",
}
"""The settings have these two as fractions."""
_TERMS: Final = {
    "min_amount": "min_order_amount",
    "max_amount": "max_order_amount",
    "lot": "lot_amount",
    "tick": "price_tick",
    "min_notional_usd": "min_notional_usd",
    "max_notional_usd": "max_notional_usd",
    "max_slippage_bps": "max_slippage_bps",
    "max_impact_bps": "max_price_impact_bps",
    "collar_bps": "price_collar_bps",
}
"""The bounds of an instrument in the registry, and the limits they are."""
_TOTAL: Final = "max_total_position_amount"


class _Resolved(NamedTuple):
    """What is in force for orders under these settings and terms; none of them ever changes."""

    settings: RiskLimits
    terms: InstrumentTerms | None
    limits: RiskLimits


@dataclass(frozen=True, slots=True)
class RiskPolicy:
    """A policy that is in force; an empty one limits nothing.

    The terms of the registry of instruments limit beside it, and the tighter of both counts.
    """

    document: PolicyDocument = field(default_factory=PolicyDocument)
    _of_orders: dict[tuple[str, str], _Resolved] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """The limits of orders that were asked for last, by portfolio and instrument."""
    _of_portfolios: dict[tuple[str, str, str], PortfolioLimits] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """The limits of the portfolio stage that were asked for: they never change."""

    def portfolio_limits(
        self, portfolio_id: str, intent: Intent, terms: InstrumentTerms | None = None
    ) -> PortfolioLimits:
        """Return what the portfolio stage checks an intent of a portfolio against."""
        most = None if terms is None else terms.max_position
        return self._kept(_PORTFOLIO_NAMES, portfolio_id, intent.instrument, most)

    def account_limits(self, portfolio_id: str) -> PortfolioLimits:
        """Return the limits of a portfolio as a whole."""
        return self._kept(AccountLimits.model_fields, portfolio_id, NO_INSTRUMENT)

    def _kept(
        self,
        names: Iterable[str],
        portfolio_id: str,
        instrument: str,
        most: Decimal | None = None,
    ) -> PortfolioLimits:
        asked = portfolio_id, instrument, str(most)
        limits = self._of_portfolios.get(asked)
        if limits is not None:
            return limits
        _make_room(self._of_portfolios)
        found = resolve(self.document, portfolio_id, instrument, names)
        if most is not None:
            registered = LimitInForce(most, REGISTRY)
            found[_TOTAL] = tightest(_TOTAL, (found.get(_TOTAL), registered)) or registered
        limits = self._of_portfolios[asked] = _portfolio_limits(found)
        return limits

    def order_limits(
        self,
        portfolio_id: str,
        intent: Intent,
        settings: RiskLimits,
        terms: InstrumentTerms | None = UNBOUND,
    ) -> RiskLimits:
        """Return what the instrument stage checks an intent against.

        The settings' limits stay the outermost ones: the others only tighten them. `terms` are
        those of the registry; None is what it says of a pair that it does not know.
        """
        place = portfolio_id, intent.instrument
        known = self._of_orders.get(place)
        if known is None or known.settings is not settings or known.terms is not terms:
            _make_room(self._of_orders)
            limits = self._resolve(portfolio_id, intent, settings, terms)
            known = self._of_orders[place] = _Resolved(settings, terms, limits)
        return known.limits

    def _resolve(
        self,
        portfolio_id: str,
        intent: Intent,
        settings: RiskLimits,
        terms: InstrumentTerms | None,
    ) -> RiskLimits:
        found = resolve(self.document, portfolio_id, intent.instrument, _ORDER_NAMES)
        limits = dict(_in_settings_units(found))
        for name, limit in _in_settings_units(dict(_bounds(terms))):
            limits[name] = tightest(name, (limits.get(name), limit)) or limit
        return _tightened_by(settings, limits, _status(terms))


def _make_room(kept: dict[Any, Any]) -> None:
    while len(kept) >= MAX_RESOLVED:
        del kept[next(iter(kept))]


def with_recorded_policy(todays: RiskLimits, recorded: RiskLimits) -> RiskLimits:
    """Return the limits of today's settings, with what was no setting as a decision recorded it."""
    names = [name for name in recorded.scopes or {} if name != STATUS]
    limits = {
        name: LimitInForce(getattr(recorded, name), recorded.scope_of(name)) for name in names
    }
    return _tightened_by(todays, limits, recorded.instrument_status)


def _tightened_by(
    settings: RiskLimits, limits: Mapping[str, LimitInForce], status: str | None
) -> RiskLimits:
    tightened = dict(_tightened(limits, settings))
    values: dict[str, Any] = {name: one.value for name, one in tightened.items()}
    scopes = (settings.scopes or {}) | {name: one.scope for name, one in tightened.items()}
    status = settings.instrument_status or status
    if not tightened and status == settings.instrument_status:
        return settings
    changes = {STATUS: status, "scopes": scopes or None}
    return RiskLimits(**dict(settings) | values | changes)


def _portfolio_limits(found: Mapping[str, LimitInForce]) -> PortfolioLimits:
    values: dict[str, Any] = {name: limit.value for name, limit in found.items()}
    return PortfolioLimits(**values, scopes={name: one.scope for name, one in found.items()})


def _in_settings_units(
    limits: Mapping[str, LimitInForce],
) -> Iterator[tuple[str, LimitInForce]]:
    for name, limit in limits.items():
        if name in _FRACTIONS:
            yield _FRACTIONS[name], limit._replace(value=(limit.value * BPS).normalize(EXACT))
        else:
            yield name, limit


def _bounds(terms: InstrumentTerms | None) -> Iterator[tuple[str, LimitInForce]]:
    for bound, name in _TERMS.items():
        value: LimitValue | None = getattr(terms, bound, None)
        if name == "price_collar_bps" and value is not None:
            value = max(value, LEAST_COLLAR_BPS)
        if value is not None:
            yield name, LimitInForce(value, REGISTRY)


def _tightened(
    limits: Mapping[str, LimitInForce], settings: RiskLimits
) -> Iterator[tuple[str, LimitInForce]]:
    """Return the limits that are tighter than the settings' are."""
    for name, limit in limits.items():
        outermost: LimitValue | None = getattr(settings, name)
        first = None if outermost is None else LimitInForce(outermost, settings.scope_of(name))
        found = tightest(name, (first, limit))
        if found is not None and found != first:
            yield name, found


def _status(terms: InstrumentTerms | None) -> str | None:
    """Return what stands against trading the pair."""
    if terms is None:
        return UNKNOWN
    return None if terms.status is InstrumentStatus.ENABLED else terms.status.value
