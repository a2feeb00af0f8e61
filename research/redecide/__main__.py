"""The composition root of `tradewind redecide`: `python -m research.redecide ...`."""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import asyncpg

from research.deciders import load_deciders
from research.redecide.answers import AnswerSource, KeptAnswers, NoAnswers
from research.redecide.decisions import Decision, DecisionReader
from research.redecide.markets import NotReRunnable, RecordedMarkets
from research.redecide.report import Counts, JsonReport, Report, TextReport
from research.redecide.rerun import ReRunner, TodaysSettings
from research.redecide.sources import FileSource, LedgerSource, Source
from tradewind.contracts.wire import parse_time
from tradewind.errors import PermanentError, TradewindError
from tradewind.ledger.history.reader import LedgerReader
from tradewind.postgres import open_pool, refusal_of
from tradewind.settings import EngineSettings, PostgresSettings, load
from tradewind.telemetry import configure_logging
from tradewind.trading.policy.policy_file import read_policy
from tradewind.trading.policy.risk_policy import RiskPolicy
from tradewind.trading.pricing.swap.engine import choose_router

EXIT_SAME: Final = 0
EXIT_DIFFERENT: Final = 1
EXIT_FAILED: Final = 2


class NothingDecided(PermanentError):
    """Nobody had to decide anything there. Check correlations and times, UTC."""

    code = "NOTHING_DECIDED"


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when every decision would be the same, 1 when one would differ, 2 on an error."""
    options = _parse(arguments)
    try:
        counts = asyncio.run(_redecide(options))
    except TradewindError as error:
        return _failed(refusal_of(error) or error)
    except asyncpg.PostgresError as error:
        refusal = refusal_of(error)
        if refusal is None:
            raise
        return _failed(refusal)
    return EXIT_DIFFERENT if counts.different else EXIT_SAME


def _failed(error: TradewindError) -> int:
    print(f"tradewind: {error}", file=sys.stderr)  # noqa: T201
    return EXIT_FAILED


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m research.redecide", description=__doc__)
    parser.add_argument("correlations", nargs="*", metavar="CORRELATION")
    parser.add_argument("--from", dest="since", type=parse_time)
    parser.add_argument("--to", dest="until", type=parse_time)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--limits", type=Path)
    parser.add_argument("--recorded-settings", action="store_true")
    parser.add_argument("--json", action="store_true", dest="as_json")
    return parser.parse_args(arguments)


async def _redecide(options: argparse.Namespace) -> Counts:
    settings = load(EngineSettings)
    # Standard output belongs to the report, so logs go elsewhere.
    configure_logging("redecide", "ERROR")
    router = choose_router(rust_engine_enabled=settings.rust_engine_enabled)
    policy = None if options.limits is None else RiskPolicy(read_policy(options.limits))
    todays = None if options.recorded_settings else TodaysSettings.load(load_deciders(), policy)
    report = (JsonReport if options.as_json else TextReport)(print)
    async with _source(options) as (source, answers):
        rerunner = ReRunner(RecordedMarkets(source, router), todays, answers)
        return await redecide(source, rerunner, report)


@asynccontextmanager
async def _source(
    options: argparse.Namespace,
) -> AsyncIterator[tuple[Source, AnswerSource]]:
    if options.file is not None:
        yield FileSource(options.file, options.correlations), NoAnswers()
        return
    pool = await open_pool(load(PostgresSettings).postgres_dsn.get_secret_value(), max_size=2)
    try:
        reader = LedgerReader(pool)
        source = LedgerSource(reader, options.correlations, options.since, options.until)
        yield source, KeptAnswers(pool)
    finally:
        await pool.close()


async def redecide(source: Source, rerunner: ReRunner, report: Report) -> Counts:
    """Repeat every decision of a source and report; NothingDecided when there is none."""
    reader, counts = DecisionReader(load_deciders()), Counts()
    async for page in source.pages():
        for decision in reader.take(page):
            await _run_again(decision, rerunner, report, counts)
    for decision in reader.unfinished():
        await _run_again(decision, rerunner, report, counts)
    if not counts.rerun and not counts.not_rerunnable:
        raise NothingDecided("there is no decision in what was asked for")
    report.finish(counts)
    return counts


async def _run_again(
    decision: Decision, rerunner: ReRunner, report: Report, counts: Counts
) -> None:
    try:
        difference = await rerunner.run(decision)
    except NotReRunnable as reason:
        counts.not_rerunnable[str(reason)] += 1
        report.not_rerunnable(decision, str(reason))
        return
    if difference is None:
        counts.same += 1
        return
    counts.different += 1
    report.differs(difference)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:
        # The reader, such as `head`, has closed the pipe, so the rest of the buffer is dropped.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_FAILED)
