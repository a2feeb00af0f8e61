"""Records the golden histories anew: `make golden`, or `python -m tests.replay.record [NAME...]`.

Every history is one that the real platform made: intents go to its gateway, what goes wrong is made
to go wrong from outside, and `tradewind history export` writes the files. Do it when a decision is
meant to change, and look at the difference.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import httpx2

from loadtest.platform import running_platform
from tests.replay.chain_scenarios import ON_CHAIN, UNDER_REORG
from tests.replay.golden import (
    DOCUMENTS,
    HISTORIES,
    STAGED,
    documents,
    documents_path,
    history_path,
)
from tests.replay.harness import RecordingFailed, RecordingHarness
from tests.replay.scenarios import (
    ASKED_ABOUT,
    BIT_BY_BIT,
    LIMITED,
    ON_PAPER,
    WITHOUT_GAS_PRICE,
    Scenario,
)
from tests.support.directories import open_directory

PLATFORMS = (ON_PAPER, BIT_BY_BIT, WITHOUT_GAS_PRICE, LIMITED, ASKED_ABOUT, ON_CHAIN, UNDER_REORG)


def record(harness: RecordingHarness, scenario: Scenario) -> None:
    """Play a scenario, export its history and write the documents it folds to."""
    intent_id = harness.submit(scenario.body) if scenario.play is None else scenario.play(harness)
    harness.wait(
        lambda: scenario.ending in harness.topics(intent_id), f"{scenario.name}: {scenario.ending}"
    )
    name = f"{STAGED}{scenario.name}"
    path = history_path(name)
    harness.command("history", "export", intent_id, "--output", str(path))
    if scenario.mark not in path.read_text():
        raise RecordingFailed(f"{scenario.name}: {scenario.mark} is not in {path}")
    harness.command("redecide", intent_id, "--recorded-settings")
    documents_path(name).write_bytes(documents(name))
    print(f"{scenario.name}: {' '.join(harness.topics(intent_id))}", flush=True)


@contextmanager
def _harness(environment: Mapping[str, str]) -> Iterator[RecordingHarness]:
    with (
        open_directory("golden") as directory,
        running_platform(directory / "data", environment) as platform,
        httpx2.Client(base_url=platform.url, timeout=15) as client,
    ):
        yield RecordingHarness(platform, client)


def main(names: Sequence[str]) -> None:
    """Record the scenarios of these names, or all."""
    for directory in (HISTORIES, DOCUMENTS):
        directory.mkdir(exist_ok=True)
    for one in PLATFORMS:
        wanted = [scenario for scenario in one.scenarios if not names or scenario.name in names]
        if wanted:
            with _harness(one.environment) as harness:
                for scenario in wanted:
                    record(harness, scenario)


if __name__ == "__main__":
    main(sys.argv[1:])
