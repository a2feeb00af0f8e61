"""The checker of the book finds each violation in the made-up history of a sound portfolio."""

import hashlib
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.chaos import book_inspection, command_inspection
from tests.chaos.book_evidence import BookEvidence
from tests.chaos.book_inspection import BOOK, CLAIM, DECIDED_TWICE, LIMIT, book_problems
from tests.chaos.command_inspection import AGAINST_A_COMMAND, CAPITAL, WALLET, command_problems
from tests.chaos.flows import fold_flows
from tests.chaos.sent import Cancellation, Capital, Commands, Halt
from tests.chaos.told_inspection import TOLD, told_problems
from tests.support.requests import USDC, WETH
from tests.support.settlement.chain_record import Balances

DAY = date(2026, 11, 28)
PORTFOLIO = "fund"
PRICE_UNITS = 2_000 * 10**6
ETHER = 10**18
HASH = "0x" + "a" * 64
CAPITAL_UNITS = 10_000 * 10**6
type Row = dict[str, Any]


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


class World:
    """A portfolio of which every row and event can be damaged."""

    def __init__(self) -> None:
        """Begin with two intents that buy one WETH each, one after the other, and one refused."""
        self.commands = Commands(
            capital=[Capital(PORTFOLIO, USDC["address"], CAPITAL_UNITS)],
            halts=[Halt("everything", 1, 2)],
            cancellations=[Cancellation("C", 2)],
        )
        self.quarantine: list[Row] = []
        self.evidence = BookEvidence(balances=Balances(1, 1, 7, {WETH["address"].lower(): 5}))
        self.event("funding-1", "portfolio.funded", {"portfolioId": PORTFOLIO} | GIVEN)
        self.bought("A", version=0, used_before=0)
        self.bought("B", version=4, used_before=1)
        self.rejected("C", version=8, used_before=2)
        self.told(2)
        self.evidence.portfolios[PORTFOLIO] = {
            "portfolio_id": PORTFOLIO,
            "day": DAY,
            "day_notional_usd": Decimal(4_000),
            "changed_seq": 20,
            "told_seq": 20,
        }
        self.evidence.signed = {"plan-A": 1, HASH: 1, "plan-B": 3}
        self.evidence.wallets = [wallet_row("", 7), wallet_row(WETH["address"], 5)]

    def event(self, correlation_id: str, topic: str, payload: Row) -> None:
        number = len(self.evidence.events) + 1
        self.evidence.events.append(
            {
                "correlation_id": correlation_id,
                "sequence": number,
                "global_seq": number,
                "topic": topic,
                "portfolio": PORTFOLIO,
                "instrument": "ethereum-WETH-USDC",
                "producer": "portfolio",
                "event_id": f"event-{number}",
                "body_sha256": digest(f"{correlation_id} {topic}"),
                "payload": payload,
            }
        )

    def decided(self, name: str, topic: str, version: int, used_before: int) -> None:
        intent = {
            "strategy_id": f"strategy-{name}",
            "intent_type": "acquire",
            "amount": "1",
            "assets": [WETH, USDC],
        }
        screened = {"intentId": name, "intent": intent, "notionalUsd": "2000"}
        screened["maxAmountIn"] = str(PRICE_UNITS + 10**6)
        self.event(f"intent-{name}", "risk.screened", screened)
        book = {
            "version": version,
            "as_of": len(self.evidence.events) - 1,
            "day": str(DAY),
            "open_intents": 0,
            "day_notional_usd": str(2_000 * used_before),
            "funded": True,
        }
        limits = {"max_open_intents": 1, "daily_budget_usd": "4000"}
        inputs = {"book": book, "limits": limits}
        self.event(f"intent-{name}", topic, {"inputs": inputs})

    def bought(self, name: str, *, version: int, used_before: int) -> None:
        self.decided(name, "risk.approved", version, used_before)
        intent = f"intent-{name}"
        self.event(intent, "plan.created", {"planId": f"plan-{name}"})
        if name == "A":
            self.event(intent, "exec.step_submitted", {"txHash": HASH})
        fill = {"amountIn": str(PRICE_UNITS), "amountOut": str(ETHER)}
        self.event(intent, "exec.step_filled", fill)
        self.event(intent, "exec.completed", {})
        self.row(name, "used", "risk.approved", is_approval=True)

    def rejected(self, name: str, *, version: int, used_before: int) -> None:
        self.decided(name, "risk.rejected", version, used_before)
        self.row(name, "rejected", "risk.rejected", is_approval=False)

    def row(self, name: str, status: str, topic: str, *, is_approval: bool) -> None:
        self.evidence.allocations[name] = {
            "intent_id": name,
            "portfolio_id": PORTFOLIO,
            "status": status,
            "is_approval": is_approval,
            "day": DAY,
            "notional_usd": Decimal(2_000),
            "budget_usd": Decimal(2_000 if is_approval else 0),
            "claim_amount": Decimal(PRICE_UNITS + 10**6),
            "used_amount": Decimal(PRICE_UNITS if is_approval else 0),
            "received_amount": Decimal(ETHER if is_approval else 0),
            "released_amount": Decimal(10**6) if is_approval else None,
            "decision": f"intent-{name} {topic}\nanother line".encode(),
        }

    def told(self, fills: int) -> None:
        position = {"base": WETH["address"], "quote": USDC["address"]}
        position |= {"quantity": str(fills), "fills": fills}
        balances = [
            {"address": WETH["address"], "amount": str(fills)},
            {"address": USDC["address"], "amount": str(10_000 - 2_000 * fills)},
            {"address": "0x" + "0" * 40, "amount": "-0.1"},
        ]
        payload = {
            "portfolioId": PORTFOLIO,
            "epoch": 1,
            "positions": [position],
            "balances": balances,
            "figures": {"reserved": "0"},
        }
        self.event("portfolio-fund-1", "portfolio.opened", payload)

    def of(self, topic: str, place: int = 0) -> Row:
        """Return one of the events of a topic."""
        return [row for row in self.evidence.events if row["topic"] == topic][place]

    def inputs(self, topic: str, place: int = 0) -> Row:
        found: Row = self.of(topic, place)["payload"]["inputs"]
        return found

    def move(self, topic: str, place: int, to: float) -> None:
        """Have an event stand elsewhere in the ledger."""
        self.of(topic, place)["global_seq"] = to
        self.evidence.events.sort(key=lambda row: row["global_seq"])

    def problems(self) -> list[tuple[str, str]]:
        flows = fold_flows(self.evidence.events)
        return [
            *book_problems(self.evidence, flows, self.quarantine),
            *told_problems(self.evidence, flows),
            *command_problems(self.commands, self.evidence, flows),
        ]


GIVEN = {"token": USDC, "amount": "10000", "direction": "in"}


def wallet_row(token: str, amount: int) -> Row:
    balances = {"ledger": str(amount), "chain": str(amount)}
    return {"address": "0xw", "halted_reason": None, "token": token, "currency": "X"} | balances


def test_a_sound_portfolio_has_nothing_wrong() -> None:
    assert World().problems() == []


def approve_both_at_once(world: World) -> None:
    """Have the second be approved before the first has ended, each on a book of its own."""
    world.move("exec.completed", 0, 10.5)
    world.inputs("risk.approved", 1)["book"]["open_intents"] = 1
    for place in (0, 1):
        world.inputs("risk.approved", place)["limits"]["max_open_intents"] = 1


def lower_budget(world: World) -> None:
    for place in (0, 1):
        world.inputs("risk.approved", place)["limits"]["daily_budget_usd"] = "3999"


def spend_more_than_there_is(world: World) -> None:
    world.of("portfolio.funded")["payload"]["amount"] = "3999"
    world.commands.capital = [Capital(PORTFOLIO, USDC["address"], 3_999 * 10**6)]


def set_aside(world: World, **changes: Any) -> None:
    event = {"producer": "portfolio", "correlationId": "intent-A", "topic": "risk.rejected"}
    world.quarantine.append({"reason": "CONFLICT", "body": json.dumps(event | changes).encode()})


def execute_within(world: World, halt: Halt) -> None:
    world.commands.halts.append(halt)
    world.evidence.signed[HASH] = halt.last_look


def allocation(world: World, name: str = "A") -> Row:
    return world.evidence.allocations[name]


DAMAGES: dict[str, tuple[str, Callable[[World], object]]] = {
    "more intents are open than may be": (LIMIT, approve_both_at_once),
    "a day's budget is exceeded": (LIMIT, lower_budget),
    "more is spent than there is": (LIMIT, spend_more_than_there_is),
    "an approval exceeds the limit on its own book": (
        LIMIT,
        lambda w: w.inputs("risk.approved", 1)["limits"].update(max_open_intents=0),
    ),
    "a claim never ended": (CLAIM, lambda w: allocation(w).update(status="claimed")),
    "a claim ended otherwise than its intent": (
        CLAIM,
        lambda w: allocation(w).update(status="expired"),
    ),
    "a claim used more than was paid": (CLAIM, lambda w: allocation(w).update(used_amount=1)),
    "a claim released too much": (CLAIM, lambda w: allocation(w).update(released_amount=1)),
    "the book does not know a decision": (CLAIM, lambda w: w.evidence.allocations.pop("A")),
    "the ledger does not know a decision": (
        CLAIM,
        lambda w: w.evidence.allocations.update(D=allocation(w) | {"intent_id": "D"}),
    ),
    "a rejected intent is an approval in the book": (
        CLAIM,
        lambda w: allocation(w, "C").update(is_approval=True),
    ),
    "the ledger has other bytes than the book": (
        DECIDED_TWICE,
        lambda w: allocation(w).update(decision=b"other bytes\n"),
    ),
    "a second decision was set aside": (DECIDED_TWICE, set_aside),
    "a decision was made on too few open intents": (
        BOOK,
        lambda w: w.move("exec.completed", 0, 10.5),
    ),
    "a decision was made on a claim that leaked": (
        BOOK,
        lambda w: w.inputs("risk.rejected")["book"].update(open_intents=1),
    ),
    "a decision was made on another budget": (
        BOOK,
        lambda w: w.inputs("risk.rejected")["book"].update(day_notional_usd="1"),
    ),
    "the day's budget is not the sum of its rows": (
        BOOK,
        lambda w: w.evidence.portfolios[PORTFOLIO].update(day_notional_usd=Decimal(1)),
    ),
    "something was never told": (
        BOOK,
        lambda w: w.evidence.portfolios[PORTFOLIO].update(told_seq=19),
    ),
    "the outbox is not empty": (BOOK, lambda w: setattr(w.evidence, "outbox", 1)),
    "two fills contradict each other": (BOOK, lambda w: setattr(w.evidence, "conflicts", 1)),
    "the ledger is not settled": (BOOK, lambda w: setattr(w.evidence, "unsettled", 1)),
    "a position is told otherwise": (
        TOLD,
        lambda w: w.of("portfolio.opened")["payload"]["positions"][0].update(quantity="3"),
    ),
    "a fill is told twice": (
        TOLD,
        lambda w: w.of("portfolio.opened")["payload"]["positions"][0].update(fills=3),
    ),
    "a balance is told otherwise": (
        TOLD,
        lambda w: w.of("portfolio.opened")["payload"]["balances"][1].update(amount="1"),
    ),
    "nothing is told": (TOLD, lambda w: w.evidence.events.remove(w.of("portfolio.opened"))),
    "something is still told as reserved": (
        TOLD,
        lambda w: w.of("portfolio.opened")["payload"]["figures"].update(reserved="1"),
    ),
    "a portfolio is told to have what it never bought": (
        TOLD,
        lambda w: w.of("portfolio.opened")["payload"].update(portfolioId="other"),
    ),
    "a plan was signed while everything was halted": (
        AGAINST_A_COMMAND,
        lambda w: w.evidence.signed.update({"plan-A": 2}),
    ),
    "an order was executed while its venue was halted": (
        AGAINST_A_COMMAND,
        lambda w: execute_within(w, Halt("venue:simulated", 3, 4)),
    ),
    "a plan was signed after its intent was cancelled": (
        AGAINST_A_COMMAND,
        lambda w: w.commands.cancellations.append(Cancellation("B", 2)),
    ),
    "capital was booked twice": (
        CAPITAL,
        lambda w: w.event("funding-2", "portfolio.funded", {"portfolioId": PORTFOLIO} | GIVEN),
    ),
    "capital was lost": (CAPITAL, lambda w: w.commands.capital.append(w.commands.capital[0])),
    "the chain has less than the books": (
        WALLET,
        lambda w: w.evidence.wallets[1].update(ledger="6"),
    ),
    "the treasury sees another balance": (
        WALLET,
        lambda w: w.evidence.wallets[0].update(chain="6"),
    ),
    "a wallet has no books": (WALLET, lambda w: w.evidence.wallets[0].update(token=None)),
    "the wallet is frozen": (WALLET, lambda w: w.evidence.wallets[0].update(halted_reason="drift")),
    "something was booked that nobody moved": (
        WALLET,
        lambda w: w.evidence.bookings.append({"token": "", "amount": "1", "cause": "DEPOSIT"}),
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_seen(name: str) -> None:
    kind, damage = DAMAGES[name]
    world = World()
    damage(world)

    assert kind in {found for found, _ in world.problems()}


@pytest.mark.parametrize(
    "scope",
    ["portfolio:other", "strategy:strategy-A", "instrument:ethereum-LINK-USDC", "venue:simulated"],
)
def test_a_halt_of_something_else_forbids_nothing(scope: str) -> None:
    world = World()
    world.commands.halts = [Halt(scope, 2, 3)]

    assert world.problems() == []


@pytest.mark.parametrize(
    "scope",
    [
        *("everything", "portfolio:fund", "account:fund", "account:strategy-B"),
        *("strategy:strategy-B", "instrument:ethereum-WETH-USDC", "venue:uniswap_v3"),
    ],
)
def test_a_halt_concerns_what_is_in_its_scope(scope: str) -> None:
    world = World()
    world.commands.halts = [Halt(scope, 2, 3)]

    assert [kind for kind, _ in world.problems()] == [AGAINST_A_COMMAND]


def test_the_limit_counts_that_the_last_of_open_intents_was_decided_by() -> None:
    """Given a limit that was raised between two approvals, then both may be open."""
    world = World()
    approve_both_at_once(world)
    world.inputs("risk.approved", 1)["limits"]["max_open_intents"] = 2

    assert world.problems() == []


def test_what_a_lost_claim_said_is_set_aside() -> None:
    """Given a restored database, then another decision counts, and the first was fenced."""
    world = World()
    set_aside(world)
    world.quarantine[-1]["reason"] = "FENCED"
    assert [kind for kind, _ in world.problems()] == [DECIDED_TWICE]
    world.evidence.restores = 1
    assert world.problems() == []


def test_after_a_restore_the_loosest_limit_counts() -> None:
    """Given versions that are counted twice, then no decision is taken for the last one."""
    world = World()
    world.evidence.restores = 1
    world.inputs("risk.approved", 1)["book"]["version"] = 0
    assert world.problems() == []
    approve_both_at_once(world)
    assert [kind for kind, _ in world.problems()] == [LIMIT]
    world.inputs("risk.approved", 0)["limits"]["max_open_intents"] = 2
    assert world.problems() == []


def test_every_kind_of_finding_is_tried() -> None:
    kinds = {*book_inspection.KINDS, TOLD, *command_inspection.KINDS}
    assert {kind for kind, _ in DAMAGES.values()} == kinds
