"""`tradewind approvals`: shows intents that wait for a person, and answers them."""

import click

from tradewind.contracts.ids import parse_ulid
from tradewind.contracts.risk.approvals import MAX_NOTE_LENGTH, ApprovalVerdict
from tradewind.operations.cli.event_words import usd
from tradewind.operations.cli.tables import JSON_LINES_OPTION, limit_option, print_list
from tradewind.operations.cli.times import show_time
from tradewind.operations.cli.trading_states import PRODUCER, in_database, user
from tradewind.operations.cli.verbs import Verbs
from tradewind.runtime import clock
from tradewind.trading.approvals.documents import ApprovalDocument
from tradewind.trading.approvals.journal import ApprovalJournal
from tradewind.trading.approvals.records import Answering

MAX_LISTED = 1_000
HEADINGS = ("intent", "portfolio", "order", "worth", "above", "until")


class IntentId(click.ParamType[str]):
    """An intent's id, with or without what its correlation begins with."""

    name = "intent"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the id; the usage error says what one looks like."""
        try:
            return str(parse_ulid(value.removeprefix("intent-")))
        except ValueError as error:
            self.fail(str(error), param, ctx)


INTENT = IntentId()


@click.group(cls=Verbs)
def approvals() -> None:
    """Show intents that wait until a person approves them, approve or deny one."""


@approvals.command("list")
@JSON_LINES_OPTION
@limit_option(MAX_LISTED)
def list_(as_json: bool, limit: int) -> None:
    """List what waits, the newest first."""
    found = in_database(lambda pool: ApprovalJournal(pool).waiting(None, limit))
    print_list(
        [ApprovalDocument.of(one) for one in found],
        as_json,
        document=lambda one: one.model_dump(mode="json"),
        headings=HEADINGS,
        row=_row,
        nothing="nothing waits for an approval",
    )


def _row(one: ApprovalDocument) -> tuple[str, ...]:
    order = f"{one.intent_type} {one.amount:f} of {one.instrument}"
    said = "" if one.verdict is None else f", {one.verdict} by {one.answered_by}"
    above = usd(one.threshold_usd) + (f" ({one.threshold_scope})" if one.threshold_scope else "")
    until = f"{show_time(one.expires_at)}{said}"
    return one.intent_id, one.portfolio_id, order, usd(one.notional_usd), above, until


@approvals.command()
@click.argument("intent", type=INTENT)
@click.option("--note", help="Why, as the intent's history tells it.")
def approve(intent: str, note: str | None) -> None:
    """Let INTENT go on.

    Its portfolio checks it once more at the prices and limits of that moment: an approval lifts the
    threshold and no other limit. The first answer stands.
    """
    _answer(intent, ApprovalVerdict.APPROVED, note)


@approvals.command()
@click.argument("intent", type=INTENT)
@click.option("--note", required=True, help="Why, as whoever submitted it is told.")
def deny(intent: str, note: str) -> None:
    """Have INTENT refused; what it claimed is free again. The first answer stands."""
    _answer(intent, ApprovalVerdict.DENIED, note)


def _answer(intent: str, verdict: ApprovalVerdict, note: str | None) -> None:
    answering = Answering(intent, verdict, user(), checked_note(note))
    kept = in_database(lambda pool: ApprovalJournal(pool).answer(answering, PRODUCER, clock.now()))
    answer = kept.answer
    click.echo(
        f"{intent} is {answer.verdict} by {answer.answered_by}, {show_time(answer.answered_at)}; "
        f"what comes of it: tradewind explain intent-{intent}"
    )


def checked_note(note: str | None) -> str | None:
    """Return a note; the usage error says what it may be."""
    if note is not None and (not 1 <= len(note) <= MAX_NOTE_LENGTH or not note.isprintable()):
        raise click.BadParameter(
            f"must be one line of at most {MAX_NOTE_LENGTH} characters", param_hint="--note"
        )
    return note
