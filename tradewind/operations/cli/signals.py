"""`tradewind signals`: answers signals that wait for a person, and tells what models are worth."""

import os
import subprocess
import sys
from datetime import datetime

import click

from tradewind.contracts.ids import parse_ulid
from tradewind.contracts.risk.approvals import ApprovalVerdict
from tradewind.errors import PermanentError
from tradewind.operations.cli.approvals import checked_note
from tradewind.operations.cli.tables import JSON_LINES_OPTION, limit_option, print_list
from tradewind.operations.cli.times import TIME, show_time, time_range_options
from tradewind.operations.cli.trading_states import PRODUCER, in_database, user
from tradewind.operations.cli.verbs import Verbs
from tradewind.operations.embedded.platform_chain import take_keys
from tradewind.postgres import Pool
from tradewind.runtime import clock
from tradewind.trading.signal_approvals.documents import SignalApprovalDocument
from tradewind.trading.signal_approvals.journal import SignalApprovalJournal
from tradewind.trading.signal_approvals.records import SignalAnswering
from tradewind.trading.signal_outcomes.isotonic import MIN_TABLE_OUTCOMES, CalibrationTable
from tradewind.trading.signal_outcomes.scores import (
    Score,
    keep_tables,
    read_outcomes,
    read_scores,
)

MAX_LISTED = 1_000
WAIT_HEADINGS = ("signal", "strategy", "wants", "models", "until")
SCORE_HEADINGS = (
    "model",
    "prompt",
    "after",
    "outcomes",
    "paid",
    "Brier",
    "95 % of",
    "ECE",
    "table",
)


class NothingCalibrated(PermanentError):
    """No model and prompt has the outcomes that a table needs. Wait for more of them."""

    code = "NOTHING_CALIBRATED"


class SignalId(click.ParamType[str]):
    """A signal's id, with or without what its correlation begins with."""

    name = "signal"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the id; the usage error says what one looks like."""
        try:
            return str(parse_ulid(value.removeprefix("signal-")))
        except ValueError as error:
            self.fail(str(error), param, ctx)


SIGNAL = SignalId()
SINCE = click.option(
    "--since", type=TIME, help="Only decisions since then; a date is its midnight, UTC."
)


@click.group(cls=Verbs)
def signals() -> None:
    """Show signals that wait until a person approves them, approve or decline one, calibrate."""


@signals.command()
@JSON_LINES_OPTION
@limit_option(MAX_LISTED)
def waiting(as_json: bool, limit: int) -> None:
    """List signals that wait for a person, the newest first."""
    found = in_database(lambda pool: SignalApprovalJournal(pool).waiting(None, limit))
    print_list(
        [SignalApprovalDocument.of(one) for one in found],
        as_json,
        document=lambda one: one.model_dump(mode="json"),
        headings=WAIT_HEADINGS,
        row=_waiting_row,
        nothing="no signal waits for an approval",
    )


def _waiting_row(one: SignalApprovalDocument) -> tuple[str, ...]:
    numbers = one.arithmetic
    amount = "nothing" if numbers.amount is None else f"{numbers.amount:f}"
    wants = f"{one.signal.signal_direction} {amount} of {one.instrument}"
    score = "none" if numbers.score is None else f"{numbers.score:f}"
    models = f"{numbers.answered} of {numbers.voting}, score {score}"
    return one.signal_id, one.strategy_id, wants, models, show_time(one.expires_at)


@signals.command()
@click.argument("signal", type=SIGNAL)
@click.option("--note", help="Why, as the signal's history tells it.")
def approve(signal: str, note: str | None) -> None:
    """Have an intent submitted for SIGNAL. The first answer stands."""
    _answer(signal, ApprovalVerdict.APPROVED, note)


@signals.command()
@click.argument("signal", type=SIGNAL)
@click.option("--note", required=True, help="Why, as the signal's history tells it.")
def decline(signal: str, note: str) -> None:
    """Have nothing submitted for SIGNAL. The first answer stands."""
    _answer(signal, ApprovalVerdict.DENIED, note)


def _answer(signal: str, verdict: ApprovalVerdict, note: str | None) -> None:
    answering = SignalAnswering(signal, verdict, user(), checked_note(note))
    kept = in_database(
        lambda pool: SignalApprovalJournal(pool).answer(answering, PRODUCER, clock.now())
    )
    answer = kept.answer
    click.echo(
        f"{signal} is {answer.verdict} by {answer.answered_by}, {show_time(answer.answered_at)}; "
        f"what comes of it: tradewind explain signal-{signal}"
    )


@signals.command()
@JSON_LINES_OPTION
@SINCE
@click.option("--retro", is_flag=True, help="Of what models said later about signals of the past.")
def calibrate(as_json: bool, since: datetime | None, retro: bool) -> None:
    """Print how far the confidences of each model and prompt are to be believed.

    The Brier score is the mean squared distance of what was held for likely from what happened: 0
    is certain and right, 0.25 what a coin gets. Under 30 outcomes only their number is printed.
    """
    print_list(
        in_database(lambda pool: read_scores(pool, since, retro=retro)),
        as_json,
        document=lambda one: one.model_dump(mode="json"),
        headings=SCORE_HEADINGS,
        row=_score_row,
        nothing="no decision has an outcome yet",
    )


@signals.command(name="keep-tables")
@SINCE
def keep_tables_(since: datetime | None) -> None:
    """Keep the next version of the tables that replace confidences by what they were worth.

    They count for sources whose policy says `calibrated`, from the next signal on.
    """

    async def keep(pool: Pool) -> list[CalibrationTable]:
        return await keep_tables(pool, await read_outcomes(pool, since), user())

    kept = in_database(keep)
    if not kept:
        raise NothingCalibrated(f"no model and prompt has {MIN_TABLE_OUTCOMES} outcomes")
    for one in kept:
        click.echo(
            f"{one.model} {one.prompt_version} after {one.horizon_seconds} s: version "
            f"{one.version} of {one.outcomes} outcomes"
        )


@signals.command()
@time_range_options
@click.option("--model", "models", multiple=True, help="Ask this one; all without it.")
@click.option("--prompt", help="By this version of the prompt, not by the configured one.")
@click.option("--yes", is_flag=True, help="Agree to the cost without being asked.")
@click.pass_context
def reevaluate(
    context: click.Context,
    since: datetime | None,
    until: datetime | None,
    models: tuple[str, ...],
    prompt: str | None,
    yes: bool,
) -> None:
    """Ask today's models about the features of past signals, once their cost is agreed to.

    Calls and the highest cost are printed before anybody is asked. Answers are kept beside the past
    and change nothing of it; the same question is never asked twice.
    """
    if since is None:
        raise click.UsageError("say from when on: --from")
    arguments = [f"--from={since.isoformat()}"]
    arguments += [f"--to={until.isoformat()}"] if until else []
    arguments += [f"--model={one}" for one in models]
    arguments += [f"--prompt={prompt}"] if prompt else []
    arguments += ["--yes"] if yes else []
    # Nothing is signed, so the child process gets no key of a wallet.
    take_keys(os.environ)
    command = [sys.executable, "-m", "research.reevaluate", *arguments]
    context.exit(subprocess.run(command, check=False).returncode)  # noqa: S603


def _score_row(one: Score) -> tuple[str, ...]:
    found = one.calibration
    known = found.brier is not None
    return (
        *(one.model, one.prompt_version, f"{one.horizon_seconds} s"),
        *(str(found.outcomes), str(found.paid)),
        f"{found.brier:f}" if known else "too few",
        f"{found.brier_low:f} to {found.brier_high:f}" if known else "",
        f"{found.ece:f}" if known else "",
        "none" if one.table_version is None else str(one.table_version),
    )
