"""The environments of other back-testing tools, and one run of a tool in its own."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from loadtest.bench.findings import BenchmarkFailed
from loadtest.bench.run import REPOSITORY, Run

REQUIREMENTS: Final = Path(__file__).parent / "backtest_peers" / "requirements"
INSTALL_SECONDS: Final = 600
RUN_SECONDS: Final = 1_200


class Tool(NamedTuple):
    """A module of `backtest_peers`, which has requirements of the same name."""

    module: str
    label: str


class Measured(NamedTuple):
    """The best of the rounds."""

    cpu_seconds: float
    first_cpu_seconds: float
    """Of the first round, which compiles where a tool does."""
    peak_mib: float
    orders: int
    end_equity: float


FLOOR: Final = Tool("floor", "numba loop")
VECTORBT: Final = Tool("vectorbt_portfolio", "vectorbt")
BACKTESTING: Final = Tool("backtesting_py", "backtesting.py")
BACKTRADER: Final = Tool("backtrader_cerebro", "backtrader")
NAUTILUS: Final = Tool("nautilus_engine", "NautilusTrader")


def environment_of(run: Run, tool: Tool) -> Path:
    """Return a tool's Python, installed once; BenchmarkFailed where it cannot be."""
    wanted = REQUIREMENTS / f"{tool.module}.txt"
    version = hashlib.sha256(wanted.read_bytes() + sys.version.encode()).hexdigest()[:16]
    place = _cache() / f"{tool.module}-{version}"
    python, done = place / "bin" / "python", place / "installed"
    if done.exists():
        return python
    run.say(f"installing {tool.label}, this once")
    uv = str(Path(sys.executable).parent / "uv")
    _command([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(place)])
    install = ["pip", "install", "--quiet", "--only-binary", ":all:", "--no-deps"]
    _command([uv, *install, "--python", str(python), "-r", str(wanted)])
    done.touch()
    return python


def measure(
    run: Run, tool: Tool, candles: Path, rounds: int, settings: Mapping[str, str] | None = None
) -> Measured:
    """Return what a tool takes for the prices of a file; BenchmarkFailed where it fails."""
    python = environment_of(run, tool)
    module = f"loadtest.bench.backtest_peers.{tool.module}"
    command = [str(python), "-W", "ignore", "-m", module, str(candles), str(rounds)]
    document = json.loads(_command(command, RUN_SECONDS, settings).splitlines()[-1])
    return Measured(**{**document, "end_equity": float(document["end_equity"])})


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "tradewind" / "backtest-peers"


def _command(
    command: list[str],
    seconds: float = INSTALL_SECONDS,
    settings: Mapping[str, str] | None = None,
) -> str:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            cwd=REPOSITORY,
            env={**os.environ, **(settings or {})},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BenchmarkFailed(f"{Path(command[0]).name}: {error}") from None
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise BenchmarkFailed(f"{Path(command[0]).name} {command[1]}: {last[0][-300:]}")
    return done.stdout
