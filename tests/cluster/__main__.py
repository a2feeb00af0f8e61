"""`python -m tests.cluster`: the whole platform on three brokers, and each lost under load."""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.chaos.__main__ import FOREIGN, Progress
from tests.cluster.brokers import start_cluster
from tests.cluster.faults import FAULTS
from tests.cluster.rehearsal import provision, rehearse_cluster

MAX_MINUTES: Final = 15.0


def main() -> int:
    """Return 0 when nothing was violated, 1 otherwise."""
    options = _parse()
    for name in [name for name in os.environ if name.startswith(FOREIGN)]:
        del os.environ[name]
    faults = [fault for fault in FAULTS if options.only in fault.name] * options.rounds
    if not faults:
        raise SystemExit(f"no fault has {options.only!r} in its name: {[f.name for f in FAULTS]}")
    command = f"make cluster-test ARGS='--seed {options.seed} --rate {options.rate:g}'"
    directory = Path(tempfile.mkdtemp(prefix="tradewind-cluster-"))
    # The user of the database must be able to enter the directory.
    directory.chmod(0o755)
    began = time.monotonic()
    with start_cluster(directory) as servers:
        provision(servers)
        print(f"three brokers are up, {len(faults)} faults follow", flush=True)
        report = asyncio.run(
            asyncio.wait_for(
                rehearse_cluster(
                    servers,
                    directory,
                    faults,
                    seed=options.seed,
                    per_second=options.rate,
                    command=command,
                    say=Progress(len(faults)),
                ),
                options.minutes * 60,
            )
        )
    print(f"\n{report}\n{time.monotonic() - began:.0f} s")
    if report.problems:
        print(f"logs and data: {directory}")
        return 1
    shutil.rmtree(directory)
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1, help="every fault so many times (1)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=8.0, help="intents per second (8)")
    parser.add_argument("--only", default="", help="faults with this in their name")
    parser.add_argument("--minutes", type=float, default=MAX_MINUTES, help="it ends then (15)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
