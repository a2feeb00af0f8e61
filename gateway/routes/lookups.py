"""Looks for a text wherever it may name something, and shows what the caller may see of that."""

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from starlette.requests import Request

from gateway.http.caller import caller_of
from gateway.routes.pairs import pair_of
from gateway.routes.search_documents import MAX_HITS, HitKind, SearchHit
from gateway.services import services_of
from gateway.visibility import (
    is_covered,
    is_history_covered,
    is_opening_covered,
    like_patterns,
    seen_portfolios,
    visibility,
)
from tradewind.contracts.ids import (
    ULID_PATTERN,
    CorrelationKind,
    make_correlation_id,
    parse_correlation_id,
)
from tradewind.contracts.signals.lifecycle import SignalState
from tradewind.readmodels.models.intent import INTENT, IntentDocument
from tradewind.readmodels.models.signal import SIGNAL

_INTENT: Final = make_correlation_id(CorrelationKind.INTENT, "")
_SIGNAL: Final = make_correlation_id(CorrelationKind.SIGNAL, "")
_HASH: Final = re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII)
_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
_DEAD_LETTER: Final = re.compile(r"[A-Za-z0-9_-]{1,100}-[0-9]{1,19}", re.ASCII)
_CORRELATION: Final = re.compile(r"[a-z]+-[A-Za-z0-9_-]{1,64}", re.ASCII)


class Found(NamedTuple):
    """What was found, and among what it was looked for."""

    hits: Sequence[SearchHit]
    looked_in: Sequence[HitKind]


async def look_up(request: Request, text: str) -> Found:
    """Return what a text names: an id, a hash or an address as a whole, a name in part."""
    if _HASH.fullmatch(text):
        return Found(await _transactions(request, text.lower()), ("transaction",))
    if _ADDRESS.fullmatch(text):
        return Found(await _addresses(request, text), ("wallet", "pool", "token"))
    if ULID_PATTERN.fullmatch(text.upper()):
        return Found(await _ulids(request, text.upper()), ("intent", "signal", "plan", "event"))
    return await _texts(request, text)


async def _texts(request: Request, text: str) -> Found:
    looked_in: list[HitKind] = []
    hits: list[SearchHit] = []
    if _is_correlation(text):
        looked_in.append("history")
        hits += await _histories(request, text)
    if _DEAD_LETTER.fullmatch(text):
        looked_in.append("dead_letter")
        hits += await _dead_letters(request, text)
    hits += await _names(request, text)
    looked_in += ("strategy", "portfolio", "instrument", "token")
    return Found(hits[:MAX_HITS], looked_in)


def _is_correlation(text: str) -> bool:
    if not _CORRELATION.fullmatch(text):
        return False
    try:
        parse_correlation_id(text)
    except ValueError:
        return False
    return True


async def _ulids(request: Request, ulid: str) -> list[SearchHit]:
    hits = [*await _intents(request, ulid), *await _signals(request, ulid)]
    named = await services_of(request).records.lookup.named(ulid)
    of_kinds: tuple[tuple[HitKind, str | None], ...] = (
        ("plan", named.plan),
        ("event", named.event),
    )
    may_see = await visibility(request, [name for _, name in of_kinds])
    return hits + [
        _of_history(kind, ulid, name) for kind, name in of_kinds if name and may_see(name)
    ]


async def _intents(request: Request, intent_id: str) -> list[SearchHit]:
    """Return the intent with this id, also one that is kept and not recorded yet."""
    services = services_of(request)
    document = await services.read_models.read(INTENT, intent_id)
    if document is not None:
        is_seen = await is_covered(request, document, document.summary.strategy_id)
    else:
        submission = await services.intents.find(intent_id)
        if submission is None or submission.outcome == "unknown":
            return []
        document = submission.as_document()
        is_seen = is_opening_covered(caller_of(request).accounts, submission.event)
    return [_intent(document)] if is_seen else []


def _intent(document: IntentDocument) -> SearchHit:
    summary = document.summary
    verb = "buy" if summary.intent_type == "acquire" else "sell"
    base, _, quote = summary.pair.partition("/")
    return SearchHit(
        kind="intent",
        id=document.intent_id,
        label=f"{document.state}: {verb} {summary.amount:f} {base} for {quote}",
        intent_id=document.intent_id,
        correlation_id=document.correlation_id,
    )


async def _signals(request: Request, signal_id: str) -> list[SearchHit]:
    """Return the signal with this id, also one that is kept and not recorded yet."""
    services = services_of(request)
    document = await services.read_models.read(SIGNAL, signal_id)
    if document is not None:
        is_seen = await is_covered(request, document, document.strategy_id)
        label = f"{document.state}: {document.signal_direction} {document.symbol}"
    else:
        opening = await services.signals.intake.find(signal_id)
        if opening is None:
            return []
        is_seen = is_opening_covered(caller_of(request).accounts, opening)
        signal = opening.payload.terms.signal
        label = f"{SignalState.RECEIVED}: {signal.signal_direction} {signal.symbol}"
    correlation_id = make_correlation_id(CorrelationKind.SIGNAL, signal_id)
    hit = _of_history("signal", signal_id, correlation_id)
    return [hit.model_copy(update={"label": label})] if is_seen else []


async def _histories(request: Request, correlation_id: str) -> list[SearchHit]:
    kind, identifier = parse_correlation_id(correlation_id)
    if kind is CorrelationKind.INTENT and ULID_PATTERN.fullmatch(identifier):
        return await _intents(request, identifier)
    if kind is CorrelationKind.SIGNAL and ULID_PATTERN.fullmatch(identifier):
        return await _signals(request, identifier)
    lookup = services_of(request).records.lookup
    if not await lookup.is_history(correlation_id):
        return []
    is_seen = await is_history_covered(request, correlation_id)
    return [_of_history("history", correlation_id, correlation_id)] if is_seen else []


async def _transactions(request: Request, tx_hash: str) -> list[SearchHit]:
    """Return a transaction; which wallet signed it is told to who sees wallets only."""
    found = await services_of(request).records.lookup.transaction(tx_hash)
    if found is None:
        return []
    sees_wallets = caller_of(request).accounts.are_all
    name = found.correlation_id
    if not sees_wallets and (name is None or not await is_history_covered(request, name)):
        return []
    hit = _of_history("transaction", tx_hash, name)
    if found.wallet is None or not sees_wallets:
        return [hit]
    wallet_id = f"{found.wallet.chain_id}-{found.wallet.address}"
    return [hit.model_copy(update={"wallet_id": wallet_id})]


def _of_history(kind: HitKind, identifier: str, correlation_id: str | None) -> SearchHit:
    name = correlation_id or ""
    return SearchHit(
        kind=kind,
        id=identifier,
        intent_id=name.removeprefix(_INTENT) if name.startswith(_INTENT) else None,
        signal_id=name.removeprefix(_SIGNAL) if name.startswith(_SIGNAL) else None,
        correlation_id=correlation_id,
    )


async def _dead_letters(request: Request, dead_letter_id: str) -> list[SearchHit]:
    letter = await services_of(request).records.dead_letters.one(dead_letter_id)
    if letter is None:
        return []
    may_see = await visibility(request, [letter.correlation_id])
    if not may_see(letter.correlation_id):
        return []
    return [SearchHit(kind="dead_letter", id=letter.dead_letter_id, label=letter.state)]


async def _addresses(request: Request, text: str) -> list[SearchHit]:
    services, wanted = services_of(request), text.lower()
    market = services.market
    sees_wallets = caller_of(request).accounts.are_all
    wallets = await services.treasury.wallets.all() if sees_wallets else []
    hits = [
        SearchHit(kind="wallet", id=one.address, label=one.chain, wallet_id=one.wallet_id)
        for one in wallets
        if one.address.lower() == wanted
    ]
    hits += [
        SearchHit(kind="pool", id=one.pool, label=pair_of(one, market.registry).instrument)
        for one in market.pools()
        if one.pool.lower() == wanted
    ]
    return hits + [
        SearchHit(kind="token", id=one.address, label=f"{one.symbol} on {one.chain}")
        for one in market.registry.tokens
        if one.address.lower() == wanted
    ]


async def _names(request: Request, text: str) -> list[SearchHit]:
    services, accounts = services_of(request), caller_of(request).accounts
    market = services.market
    strategies = await services.records.lookup.strategies(like_patterns(accounts.portfolios))
    hits = _like("strategy", text, filter(accounts.cover_strategy, strategies))
    if _NAME.fullmatch(text):
        portfolio = await services.records.portfolios.one(text, seen_portfolios(request))
        hits += [SearchHit(kind="portfolio", id=text)] if portfolio is not None else []
    pairs = {pair_of(one, market.registry).instrument for one in market.pools()}
    instrument = await services.instruments.one(text)
    if instrument is not None:
        hits.append(SearchHit(kind="instrument", id=instrument.key, label=text))
        pairs.discard(instrument.key)
    hits += _like("instrument", text.replace("/", "-"), pairs)
    return hits + _like("token", text, {one.symbol for one in market.registry.tokens})


def _like(kind: HitKind, text: str, names: Iterable[str]) -> list[SearchHit]:
    """Return the names that have a text in them; the very name comes first."""
    wanted = text.casefold()
    found = [one for one in names if wanted in one.casefold()]
    found.sort(key=lambda one: (one.casefold() != wanted, one.casefold().find(wanted), one))
    return [SearchHit(kind=kind, id=one) for one in found[:MAX_HITS]]
