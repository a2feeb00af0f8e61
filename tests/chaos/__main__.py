"""`python -m tests.chaos`: a few hundred random faults under load, and a verdict."""

import argparse
import asyncio
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random, SystemRandom
from typing import Final

from tests.chaos.chain import can_have_chain, started_chain
from tests.chaos.faults.catalogue import FAULTS, abreast, draw
from tests.chaos.faults.fault import Fault
from tests.chaos.harness import LEASE_SECONDS
from tests.chaos.rehearsal import rehearse
from tests.chaos.report import Report
from tests.chaos.run import Injection
from tradewind.operations.embedded.devchain.dev_chain import DevChain
from tradewind.operations.embedded.servers import Servers, start_servers

FOREIGN: Final = ("TRADEWIND_", "PLATFORM_", "ETH_RPC_URL", "CHAIN_ID")
"""Variables with these prefixes are removed, so that no developer's shell affects a run."""
STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
MAX_SEED: Final = 10**6


def main() -> int:
    """Return 0 when nothing was violated, 1 otherwise."""
    options = _parse()
    for name in [name for name in os.environ if name.startswith(FOREIGN)]:
        del os.environ[name]
    has_chain = can_have_chain(say=print)
    faults = draw(
        Random(options.seed),
        options.faults,
        0 if options.abreast else options.pairs,
        options.only,
        has_chain=has_chain,
    )
    if options.abreast:
        faults = abreast(faults)
    if not faults:
        raise SystemExit(f"no fault has {options.only!r} in its name; there are:\n{_names()}")
    command = f"make chaos ARGS='{_arguments(options)}'"
    print(f"{len(faults)} faults at {options.rate:g} intents/s; again with: {command}", flush=True)
    directory = options.data_dir or Path(tempfile.mkdtemp(prefix="tradewind-chaos-"))
    directory.mkdir(parents=True, exist_ok=True)
    # The user of the database must be able to enter the directory.
    directory.chmod(0o755)
    with ExitStack() as stack:
        servers = stack.enter_context(start_servers(directory))
        chain = stack.enter_context(started_chain(directory)) if has_chain else None
        report = asyncio.run(_rehearse(servers, directory, chain, faults, options, command))
    print(f"\n{report}")
    if report.problems:
        print(f"logs and data: {directory}")
        return 1
    if not options.data_dir:
        shutil.rmtree(directory)
    return 0


async def _rehearse(
    servers: Servers,
    directory: Path,
    chain: DevChain | None,
    faults: Sequence[Fault],
    options: argparse.Namespace,
    command: str,
) -> Report:
    """Run all faults, or until Ctrl-C, and check what was done until then."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()

    def stop(number: signal.Signals) -> None:
        stopped.set()
        loop.remove_signal_handler(number)
        print("no more faults; once more to end without a verdict", flush=True)

    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop, number)
    return await rehearse(
        servers,
        directory,
        faults,
        seed=options.seed,
        per_second=options.rate,
        chain=chain,
        command=command,
        say=Progress(len(faults)),
        stopped=stopped,
        max_takeover_seconds=options.max_takeover,
    )


class Progress:
    """Prints every fault when it is over."""

    def __init__(self, total: int) -> None:
        self._start, self._total, self._count = time.monotonic(), total, 0

    def __call__(self, injection: Injection) -> None:
        self._count += 1
        seconds = injection.recovery_seconds
        end = "did not recover" if seconds is None else f"recovered in {seconds:.1f} s"
        print(
            f"{time.monotonic() - self._start:7.1f} s  {self._count:>4}/{self._total}  "
            f"{injection.fault}: lasted {injection.lasted_seconds:.1f} s, {end}",
            *injection.problems,
            sep="\n    VIOLATION ",
            flush=True,
        )


def _names() -> str:
    return "\n".join(f"  {fault.name}" for fault in FAULTS)


def _arguments(options: argparse.Namespace) -> str:
    text = f"--faults {options.faults} --seed {options.seed} --rate {options.rate:g}"
    text += " --abreast" if options.abreast else f" --pairs {options.pairs:g}"
    return f'{text} --only "{options.only}"' if options.only else text


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--faults", type=int, default=300, help="how many (300)")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(MAX_SEED))
    parser.add_argument("--rate", type=float, default=8.0, help="intents per second (8)")
    parser.add_argument("--pairs", type=float, default=0.3, help="share of two at once (0.3)")
    parser.add_argument(
        "--abreast", action="store_true", help="no pairs but of the node's faults with others"
    )
    parser.add_argument(
        "--max-takeover",
        type=float,
        default=LEASE_SECONDS + 2.0,
        help="seconds a takeover may take, for a machine with nothing else to do (lease + 2)",
    )
    parser.add_argument("--only", default="", help="faults with this in their name")
    parser.add_argument("--data-dir", type=Path, help="keeps everything there")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
