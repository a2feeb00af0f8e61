"""The demo as a user runs it: every scenario once, each ends as it should."""

import subprocess
import sys
from pathlib import Path

from loadtest.platform import Platform
from tradewind.operations.demo.scenarios import scenarios_for

DEADLINE_SECONDS = 60


def test_every_scenario_ends_as_it_should(platform: Platform) -> None:
    tradewind = Path(sys.executable).with_name("tradewind")
    scenarios = scenarios_for("simulated", swaps=True)
    completed = subprocess.run(
        [tradewind, "demo", "--count", str(len(scenarios)), "--rate", "20"],
        env={"TRADEWIND_DATA_DIR": str(platform.data_directory)},
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_SECONDS,
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr
    last_line = completed.stdout.splitlines()[-1]
    assert last_line == f"All {len(scenarios)} intents ended as expected."
