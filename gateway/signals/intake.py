"""Takes in signals: checks source and symbol, fixes the terms, and keeps each signal once."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final, Literal, NamedTuple

from gateway.errors import AccountNotCovered, SignalUnavailable, SubmissionUnknown
from gateway.http.caller import Accounts
from gateway.http.field_errors import FieldError
from gateway.http.strict_json import InvalidDocument
from gateway.metrics import SIGNALS, SIGNALS_REPEATED
from gateway.ports import KeptEvents, SignalSources
from gateway.signals.body import NOUN, SubmittedSignal
from gateway.signals.markets import SignalMarkets
from gateway.submission.idempotency import RequestIdentity, RequestKey, canonical_bytes
from gateway.submission.pipeline import Standing, SubmissionPipeline
from tradewind.contracts.envelope import Event, first_event, parse_event
from tradewind.contracts.ids import (
    CorrelationKind,
    derive_event_id,
    make_correlation_id,
    make_ulid,
)
from tradewind.contracts.roles import Role
from tradewind.contracts.signals.model import SIGNAL_LIFETIME_SECONDS, Signal, SignalTerms
from tradewind.contracts.signals.payloads import SignalReceived
from tradewind.contracts.subjects import risk_key
from tradewind.ledger.upkeep.ingress import IngressTooLate, IngressUnavailable
from tradewind.runtime import clock

PATH: Final = "/signals"
"""Where idempotency keys count, by whichever way and alias a signal comes."""
LIFETIME: Final = timedelta(seconds=SIGNAL_LIFETIME_SECONDS)
SAME_WITHIN: Final = timedelta(minutes=5)
"""How long an alert that says no time of its own is taken for a repetition of an equal one."""
ENTROPY_BYTES: Final = 10

ALL_ACCOUNTS: Final = Accounts()
_NO_TIME: Final = datetime.fromtimestamp(0, UTC)

Way = Literal["rest", "hook", "broker"]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who submits a signal, and by which way."""

    way: Way
    owner: str
    accounts: Accounts = ALL_ACCOUNTS


class Asked(NamedTuple):
    """A signal and what tells it from another one."""

    signal: Signal
    key: str | None = None
    """What the sender calls the request; None where its content alone tells."""
    is_timed: bool = True
    """Whether it says itself when it was made."""


class SignalIntake:
    """Checks signals, fixes their terms, gives them ids and sends them through the pipeline."""

    def __init__(
        self,
        sources: SignalSources,
        markets: SignalMarkets,
        pipeline: SubmissionPipeline,
        kept: KeptEvents,
        portfolio_of: Callable[[str], str],
        *,
        now: Callable[[], datetime] = clock.now,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._sources = sources
        self._markets = markets
        self._pipeline = pipeline
        self._kept = kept
        self._portfolio_of = portfolio_of
        self._now = now
        self._entropy = entropy

    async def submit(self, asked: Asked, sender: Sender) -> Standing[SignalReceived]:
        """Return the event that stands for a signal: an earlier one of the same request, or a new.

        Raises InvalidDocument, AccountNotCovered and KeyUsed, and SignalUnavailable when it is not
        certain that the signal is kept.
        """
        event = self._event(asked.signal, sender)
        source = event.payload.terms.signal.source
        SIGNALS.labels(source, sender.way).inc()
        try:
            standing = await self._keep(event, asked, sender)
        except (IngressUnavailable, IngressTooLate, SubmissionUnknown) as error:
            raise SignalUnavailable(source) from error
        if standing.is_repeated:
            SIGNALS_REPEATED.labels(source).inc()
        return standing

    async def find(self, signal_id: str) -> Event[SignalReceived] | None:
        """Return a signal that is kept and that the ledger may not have; TransientError."""
        correlation_id = make_correlation_id(CorrelationKind.SIGNAL, signal_id)
        event_id = derive_event_id(correlation_id, 1, SignalReceived.topic)
        body = await self._kept.find(event_id)
        return None if body is None else parse_event(body)

    async def _keep(
        self, event: Event[SignalReceived], asked: Asked, sender: Sender
    ) -> Standing[SignalReceived]:
        deadline = event.timestamp + LIFETIME
        if asked.key is None and not asked.is_timed:
            before, during = _untimed_keys(event)
            earlier = await self._earlier(event, before)
            if earlier is not None:
                return earlier
            return await self._pipeline.accept(event, during, deadline)
        return await self._pipeline.accept(event, _identity(event, asked, sender), deadline)

    async def _earlier(
        self, event: Event[SignalReceived], identity: RequestIdentity
    ) -> Standing[SignalReceived] | None:
        """Return an equal alert of the five minutes before these, if it is as near as that."""
        try:
            standing = await self._pipeline.refuse(event, identity, _Unknown(""))
        except _Unknown:
            return None
        return standing if event.timestamp - standing.event.timestamp < SAME_WITHIN else None

    def _event(self, signal: Signal, sender: Sender) -> Event[SignalReceived]:
        at = self._now()
        terms = self._terms(signal, sender, at)
        portfolio_id = self._portfolio_of(terms.strategy_id)
        if not sender.accounts.cover(terms.strategy_id, portfolio_id):
            raise AccountNotCovered("source", signal.source)
        signal_id = make_ulid(int(at.timestamp() * 1_000), self._entropy(ENTROPY_BYTES))
        return first_event(
            SignalReceived(signal_id=signal_id, terms=terms),
            correlation_id=make_correlation_id(CorrelationKind.SIGNAL, signal_id),
            key=risk_key(terms.instrument, portfolio_id),
            producer=Role.GATEWAY.value,
            at=at,
        )

    def _terms(self, signal: Signal, sender: Sender, at: datetime) -> SignalTerms:
        source, market = self._sources.source(signal.source), self._markets.of(signal.symbol)
        if source is None or market is None:
            found = {"source": source, "symbol": market}
            unknown = [name for name, one in found.items() if one is None]
            errors = [FieldError(name, _UNKNOWN[name]) for name in unknown]
            raise InvalidDocument(NOUN, tuple(errors))
        if not sender.accounts.cover_source(signal.source):
            raise AccountNotCovered("source", signal.source)
        return SignalTerms(
            signal=signal.model_copy(update={"symbol": market.symbol}),
            coin=market.coin,
            assets=market.assets,
            strategy_id=source.strategy_id,
            received_at=at,
            expires_at=signal.ts_utc + LIFETIME,
        )


class _Unknown(SignalUnavailable):
    """There is no earlier request of this identity."""


_UNKNOWN: Final = {
    "source": "is no registered source",
    "symbol": "is no symbol that this platform follows",
}


def asked_of(submitted: SubmittedSignal, key: str | None, *, is_timed: bool = True) -> Asked:
    """Return what is asked for: the key of the head and that of the body have to be one.

    InvalidDocument names the field where they are two.
    """
    in_body = submitted.idempotency_key
    if key is not None and in_body not in (None, key):
        error = FieldError("idempotency_key", "must be the Idempotency-Key of the head")
        raise InvalidDocument(NOUN, (error,))
    return Asked(submitted.without_key(), key or in_body, is_timed)


def _identity(event: Event[SignalReceived], asked: Asked, sender: Sender) -> RequestIdentity:
    """Return what a signal is recognised by: the key of its sender, or else its content.

    The content counts for the source, whoever submits it: the time of the signal is a part of it.
    """
    signal = event.payload.terms.signal
    digest = sha256(canonical_bytes(signal)).digest()
    if asked.key is not None:
        return RequestIdentity(RequestKey(sender.owner, "POST", PATH, asked.key), digest)
    return RequestIdentity(_content_key(signal.source, digest.hex()), digest)


def _untimed_keys(event: Event[SignalReceived]) -> tuple[RequestIdentity, RequestIdentity]:
    """Return the identities of an alert without a time, in the five minutes before and in these."""
    told = event.payload.terms.signal.model_copy(update={"ts_utc": _NO_TIME})
    digest = sha256(canonical_bytes(told)).digest()
    period = int(event.timestamp.timestamp() // SAME_WITHIN.total_seconds())
    before, during = (
        RequestIdentity(_content_key(told.source, f"{digest.hex()}-{number}"), digest)
        for number in (period - 1, period)
    )
    return before, during


def _content_key(source: str, content: str) -> RequestKey:
    return RequestKey(f"source:{source}", "POST", PATH, f"content:{content}")
