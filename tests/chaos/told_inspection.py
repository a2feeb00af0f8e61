"""Holds what portfolios' own histories tell at last to a fresh sum over the ledger."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from tests.chaos.book_evidence import BookEvidence
from tests.chaos.flows import Flow

TOLD: Final = "portfolio unlike the ledger"
NATIVE: Final = "0x" + "0" * 40
"""Gas is told in the native token, and no intent trades that."""
OPENED: Final = "portfolio.opened"
UPDATED: Final = "portfolio.updated"

type Problem = tuple[str, str]
type Pair = tuple[str, str]


@dataclass
class Told:
    """A portfolio as its newest history tells it, or as the ledger sums it."""

    positions: dict[Pair, tuple[Decimal, int]] = field(default_factory=dict)
    """Quantity and number of fills by base and quote."""
    balances: dict[str, Decimal] = field(default_factory=dict)
    """By token, without those that are 0."""
    reserved: Decimal = Decimal(0)
    epoch: int = 0


def told_problems(evidence: BookEvidence, flows: Mapping[str, Flow]) -> Iterator[Problem]:
    """Return every difference, and what is still told as reserved."""
    told, summed = _fold(evidence), _sum(evidence, flows)
    for name, expected in summed.items():
        last = told.get(name)
        if last is None:
            yield TOLD, f"{name}: traded, and its history tells nothing"
            continue
        for what in ("positions", "balances"):
            is_told, is_so = getattr(last, what), getattr(expected, what)
            if is_told != is_so:
                yield TOLD, f"{name}: {what} are told as {is_told}, the ledger says {is_so}"
    for name, last in told.items():
        if last.reserved:
            yield TOLD, f"{name}: {last.reserved} USD are told as reserved, all intents ended"
        if name not in summed and (last.positions or last.balances):
            yield TOLD, f"{name}: is told to have something, the ledger has no fill of it"


def _fold(evidence: BookEvidence) -> dict[str, Told]:
    """Return the last word of every portfolio: a new epoch opens with all it has."""
    found: dict[str, Told] = {}
    for row in evidence.events:
        if row["topic"] not in (OPENED, UPDATED):
            continue
        payload = row["payload"]
        name, epoch = payload["portfolioId"], payload["epoch"]
        if name not in found or found[name].epoch < epoch:
            found[name] = Told(epoch=epoch)
        if found[name].epoch == epoch:
            _add(found[name], payload)
    return found


def _add(told: Told, payload: dict[str, Any]) -> None:
    for one in payload["positions"]:
        pair = one["base"].lower(), one["quote"].lower()
        told.positions[pair] = Decimal(one["quantity"]), one["fills"]
    for one in payload["balances"]:
        address, amount = one["address"].lower(), Decimal(one["amount"])
        told.balances.pop(address, None)
        if amount and address != NATIVE:
            told.balances[address] = amount
    told.reserved = Decimal(payload["figures"]["reserved"])


def _sum(evidence: BookEvidence, flows: Mapping[str, Flow]) -> dict[str, Told]:
    found: dict[str, Told] = defaultdict(Told)
    for row in evidence.events:
        payload = row["payload"]
        if row["topic"] == "portfolio.funded":
            sign = 1 if payload["direction"] == "in" else -1
            address = payload["token"]["address"].lower()
            _move(found[payload["portfolioId"]], address, sign * Decimal(payload["amount"]))
    for flow in flows.values():
        if flow.fills:
            _fill(found[flow.portfolio_id], flow)
    return found


def _fill(told: Told, flow: Flow) -> None:
    base, quote = flow.base["address"].lower(), flow.quote["address"].lower()
    for fill in flow.fills:
        bought = flow.side == "acquire"
        got, paid = (
            (fill.amount_out, fill.amount_in) if bought else (fill.amount_in, fill.amount_out)
        )
        sign = 1 if bought else -1
        quantity = sign * Decimal(got).scaleb(-flow.base["decimals"])
        held, fills = told.positions.get((base, quote), (Decimal(0), 0))
        told.positions[base, quote] = held + quantity, fills + 1
        _move(told, base, quantity)
        _move(told, quote, -sign * Decimal(paid).scaleb(-flow.quote["decimals"]))


def _move(told: Told, address: str, amount: Decimal) -> None:
    total = told.balances.pop(address, Decimal(0)) + amount
    if total:
        told.balances[address] = total
