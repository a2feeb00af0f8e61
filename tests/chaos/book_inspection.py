"""Holds the book to the ledger: limits, claims, budgets and what portfolios were told."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from tests.chaos.book_evidence import BookEvidence
from tests.chaos.flows import ENDS, PORTFOLIO, Decision, Flow

LIMIT: Final = "limit exceeded"
CLAIM: Final = "claim unlike its history"
DECIDED_TWICE: Final = "decided twice"
BOOK: Final = "book unlike the ledger"
KINDS: Final = (LIMIT, CLAIM, DECIDED_TWICE, BOOK)

type Problem = tuple[str, str]
type Flows = Mapping[str, Flow]


def book_problems(
    evidence: BookEvidence, flows: Flows, quarantine: Sequence[Mapping[str, Any]]
) -> Iterator[Problem]:
    """Return every violation of the book.

    `quarantine` has what was set aside although its cause is recorded and nobody injected it.
    """
    yield from _open_intents(flows, evidence)
    yield from _budgets(flows, evidence)
    yield from _funds(flows, evidence)
    yield from _claims(flows, evidence)
    yield from _decided_once(quarantine, evidence)
    if not evidence.restores:
        # A restored portfolio counts its versions a second time.
        yield from _recorded_books(flows)
    yield from _unfinished(evidence)


def _by_portfolio(flows: Flows) -> dict[str, list[Flow]]:
    found: dict[str, list[Flow]] = defaultdict(list)
    for flow in flows.values():
        if flow.decision is not None:
            found[flow.portfolio_id].append(flow)
    return found


def _steps(flows: Sequence[Flow]) -> Iterator[tuple[int, Flow, bool]]:
    """Return approvals and ends in the ledger's order, and whether it is an approval."""
    steps = [(_of(flow).global_seq, flow, True) for flow in flows if flow.is_approved]
    steps += [(flow.end_seq, flow, False) for flow in flows if flow.is_approved and flow.end_seq]
    return iter(sorted(steps, key=lambda step: step[0]))


def _of(flow: Flow) -> Decision:
    assert flow.decision is not None
    return flow.decision


def _loosest(flows: Sequence[Flow], name: str, restores: int) -> Decimal | None:
    """Return the limit that claims which are open together may not exceed; None without one.

    All others were claimed when the last of them was decided, so its limit counts. After a restore
    nobody knows which one that was, and the loosest counts.
    """
    limits = [(_of(flow).version, _of(flow).limits.get(name)) for flow in flows]
    if not restores:
        limits = [max(limits, key=lambda one: one[0])]
    known = [Decimal(limit) for _, limit in limits if limit is not None]
    return max(known) if len(known) == len(limits) else None


def _open_intents(flows: Flows, evidence: BookEvidence) -> Iterator[Problem]:
    """Check at each place of the ledger how many approved intents have no end yet.

    What is open in the ledger was claimed in the book at that moment, whatever came late.
    """
    for name, members in _by_portfolio(flows).items():
        opened: dict[str, Flow] = {}
        for place, flow, begins in _steps(members):
            if not begins:
                opened.pop(flow.intent_id, None)
                continue
            opened[flow.intent_id] = flow
            limit = _loosest(list(opened.values()), "max_open_intents", evidence.restores)
            if limit is not None and len(opened) > limit:
                yield LIMIT, f"{name}: {len(opened)} intents are open at {place}, not {limit}"


def _budgets(flows: Flows, evidence: BookEvidence) -> Iterator[Problem]:
    """Check at each place what a day's purchases took, and at the end the sum that is kept.

    A sale of what is held takes its part of the budget, and is not refused for it.
    """
    for name, members in _by_portfolio(flows).items():
        days: dict[str, dict[str, Flow]] = defaultdict(dict)
        for place, flow, _ in _steps([one for one in members if one.side == "acquire"]):
            row = evidence.allocations.get(flow.intent_id)
            if row is None:
                continue
            of_day = days[str(row["day"])]
            of_day[flow.intent_id] = flow
            limit = _loosest(list(of_day.values()), "daily_budget_usd", evidence.restores)
            used = sum((one.budget_usd(place) for one in of_day.values()), Decimal(0))
            if limit is not None and used > limit:
                yield LIMIT, f"{name}: {used} USD of {limit} are approved at {place}"
    yield from _kept_budgets(evidence)


def _kept_budgets(evidence: BookEvidence) -> Iterator[Problem]:
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in evidence.allocations.values():
        sums[row["portfolio_id"], str(row["day"])] += row["budget_usd"]
    for name, row in evidence.portfolios.items():
        kept, summed = row["day_notional_usd"], sums[name, str(row["day"])]
        if kept != summed:
            yield BOOK, f"{name}: {kept} USD of the day's budget are kept, its rows have {summed}"


def _funds(flows: Flows, evidence: BookEvidence) -> Iterator[Problem]:
    """Check that a portfolio with capital never has less than nothing of a token."""
    for name, members in _by_portfolio(flows).items():
        members = [flow for flow in members if flow.is_approved]
        if not all(_of(flow).is_funded for flow in members):
            continue
        moves = [(*one, 0) for one in _capital(evidence, name)]
        for number, flow in enumerate(members, start=1):
            moves += [(*one, number) for one in _moved(flow)]
        held: dict[str, int] = defaultdict(int)
        for place, token, amount, _ in sorted(moves, key=lambda move: (move[0], -move[2])):
            held[token] += amount
            if held[token] < 0:
                yield LIMIT, f"{name}: has {held[token]} of {token} at {place}"


def _capital(evidence: BookEvidence, name: str) -> Iterator[tuple[int, str, int]]:
    for row in evidence.events:
        payload = row["payload"]
        if row["topic"] != "portfolio.funded" or payload["portfolioId"] != name:
            continue
        token = payload["token"]
        units = int(Decimal(payload["amount"]).scaleb(token["decimals"]))
        sign = 1 if payload["direction"] == "in" else -1
        yield row["global_seq"], token["address"].lower(), sign * units


def _moved(flow: Flow) -> Iterator[tuple[int, str, int]]:
    sold, bought = (flow.quote, flow.base) if flow.side == "acquire" else (flow.base, flow.quote)
    for fill in flow.fills:
        yield fill.global_seq, bought["address"].lower(), fill.amount_out
        yield fill.global_seq, sold["address"].lower(), -fill.amount_in


def _claims(flows: Flows, evidence: BookEvidence) -> Iterator[Problem]:
    """Check that every claim ended as its intent did, with what was really paid."""
    for flow in flows.values():
        row = evidence.allocations.get(flow.intent_id)
        if flow.decision is None:
            continue
        if row is None:
            yield CLAIM, f"{flow.intent_id}: was decided, and the book does not know it"
            continue
        expected = _expected_row(flow)
        wrong = {name: row[name] for name in expected if row[name] != expected[name]}
        if wrong:
            told = {name: expected[name] for name in wrong}
            yield CLAIM, f"{flow.intent_id}: the book has {wrong}, its history says {told}"
    known = {row["correlation_id"] for row in evidence.events}
    for intent_id, row in evidence.allocations.items():
        if row["status"] == "claimed":
            yield CLAIM, f"{intent_id}: is still claimed"
        if f"intent-{intent_id}" not in known:
            yield CLAIM, f"{intent_id}: the book has decided about it, the ledger does not know it"


def _expected_row(flow: Flow) -> dict[str, Any]:
    expected: dict[str, Any] = {
        "portfolio_id": flow.portfolio_id,
        "status": ENDS.get(flow.end, "claimed"),
        "is_approval": flow.is_approved,
    }
    if flow.is_approved:
        expected |= {
            "claim_amount": flow.claim_amount,
            "used_amount": flow.used_amount,
            "received_amount": sum(fill.amount_out for fill in flow.fills),
        }
    if flow.is_approved and flow.end:
        expected["released_amount"] = max(flow.claim_amount - flow.used_amount, 0)
        assert flow.end_seq is not None
        expected["budget_usd"] = flow.budget_usd(flow.end_seq)
    return expected


def _decided_once(
    quarantine: Sequence[Mapping[str, Any]], evidence: BookEvidence
) -> Iterator[Problem]:
    """Check that the portfolio stage never said two things about one intent.

    The ledger sets a second decision aside, and the row of the claim has the bytes of the first.
    """
    bodies = {
        row["correlation_id"]: row["body_sha256"]
        for row in evidence.events
        if row["topic"] in ("risk.approved", "risk.rejected") and row["producer"] == PORTFOLIO
    }
    for intent_id, row in evidence.allocations.items():
        recorded = bodies.get(f"intent-{intent_id}")
        if recorded is None or row["decision"] is None:
            continue
        first, *_ = row["decision"].split(b"\n")
        if hashlib.sha256(first).digest() != recorded:
            yield DECIDED_TWICE, f"{intent_id}: the ledger has another decision than the book"
    for aside in quarantine:
        said = _decision_in(aside["body"])
        # A claim that a restored database lacks is made anew; what the old one said is fenced.
        is_of_the_lost = aside["reason"] == "FENCED" and evidence.restores
        if said is not None and not is_of_the_lost:
            yield DECIDED_TWICE, f"{said['correlationId']}: {said['topic']} was set aside"


def _decision_in(body: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(body)
    except ValueError:
        return None
    if not isinstance(event, dict) or event.get("producer") != PORTFOLIO:
        return None
    of_intent = str(event.get("correlationId")).startswith("intent-")
    return event if of_intent else None


def _recorded_books(flows: Flows) -> Iterator[Problem]:
    """Check the book that each decision says it was made on against the claims before it."""
    for name, members in _by_portfolio(flows).items():
        ordered = sorted(members, key=lambda flow: _of(flow).version)
        for place, flow in enumerate(ordered):
            made = _of(flow)
            if made.version < 0:
                continue
            if made.is_approval:
                yield from (
                    (LIMIT, f"{name}: {flow.intent_id} {one}") for one in _within_limits(flow)
                )
            earlier = [one for one in ordered[:place] if one.is_approved]
            told = f"{name}: {flow.intent_id} was decided with"
            opened = [one for one in earlier if one.is_open_at(made.as_of)]
            if len(opened) != made.open_intents:
                names = [one.intent_id for one in opened]
                yield BOOK, f"{told} {made.open_intents} open intents, there were {names}"
            today = [one for one in earlier if _of(one).day == made.day]
            used = sum((one.budget_usd(made.as_of) for one in today), Decimal(0))
            if used != made.day_notional_usd:
                yield BOOK, f"{told} {made.day_notional_usd} USD of the day approved, not {used}"


def _within_limits(flow: Flow) -> Iterator[str]:
    """Return the limits that an approval exceeds on the book it says it was made on."""
    made = _of(flow)
    most_open, budget = (made.limits.get(name) for name in ("max_open_intents", "daily_budget_usd"))
    if most_open is not None and made.open_intents + 1 > int(most_open):
        yield f"is one more than {most_open} open intents"
    used = made.day_notional_usd + flow.notional_usd
    if budget is not None and flow.side == "acquire" and used > Decimal(budget):
        yield f"makes it {used} USD of {budget} a day"


def _unfinished(evidence: BookEvidence) -> Iterator[Problem]:
    for name in ("outbox", "conflicts", "unsettled"):
        if count := getattr(evidence, name):
            yield BOOK, f"{count} are left in {name}"
    for name, row in evidence.portfolios.items():
        if row["changed_seq"] > row["told_seq"]:
            yield BOOK, f"{name}: what changed at {row['changed_seq']} was never told"
