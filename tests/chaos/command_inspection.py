"""Checks what people were promised: halts, cancellations, capital, and the books of wallets."""

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from tests.chaos.book_evidence import BookEvidence, unlike_the_chain
from tests.chaos.flows import Flow
from tests.chaos.sent import Capital, Commands, Halt

AGAINST_A_COMMAND: Final = "signed against a command"
CAPITAL: Final = "capital unlike what was given"
WALLET: Final = "wallet unlike the chain"
KINDS: Final = (AGAINST_A_COMMAND, CAPITAL, WALLET)
CHAIN_VENUE: Final = "venue:uniswap_v3"
PAPER_VENUE: Final = "venue:simulated"

type Problem = tuple[str, str]
type Flows = Mapping[str, Flow]


def command_problems(commands: Commands, evidence: BookEvidence, flows: Flows) -> Iterator[Problem]:
    """Return every violation of what was promised."""
    signed_by = {name: flow for flow in flows.values() for name in flow.signs}
    for halt in commands.halts:
        yield from _halt(halt, evidence, signed_by)
    for one in commands.cancellations:
        flow = flows.get(f"intent-{one.intent_id}")
        for name in () if flow is None else flow.signs:
            if evidence.signed.get(name, 0) > one.look:
                yield AGAINST_A_COMMAND, f"{one.intent_id}: {name} after it was cancelled"
    yield from _capital(commands, evidence)
    yield from _wallet(evidence)


def _halt(halt: Halt, evidence: BookEvidence, signed_by: Flows) -> Iterator[Problem]:
    for name, look in evidence.signed.items():
        flow = signed_by.get(name)
        is_within = halt.first_look < look <= halt.last_look
        if is_within and flow is not None and _concerns(halt.scope, name, flow):
            yield AGAINST_A_COMMAND, f"{flow.intent_id}: {name} while {halt.scope} was halted"


def _concerns(scope: str, name: str, flow: Flow) -> bool:
    kind, _, value = scope.partition(":")
    match kind:
        case "everything":
            return True
        case "portfolio":
            return flow.portfolio_id == value
        case "account":
            return value in (flow.portfolio_id, flow.strategy_id)
        case "strategy":
            return flow.strategy_id == value
        case "instrument":
            return flow.instrument == value
        case "venue":
            # Orders of the simulated venue are noted by their hash, those of a chain by their plan.
            return scope == (PAPER_VENUE if name.startswith("0x") else CHAIN_VENUE)
    raise ValueError(f"no scope: {scope}")


def _capital(commands: Commands, evidence: BookEvidence) -> Iterator[Problem]:
    recorded = Counter(
        Capital(
            payload["portfolioId"],
            payload["token"]["address"],
            int(Decimal(payload["amount"]).scaleb(payload["token"]["decimals"])),
        )
        for payload in (
            row["payload"] for row in evidence.events if row["topic"] == "portfolio.funded"
        )
    )
    if recorded != Counter(commands.capital):
        yield CAPITAL, f"given {Counter(commands.capital)}, recorded {recorded}"


def _wallet(evidence: BookEvidence) -> Iterator[Problem]:
    """Check that books and chain agree to the wei, and that nothing froze the wallet."""
    for text in unlike_the_chain(evidence):
        yield WALLET, text
    reasons = {row["halted_reason"] for row in evidence.wallets} - {None}
    for reason in sorted(reasons):
        yield WALLET, f"the wallet is halted: {reason}"
    for row in evidence.bookings:
        yield WALLET, f"{row['amount']} of {row['token'] or 'ether'} were booked as {row['cause']}"
