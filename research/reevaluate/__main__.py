"""The composition root of `tradewind signals reevaluate`: `python -m research.reevaluate ...`."""

import argparse
import asyncio
import getpass
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from actors.evaluator.asking import OpenModel
from actors.evaluator.configured import ConfiguredModel, VendorModel
from actors.evaluator.models.opening import open_model
from actors.evaluator.ports import connection_of
from actors.evaluator.settings import ModelKeySettings
from research.reevaluate.asking import RetroAnswer, RetroStore, ask_all
from research.reevaluate.plan import (
    ModelCost,
    PlannedQuestion,
    chosen_models,
    costs_of,
    not_asked_yet,
    planned_questions,
)
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.signals.payloads import SignalEnriched
from tradewind.contracts.wire import parse_time
from tradewind.errors import PermanentError, TradewindError
from tradewind.ledger.history.reader import LedgerReader
from tradewind.postgres import Pool, open_pool, refusal_of
from tradewind.runtime import clock
from tradewind.settings import PostgresSettings, load
from tradewind.telemetry import configure_logging
from tradewind.trading.models.file import configured_models
from tradewind.trading.models.settings import ModelsFileSettings

EXIT_DONE: Final = 0
EXIT_DECLINED: Final = 1
EXIT_FAILED: Final = 2
MICRO: Final = 1_000_000
MAX_QUESTIONS: Final = 10_000
YES: Final = ("y", "yes")


class NothingToAsk(PermanentError):
    """No enriched signal is there that these models were not asked about. Check the times, UTC."""

    code = "NOTHING_TO_ASK"


class TooManyQuestions(PermanentError):
    """That is more than is asked in one go. Name a shorter time or fewer models."""

    code = "TOO_MANY_QUESTIONS"


def main(arguments: Sequence[str] | None = None, confirm: Callable[[str], str] = input) -> int:
    """Return 0 when everything was asked, 1 when nobody agreed to the cost, 2 on an error."""
    options = _parse(arguments)
    try:
        configure_logging("reevaluate", "ERROR")
        return asyncio.run(_reevaluate(options, confirm))
    except TradewindError as error:
        print(f"tradewind: {refusal_of(error) or error}", file=sys.stderr)  # noqa: T201
        return EXIT_FAILED


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m research.reevaluate", description=__doc__)
    parser.add_argument("--from", dest="since", type=parse_time, required=True)
    parser.add_argument("--to", dest="until", type=parse_time)
    parser.add_argument("--model", dest="models", action="append", default=[])
    parser.add_argument("--prompt")
    parser.add_argument("--yes", action="store_true")
    return parser.parse_args(arguments)


async def _reevaluate(options: argparse.Namespace, confirm: Callable[[str], str]) -> int:
    file = configured_models(load(ModelsFileSettings).models_file)
    models = chosen_models(file, options.models, options.prompt)
    dsn = load(PostgresSettings).postgres_dsn.get_secret_value()
    pool = await open_pool(dsn, max_size=2)
    try:
        store = RetroStore(pool, f"cli:{getpass.getuser()}"[:128])
        planned = await _plan(pool, store, models, options)
        _say_costs(costs_of(planned))
        if not options.yes and confirm("ask? [y/N] ").strip().lower() not in YES:
            return EXIT_DECLINED
        async with _opened(models) as opened:
            _say_answers(await ask_all(planned, opened, store, clock.now))
    finally:
        await pool.close()
    return EXIT_DONE


async def _plan(
    pool: Pool,
    store: RetroStore,
    models: tuple[ConfiguredModel, ...],
    options: argparse.Namespace,
) -> list[PlannedQuestion]:
    events: list[AnyEvent] = []
    async for page in LedgerReader(pool).selected(None, options.since, options.until):
        events += [one.event for one in page if isinstance(one.event.payload, SignalEnriched)]
        if len(events) * len(models) > MAX_QUESTIONS:
            raise TooManyQuestions(f"more than {MAX_QUESTIONS:,} questions")
    asked = await store.asked([one.payload.signal_id for one in events])
    planned = not_asked_yet(planned_questions(events, models), asked)
    if not planned:
        raise NothingToAsk(f"{len(events)} signals, and nothing to ask about them")
    return planned


@asynccontextmanager
async def _opened(models: tuple[ConfiguredModel, ...]) -> AsyncIterator[Mapping[str, OpenModel]]:
    settings = load(ModelKeySettings)
    async with AsyncExitStack() as stack:
        opened: dict[str, OpenModel] = {}
        for one in models:
            if isinstance(one, VendorModel):
                adapter = open_model(connection_of(one.entry, settings))
                stack.push_async_callback(adapter.close)
                opened[one.entry.name] = OpenModel(one, adapter, clock.now)
        yield opened


def _say_costs(costs: Sequence[ModelCost]) -> None:
    for one in costs:
        most = "no price is known" if one.most_microusd is None else _usd(one.most_microusd)
        _say(f"{one.model} {one.prompt_version}: {one.calls} calls, at most {most}")


def _say_answers(answers: Sequence[RetroAnswer]) -> None:
    counts = Counter(
        (one.planned.question.model, one.planned.question.prompt_version, one.ending.status)
        for one in answers
    )
    for (model, version, status), count in sorted(counts.items()):
        _say(f"{model} {version}: {count} {status}")
    spent = [one.ending.said.cost_microusd or 0 for one in answers if one.ending.said is not None]
    _say(f"it cost {_usd(sum(spent))}; what it is worth: tradewind signals calibrate --retro")


def _usd(microusd: int) -> str:
    return f"${microusd / MICRO:.4f}"


def _say(text: str) -> None:
    print(text)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
