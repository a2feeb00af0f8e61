"""Loses brokers under load and judges what is left, as the fault drills do with one broker."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from tests.chaos.evidence import Evidence, settled
from tests.chaos.faults.fault import Fault
from tests.chaos.harness import open_harness
from tests.chaos.inspection import LOST, Finding, explained_conflicts
from tests.chaos.recovery import ENDS
from tests.chaos.rehearsal import SETTLE_SECONDS, WARM_UP_SECONDS, judge
from tests.chaos.report import Report
from tests.chaos.run import Injection, inject_all
from tests.cluster.brokers import BROKERS, ClusterServers
from tests.cluster.follower import Follower
from tradewind.operations.access.postgres_logins import render_logins
from tradewind.operations.cli.provision import provision_servers
from tradewind.settings import StreamSettings

EVENTS_MAX_BYTES: Final = 256 * 1024**2


def provision(servers: ClusterServers) -> None:
    """Make schema, logins and streams as the job of a deployment does, on every broker."""
    settings = StreamSettings(stream_replicas=len(BROKERS), events_max_bytes=EVENTS_MAX_BYTES)
    logins = render_logins(servers.credentials)
    provision_servers(servers.postgres_dsn, servers.nats_url, logins, settings)


async def rehearse_cluster(
    servers: ClusterServers,
    directory: Path,
    faults: Sequence[Fault],
    *,
    seed: int,
    per_second: float,
    command: str = "",
    say: Callable[[Injection], None] = lambda _: None,
    stopped: asyncio.Event | None = None,
) -> Report:
    """Inject faults under load into a platform on provisioned brokers; return what came of it."""
    follower = Follower()
    async with open_harness(servers, directory) as harness:
        url = harness.processes["gateway"].service.url
        async with follower.following(url):
            async with harness.load.running(per_second):
                await asyncio.sleep(WARM_UP_SECONDS)
                injections = await inject_all(
                    harness, faults, seed, say, stopped or asyncio.Event()
                )
            await settled(harness, ENDS, SETTLE_SECONDS)
            found, evidence = await judge(harness)
            found += [
                Finding(LOST, f"a follower of the stream: {text}")
                for text in await follower.problems(_events(evidence))
            ]
        return Report(
            command,
            injections,
            found,
            harness.sent.counts(),
            harness.takeovers,
            explained_conflicts(harness.sent, evidence),
        )


def _events(evidence: Evidence) -> list[str]:
    """Return the ids of the events of every intent."""
    return [
        row["event_id"]
        for name, rows in evidence.histories.items()
        if name.startswith("intent-")
        for row in rows
    ]
