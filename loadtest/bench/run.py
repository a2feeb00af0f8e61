"""The parameters of a run of benchmarks: size, working directory and progress output."""

import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

from rich.console import Console

from loadtest.bench.findings import BenchmarkFailed

REPOSITORY: Final = Path(__file__).parent.parent.parent


class Run(NamedTuple):
    """One invocation of the benchmarks."""

    console: Console
    directory: Path
    """An empty directory of this run, removed afterwards."""
    quick: bool = False
    """Whether this is a smoke run, whose counts are too small for reliable numbers."""

    def say(self, text: str) -> None:
        """Print a line of progress."""
        self.console.print(f"  {text}", style="dim", highlight=False)

    def scaled(self, count: int) -> int:
        """Return the count, or a tenth of it in a smoke run."""
        return max(1, count // 10) if self.quick else count

    def subdirectory(self, name: str) -> Path:
        """Return a new directory for servers or files."""
        path = self.directory / name
        path.mkdir(parents=True)
        path.chmod(0o755)
        return path


def run_module(module: str, *arguments: str, timeout_seconds: float = 120) -> str:
    """Run `python -m module` to its end and return what it printed; BenchmarkFailed otherwise."""
    try:
        process = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=False,
            cwd=REPOSITORY,
        )
    except subprocess.TimeoutExpired:
        raise BenchmarkFailed(f"{module} not done after {timeout_seconds:.0f} s") from None
    if process.returncode != 0:
        last = process.stderr.strip().splitlines()[-1:] or ["no message"]
        raise BenchmarkFailed(f"{module} ended with {process.returncode}: {last[0]}")
    return process.stdout
