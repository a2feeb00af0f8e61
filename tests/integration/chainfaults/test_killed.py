"""Kill -9 at every failpoint of the journal: one mined transaction per order, no lost event."""

import ast
import asyncio
import itertools
import os
import time
from collections import deque
from collections.abc import Sequence
from typing import Final

import pytest

from actors.backtester import running
from actors.coordinator import pipeline
from actors.portfolio.settlement import BEFORE_PUBLISH
from actors.venues.uniswap_v3 import broadcaster, venue
from tests.integration.chainfaults.blocks import NEVER
from tests.integration.chainfaults.conftest import StartHarness
from tests.integration.chainfaults.harness import WalletHarness
from tests.integration.evaluator.test_killed import PLACES as OF_THE_EVALUATOR
from tests.support.waiting import PATIENCE_SECONDS, wait_until
from tests.test_tidy import python_files
from tradewind.ledger.append import writer
from tradewind.readmodels.rebuild import comparison_pass
from tradewind.runtime import execution
from tradewind.timeline import historian
from tradewind.trading.accounting import settle
from tradewind.trading.book import claims, settlement, waits
from tradewind.trading.halts import changes
from tradewind.trading.treasury import books
from tradewind.trading.wallet import followed_events, transaction_journal, watch_journal

EVERYWHERE: Final = (
    *transaction_journal.FAILPOINTS,
    *watch_journal.FAILPOINTS,
    *followed_events.FAILPOINTS,
    venue.SIGNED,
    *broadcaster.FAILPOINTS,
)
NOT_EVERY_TIME: Final = {
    # Only a replacement or a cancellation reaches these, see test_stuck.py and test_cancelled.py.
    "automine": {
        transaction_journal.ATTEMPT_ADDED,
        transaction_journal.CANCEL_REQUESTED,
        watch_journal.MINED,
    },
    "interval": {transaction_journal.ATTEMPT_ADDED, transaction_journal.CANCEL_REQUESTED},
}
"""With one confirmation a transaction settles when it is first seen, and is never only mined."""
ROUNDS: Final = int(os.environ.get("CHAIN_DRILL_ROUNDS", "1"))
"""How often each failpoint kills; raise it for a longer run."""
VICTIMS: Final = ("first", "second")
SURVIVOR: Final = "third"
ORDERS: Final = 3
MAX_ORDERS_PER_KILL: Final = 40
ORDERS_PER_WATCH: Final = 15
PAUSE_SECONDS: Final = 0.2
INTERVAL_SECONDS: Final = 0.5


def failpoints_in_the_code() -> set[str]:
    """Return the name each call of `failpoint` gives, a constant of its own module."""
    found = set()
    for path in python_files("actors", "tradewind"):
        tree = ast.parse(path.read_text())
        constants = {
            node.target.id: ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and isinstance(node.value, ast.Constant)
        }
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        found |= {
            constants[call.args[0].id]
            for call in calls
            if isinstance(call.func, ast.Name)
            and call.func.id == "failpoint"
            and isinstance(call.args[0], ast.Name)
        }
    return found


def test_no_failpoint_is_left_out() -> None:
    # drilled in tests/chaos, the last one beside the rebuild it belongs to
    of_the_ledger = {*writer.FAILPOINTS, pipeline.MARKED_DONE, comparison_pass.BETWEEN_PAGES}
    # drilled in tests/integration/actors/test_enricher.py
    of_decisions = set(execution.FAILPOINTS)
    # drilled in tests/integration: in book, accounting and halts, and in devchain/test_treasury
    of_portfolios = {
        *(claims.BEFORE_COMMIT, claims.AFTER_COMMIT),
        *(settlement.BEFORE_COMMIT, settlement.AFTER_COMMIT, BEFORE_PUBLISH),
        *settle.FAILPOINTS,
        *changes.FAILPOINTS,
        *waits.FAILPOINTS,
        *books.FAILPOINTS,
    }
    # drilled in tests/integration/timeline and tests/integration/backtester
    of_readers = {*historian.FAILPOINTS, *running.FAILPOINTS}
    drilled_elsewhere = of_the_ledger | of_decisions | of_portfolios | of_readers
    drilled_elsewhere |= set(OF_THE_EVALUATOR)
    assert failpoints_in_the_code() == set(EVERYWHERE) | drilled_elsewhere


async def kill_everywhere(harness: WalletHarness, failpoints: Sequence[str]) -> None:
    """Have each failpoint kill a victim that comes by; always start another in its place."""
    waiting = deque(failpoints)
    armed = dict.fromkeys((SURVIVOR, *VICTIMS), "")

    def launch(name: str) -> None:
        armed[name] = waiting.popleft() if waiting and name != SURVIVOR else ""
        harness.launch(name, failpoints=f"{armed[name]}=kill" if armed[name] else "")

    for name in armed:
        launch(name)
    await harness.start_is_over()
    deadline = time.monotonic() + PATIENCE_SECONDS
    for number in itertools.count():
        if number >= MAX_ORDERS_PER_KILL * len(failpoints) and time.monotonic() > deadline:
            break
        if number % ORDERS_PER_WATCH == 0:
            # Some failpoints lie on the way of the process that watches: let that be an armed one.
            for name in [name for name, failpoint in armed.items() if not failpoint]:
                harness.kill(name)
                launch(name)
        await harness.place(1)
        await asyncio.sleep(PAUSE_SECONDS)
        for name in harness.dead():
            launch(name)
        if not waiting and not any(armed.values()):
            return
    raise TimeoutError(f"nobody came by {[*filter(None, armed.values()), *waiting]}")


@pytest.mark.parametrize(("mode", "confirmations"), [("automine", 1), ("interval", 2)])
async def test_one_transaction_per_order_wherever_a_process_is_killed(
    mode: str, confirmations: int, start_harness: StartHarness
) -> None:
    at_once = mode == "automine"
    async with start_harness(interval_seconds=INTERVAL_SECONDS, at_once=at_once) as harness:
        harness.environment["TRADEWIND_CONFIRMATIONS"] = str(confirmations)
        harness.redelivered_after_seconds = NEVER
        failpoints = [name for name in EVERYWHERE if name not in NOT_EVERY_TIME[mode]]
        await kill_everywhere(harness, failpoints * ROUNDS)
        await harness.start_is_over()
        await harness.settled_by_the_living()
        await harness.ended()
        assert await harness.has_completed()

        await harness.place(ORDERS)
        await wait_until(
            lambda: harness.journal.has_transactions(1, "settled_at IS NULL"), "something is open"
        )
        harness.kill(*VICTIMS, SURVIVOR)
        await harness.start(*VICTIMS, SURVIVOR)
        await harness.ended()
        assert await harness.has_completed()
