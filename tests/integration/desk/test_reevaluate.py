"""Today's models on features of the past: cost first, nothing asked twice, no event, a score."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from actors.evaluator.models.port import Finish, ModelAnswer, ModelFailed, ModelRequest
from research.reevaluate import __main__ as reevaluate
from tests.integration.desk.harness import DeskHarness
from tests.support.signals import vote
from tests.unit.evaluator.answers import text_with
from tradewind.contracts.decisions.model import DecisionStatus
from tradewind.operations.cli.signals import signals

MODELS = """
models:
  - {name: baseline, vendor: baseline, role: voting}
  - name: talker
    vendor: openai_compatible
    role: shadow
    vendor_model: talker-1
    base_url: http://127.0.0.1:9
    price: {input: 1000000, output: 2000000}
"""
SAID = text_with(decision="IGNORE", confidence_pct=70)
SIGNALS = 3
PROMPT = "v1/compatible"


class Talker:
    """Answers the same to everybody, but to the first it is silent."""

    def __init__(self) -> None:
        self.asked = 0

    async def ask(self, request: ModelRequest) -> ModelAnswer:
        self.asked += 1
        if self.asked == 1:
            raise ModelFailed(DecisionStatus.TIMEOUT, "no answer")
        return ModelAnswer(raw=SAID, finish=Finish.ENDED, tokens_in=1_000, tokens_out=100)

    async def close(self) -> None:
        """Close nothing."""


async def test_the_past_is_asked_once_and_changes_in_nothing(
    harness: DeskHarness,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    talker = Talker()
    monkeypatch.setattr(reevaluate, "open_model", lambda _: talker)
    (tmp_path / "models.yaml").write_text(MODELS)
    monkeypatch.setenv("TRADEWIND_MODELS_FILE", str(tmp_path / "models.yaml"))
    for number in range(1, SIGNALS + 1):
        await harness.put(vote(80), number=number)
    await harness.ledger.drained()
    position = await harness.ledger.reader.position()

    async def ask(*words: str, answer: str = "y") -> tuple[int, str]:
        arguments = ["--from=2020-01-01T00:00:00Z", *words]
        code = await asyncio.to_thread(reevaluate.main, arguments, lambda _: answer)
        told = capsys.readouterr()
        return code, told.out + told.err

    code, told = await ask(answer="n")
    assert (code, talker.asked) == (1, 0)
    assert "baseline baseline@1: 0 calls, at most $0.0000" in told
    assert f"talker {PROMPT}: {SIGNALS} calls, at most $0." in told
    code, told = await ask("--model=nobody")
    assert (code, "there is no model nobody" in told) == (2, True)

    code, told = await ask()
    assert (code, talker.asked) == (0, SIGNALS)
    assert f"talker {PROMPT}: {SIGNALS - 1} ok" in told
    assert f"talker {PROMPT}: 1 timeout" in told
    # 1,000 tokens at a dollar and 100 at two for a million, twice
    assert "it cost $0.0024" in told
    await kept(harness)
    code, told = await ask("--yes")
    assert (code, "NOTHING" in told or "nothing to ask" in told) == (2, True)
    assert talker.asked == SIGNALS
    assert await harness.ledger.reader.position() == position
    scores = await worth(harness)
    assert scores == {"talker": SIGNALS - 1, "baseline": SIGNALS}


async def kept(harness: DeskHarness) -> None:
    """Check what is kept: a row a question, whether or not it was answered."""
    rows = await harness.pool.fetch("SELECT * FROM retro_evaluations ORDER BY model, signal_id")
    assert [(one["model"], one["role"]) for one in rows] == [
        *[("baseline", "retro")] * SIGNALS,
        *[("talker", "retro")] * SIGNALS,
    ]
    assert [one["confidence_pct"] for one in rows if one["model"] == "talker"].count(70) == 2


async def worth(harness: DeskHarness) -> dict[str, int]:
    """Mark the signals, and return how many outcomes each model has."""
    await harness.pool.execute(
        "INSERT INTO signal_marks (signal_id, horizon_seconds, concluded_event_id, strategy_id,"
        " instrument, portfolio, coin, direction, decided_at, decided_mid, costs, due_at, body,"
        " followed_paid)"
        " SELECT DISTINCT signal_id, 3600, '', '', '', '', 'ETH', 1, now(), 1, 0, now(),"
        " ''::bytea, false FROM retro_evaluations"
    )

    def calibrate() -> Result:
        return CliRunner().invoke(signals, ["calibrate", "--retro", "--json"])

    shown = await asyncio.to_thread(calibrate)
    scores = map(json.loads, shown.output.splitlines())
    return {one["model"]: one["calibration"]["outcomes"] for one in scores}
