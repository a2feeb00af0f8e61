"""Compares router and QuoterV2 for long: the test of CI with more rounds and another seed."""

import os
import re
import subprocess
import sys
import time
from typing import Final

from loadtest.bench.findings import BenchmarkFailed, Budget, Finding
from loadtest.bench.run import REPOSITORY, Run

NAME: Final = "quoter"
_TEST = "tests/integration/devchain/test_router_equals_quoter.py"
_ROUNDS = 60
_TIMEOUT_SECONDS = 900
_COMPARED = re.compile(r"compared (\d+) quotes with \[(.*)\]: (\d+) mismatches")


def run(run: Run) -> list[Finding]:
    """Return how many quotes were compared and how many differ; BenchmarkFailed says which."""
    seed = time.time_ns() % 1_000_000
    environment = os.environ | {
        "TRADEWIND_QUOTER_ROUNDS": str(run.scaled(_ROUNDS)),
        "TRADEWIND_QUOTER_SEED": str(seed),
    }
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", _TEST]
    try:
        completed = subprocess.run(
            command,
            cwd=REPOSITORY,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BenchmarkFailed(f"not done after {_TIMEOUT_SECONDS} s (seed {seed})") from None
    found = _COMPARED.search(completed.stdout)
    if completed.returncode != 0 or found is None:
        last = completed.stdout.strip().splitlines()[-1:] or ["no output"]
        raise BenchmarkFailed(f"seed {seed}: {last[0]}")
    count, engines, mismatches = found.groups()
    note = f"{engines.replace(chr(39), '')}, seed {seed}"
    return [
        Finding(NAME, "quotes compared with QuoterV2, each engine", int(count), "", note=note),
        Finding(NAME, "mismatches", int(mismatches), "", Budget(0)),
    ]
