"""Kill -9 at every step of the journal: one mined transaction per order, no event missing."""

import ast
import asyncio
import os
from collections import deque
from collections.abc import Sequence
from typing import Final

import pytest

from actors.coordinator import pipeline
from actors.venues.uniswap_v3 import transaction_manager, venue
from tests.integration.chainfaults.blocks import stalls
from tests.integration.chainfaults.conftest import StartDrill
from tests.integration.chainfaults.drill import Drill, until
from tests.test_tidy import python_files
from tradewind.ledger.append import writer
from tradewind.readmodels.rebuild import comparison_pass
from tradewind.trading.wallet import transaction_journal

EVERYWHERE: Final = (*transaction_journal.FAILPOINTS, venue.SIGNED, *transaction_manager.FAILPOINTS)
NOT_EVERY_TIME: Final = {
    # Only a replacement gets there: see test_stuck.py.
    "automine": {transaction_journal.GENERATION_ADDED, transaction_journal.MINED},
    "interval": {transaction_journal.GENERATION_ADDED},
}
"""With one confirmation a transaction is settled as soon as it is seen, and never just mined."""
ROUNDS: Final = int(os.environ.get("CHAIN_DRILL_ROUNDS", "1"))
"""How often each failpoint kills; raise it for a longer run."""
VICTIMS: Final = ("first", "second")
SURVIVOR: Final = "third"
ORDERS: Final = 3
MAX_STALL_BLOCKS: Final = 6
MAX_ORDERS_PER_KILL: Final = 40
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
    assert failpoints_in_the_code() == set(EVERYWHERE) | of_the_ledger


async def kill_everywhere(drill: Drill, failpoints: Sequence[str]) -> None:
    """Have each failpoint kill a victim that comes by; always start another in its place."""
    waiting = deque(failpoints)
    drill.launch(SURVIVOR)
    for name in VICTIMS:
        drill.launch(name, failpoints=f"{waiting.popleft()}=kill")
    await drill.start_is_over()
    deaths = 0
    for _ in range(MAX_ORDERS_PER_KILL * len(failpoints)):
        await drill.place(1)
        await asyncio.sleep(PAUSE_SECONDS)
        for name in drill.dead():
            deaths += 1
            drill.launch(name, failpoints=f"{waiting.popleft()}=kill" if waiting else "")
        if deaths == len(failpoints):
            return
    raise TimeoutError(f"{deaths} of {len(failpoints)} were killed; {list(waiting)} were not tried")


@pytest.mark.parametrize(("mode", "confirmations"), [("automine", 1), ("interval", 2)])
async def test_one_transaction_per_order_wherever_a_process_is_killed(
    mode: str, confirmations: int, start_drill: StartDrill
) -> None:
    at_once = mode == "automine"
    async with start_drill(interval_seconds=INTERVAL_SECONDS, at_once=at_once) as drill:
        drill.environment["TRADEWIND_CONFIRMATIONS"] = str(confirmations)
        failpoints = [name for name in EVERYWHERE if name not in NOT_EVERY_TIME[mode]]
        await kill_everywhere(drill, failpoints * ROUNDS)
        await drill.start_is_over()
        await drill.ended()
        assert await drill.has_completed()
        waited = stalls((await drill.evidence()).journal, drill.blocks)
        assert max(waited.values()) <= MAX_STALL_BLOCKS, waited

        await drill.place(ORDERS)
        await until(lambda: drill.has_slots(1, "settled_at IS NULL"), "something is open")
        drill.kill(*VICTIMS, SURVIVOR)
        await drill.start(*VICTIMS, SURVIVOR)
        await drill.ended()
        assert await drill.has_completed()
