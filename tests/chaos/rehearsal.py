"""A whole rehearsal: starts a platform, loads it, injects faults, waits for its end, and checks."""

import asyncio
import math
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from tests.chaos.book_evidence import book_settled, collect_book
from tests.chaos.book_inspection import book_problems
from tests.chaos.command_inspection import command_problems
from tests.chaos.evidence import Evidence, collect, read_documents, settled
from tests.chaos.faults.fault import Fault
from tests.chaos.flows import fold_flows
from tests.chaos.harness import PlatformHarness, open_harness
from tests.chaos.inspection import (
    ERRORS,
    Finding,
    explained_conflicts,
    findings,
    read_model_findings,
    with_known_causes,
)
from tests.chaos.patience import Patience
from tests.chaos.recovery import ENDS
from tests.chaos.report import Report
from tests.chaos.run import Injection, inject_all
from tests.chaos.told_inspection import told_problems
from tests.chaos.verification import verified
from tradewind.operations.embedded.devchain.dev_chain import DevChain
from tradewind.operations.embedded.servers import Servers
from tradewind.readmodels.documents.keys import MARK_KEY
from tradewind.readmodels.documents.store import parse_mark

WARM_UP_SECONDS: Final = 2.0
SETTLE_SECONDS: Final = 180.0
STILL_SECONDS: Final = 60.0
"""How long read models may stay as they are and differ. No page of a projection takes that long."""
PROJECTED_PER_SECOND: Final = 50
"""After a flush the whole history is projected anew, and recording comes first. On two processors
with nothing else to do it is 1,500 events a second; slower than this is stuck by another name."""
POLL_SECONDS: Final = 1.0
BOOK_SECONDS: Final = 180.0


async def rehearse(
    servers: Servers,
    directory: Path,
    faults: Sequence[Fault],
    *,
    seed: int,
    per_second: float,
    chain: DevChain | None = None,
    command: str = "",
    say: Callable[[Injection], None] = lambda _: None,
    stopped: asyncio.Event | None = None,
    max_takeover_seconds: float = math.inf,
    redecided: timedelta | None = None,
) -> Report:
    """Inject faults under load into a platform of its own and return what came of it.

    Once `stopped` is set no other fault follows, and what was done is checked. Decisions are made
    again of the last `redecided` of the load, or of all of it.
    """
    stopped = stopped or asyncio.Event()
    async with open_harness(servers, directory, chain) as harness:
        harness.max_takeover_seconds = max_takeover_seconds
        await harness.desk.open()
        started_at = datetime.now(UTC)
        async with harness.load.running(per_second), harness.desk.working(seed):
            await asyncio.sleep(WARM_UP_SECONDS)
            injections = await inject_all(harness, faults, seed, say, stopped)
        since = started_at if redecided is None else datetime.now(UTC) - redecided
        await settled(harness, ENDS, SETTLE_SECONDS)
        found, evidence = await judge(harness)
        found += await judge_claims(harness, evidence)
        found += [Finding(*one) for one in await verified(harness, since)]
        return Report(
            command,
            injections,
            found,
            harness.sent.counts(),
            harness.takeovers,
            explained_conflicts(harness.sent, evidence),
            None if chain is None else sum(bool(one.swaps) for one in evidence.mined),
            harness.sent.commands.counts,
        )


async def judge(harness: PlatformHarness) -> tuple[list[Finding], Evidence]:
    """Read everything once; give read models the time to follow, while they do."""
    evidence = await collect(harness)
    clock = asyncio.get_running_loop().time
    most_seconds = STILL_SECONDS + evidence.last_global_seq / PROJECTED_PER_SECOND
    patience, fewest = Patience(clock(), STILL_SECONDS, most_seconds), sys.maxsize
    while wrong := read_model_findings(evidence):
        mark = parse_mark(await harness.cache.get(MARK_KEY))
        # observations of pools keep coming: behind what is judged, the mark is no progress
        reached = min(mark.version if mark else 0, evidence.last_global_seq)
        fewest = min(fewest, len(wrong))
        if not patience.lasts((reached, fewest), clock()):
            break
        await asyncio.sleep(POLL_SECONDS)
        evidence.documents = await read_documents(harness)
    return findings(harness.sent, evidence), evidence


async def judge_claims(harness: PlatformHarness, evidence: Evidence) -> list[Finding]:
    """Return what is wrong with claims, portfolios, and what was promised to people."""
    await book_settled(harness, BOOK_SECONDS)
    book = await collect_book(harness)
    flows = fold_flows(book.events)
    commands = harness.sent.commands
    quarantine = with_known_causes(harness.sent, evidence)
    problems = [
        *book_problems(book, flows, quarantine),
        *told_problems(book, flows),
        *command_problems(commands, book, flows),
    ]
    errors = [Finding(ERRORS, text) for text in commands.errors]
    return [*errors, *(Finding(*one) for one in problems)]
