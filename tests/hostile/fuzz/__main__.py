"""`python -m tests.hostile.fuzz`: many requests and frames for a gateway on servers of its own."""

import argparse
import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conftest import emptied_broker, emptied_redis
from tests.hostile.conftest import complaints, environment_of, started
from tests.hostile.flood import AttackedGateway, watched
from tests.hostile.fuzz.runner import fuzz
from tradewind.ledger import migrations
from tradewind.operations.embedded.servers import start_servers

SHOWN_FAILURES = 20
HEALTH_SECONDS = 30
"""More than in the tests: a long run meets whatever else the machine does."""


def main() -> int:
    """Return 0 when everything held."""
    parser = argparse.ArgumentParser(prog="make fuzz-gateway", description=__doc__)
    parser.add_argument("--count", type=int, default=50_000, help="requests and frames to send")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other bytes")
    options = parser.parse_args()
    with TemporaryDirectory() as directory, start_servers(Path(directory)) as servers:
        migrations.upgrade(servers.postgres_dsn)
        emptied_broker(servers)
        emptied_redis(servers)
        environment = environment_of(servers, servers.postgres_dsn, {})
        with started(environment, Path(directory) / "gateway.log") as gateway:
            failed = asyncio.run(_fuzz(gateway, options.seed, options.count))
            complained = complaints(gateway.log)
            print(*complained[:SHOWN_FAILURES], sep="\n")
            return failed or bool(complained)


async def _fuzz(gateway: AttackedGateway, seed: int, count: int) -> int:
    before = gateway.rss_bytes(), gateway.descriptors()
    async with watched(gateway, HEALTH_SECONDS) as watch:
        findings = await fuzz(gateway, seed, count)
    await asyncio.sleep(1)
    after = gateway.rss_bytes(), gateway.descriptors()
    for failure in findings.failures[:SHOWN_FAILURES]:
        print(failure)
    print(
        f"seed {seed}: {findings.sent} sent, {findings.answered} answered,"
        f" {len(findings.failures)} failures; /health p99 {watch.p99() * 1_000:.0f} ms,"
        f" max {max(watch.seconds) * 1_000:.0f} ms; RSS {before[0] >> 20} -> {after[0] >> 20} MiB,"
        f" descriptors {before[1]} -> {after[1]}"
    )
    return 1 if findings.failures else 0


if __name__ == "__main__":
    sys.exit(main())
