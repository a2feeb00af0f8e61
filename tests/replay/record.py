"""Records the golden histories anew: `make golden`, or `python -m tests.replay.record [NAME...]`.

Every history is one that the real platform made: intents go to its gateway, what goes wrong is made
to go wrong from outside, and `tradewind history export` writes the files. Do it when a decision is
meant to change, and look at the difference.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx2

from loadtest.platform import running_platform
from tests.replay.chain_scenarios import ON_CHAIN, UNDER_REORG
from tests.replay.desk import Desk, RecordingFailed
from tests.replay.golden import DOCUMENTS, HISTORIES, documents, documents_path, history_path
from tests.replay.scenarios import ON_PAPER, WITHOUT_GAS_PRICE, Scenario

PLATFORMS = (ON_PAPER, WITHOUT_GAS_PRICE, ON_CHAIN, UNDER_REORG)


def record(desk: Desk, scenario: Scenario) -> None:
    """Play a scenario, export its history and write the documents it folds to."""
    intent_id = desk.submit(scenario.body) if scenario.play is None else scenario.play(desk)
    desk.wait(
        lambda: scenario.ending in desk.topics(intent_id), f"{scenario.name}: {scenario.ending}"
    )
    path = history_path(scenario.name)
    desk.command("history", "export", intent_id, "--output", str(path))
    if scenario.mark not in path.read_text():
        raise RecordingFailed(f"{scenario.name}: {scenario.mark} is not in {path}")
    desk.command("redecide", intent_id, "--recorded-settings")
    documents_path(scenario.name).write_bytes(documents(scenario.name))
    print(f"{scenario.name}: {' '.join(desk.topics(intent_id))}", flush=True)


@contextmanager
def _desk(environment: Mapping[str, str]) -> Iterator[Desk]:
    directory = Path(tempfile.mkdtemp(prefix="tradewind-golden-"))
    # The database's own user must get in.
    directory.chmod(0o755)
    try:
        with (
            running_platform(directory / "data", environment) as platform,
            httpx2.Client(base_url=platform.url, timeout=15) as client,
        ):
            yield Desk(platform, client)
    finally:
        shutil.rmtree(directory)


def main(names: Sequence[str]) -> None:
    """Record the scenarios of these names, or all."""
    for directory in (HISTORIES, DOCUMENTS):
        directory.mkdir(exist_ok=True)
    for one in PLATFORMS:
        wanted = [scenario for scenario in one.scenarios if not names or scenario.name in names]
        if wanted:
            with _desk(one.environment) as desk:
                for scenario in wanted:
                    record(desk, scenario)


if __name__ == "__main__":
    main(sys.argv[1:])
