"""Prints the demo to a terminal or a file."""

from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tradewind.contracts.execution.payloads import ExecutionCompleted, ExecutionFailed
from tradewind.contracts.intents.payloads import IntentSubmitted
from tradewind.contracts.plans.payloads import PlanCreated
from tradewind.operations.demo.descriptions import describe_fill
from tradewind.operations.demo.journey import TERMINAL_TOPICS, Journey, Moment
from tradewind.runtime import clock

FILE_WIDTH: Final = 140
_GOOD = "green"
_BAD = "bold red"
_QUIET = "dim"


def make_console() -> Console:
    """Return a console that does not wrap lines when its output goes to a file or a pipe."""
    console = Console(highlight=False)
    if console.is_terminal:
        return console
    return Console(highlight=False, width=FILE_WIDTH)


def show_refusal(journey: Journey, console: Console) -> None:
    """Print the line of a request that the platform refused."""
    _line(console, journey, "refused", _BAD, "", journey.problem or "")


def show_moment(journey: Journey, moment: Moment, console: Console) -> None:
    """Print the line of one event."""
    timing = f"{moment.at_ms:8.1f} ms  +{moment.since_previous_ms:7.1f}"
    _line(console, journey, moment.topic, _style(moment.topic), timing, moment.detail)


def show_copy(journey: Journey, topic: str, console: Console) -> None:
    """Print the line of an event that was sent again."""
    _line(
        console, journey, topic, _QUIET, "", "sent again: the same event id, so it changes nothing"
    )


def _line(
    console: Console, journey: Journey, what: str, style: str, timing: str, detail: str
) -> None:
    text = Text()
    text.append(f"{clock.now().astimezone():%H:%M:%S}  ", style=_QUIET)
    text.append(f"#{journey.number:<4}{journey.scenario.name:<20}")
    text.append(f"{what:<20}", style=style)
    text.append(f"{timing:<24}", style=_QUIET)
    text.append(detail)
    console.print(text, no_wrap=True, overflow="ellipsis")


def _style(topic: str) -> str:
    if topic == ExecutionCompleted.topic:
        return _GOOD
    if topic == ExecutionFailed.topic:
        return "red"
    return "yellow" if topic in TERMINAL_TOPICS else ""


def show_summary(journeys: Sequence[Journey], console: Console) -> None:
    """Print one row per scenario, then every journey that differed from its scenario."""
    table = Table(title="Summary; times are medians from the request on", title_justify="left")
    table.add_column("scenario")
    table.add_column("has to end with")
    for heading in ("sent", "as expected", "fills", "submitted ms", "planned ms", "ended ms"):
        table.add_column(heading, justify="right")
    for scenario in dict.fromkeys(journey.scenario for journey in journeys):
        of_scenario = [journey for journey in journeys if journey.scenario is scenario]
        kept = sum(journey.fault is None for journey in of_scenario)
        table.add_row(
            scenario.name,
            " ".join(filter(None, (scenario.ends_with, scenario.reason))),
            str(len(of_scenario)),
            Text(str(kept), style=_GOOD if kept == len(of_scenario) else _BAD),
            str(_fills(of_scenario)),
            _median_ms(of_scenario, IntentSubmitted.topic),
            _median_ms(of_scenario, PlanCreated.topic),
            _median_ms(of_scenario, scenario.ends_with),
        )
    console.print(table)
    _show_chain_swaps(journeys, console)
    _show_faults(journeys, console)


def _show_chain_swaps(journeys: Sequence[Journey], console: Console) -> None:
    """Print every swap on a chain with its full transaction hash."""
    swaps = [(journey, journey.chain_fill) for journey in journeys if journey.chain_fill]
    if not swaps:
        return
    table = Table(title="Swaps on the chain, amounts from its logs", title_justify="left")
    for heading in ("#", "block"):
        table.add_column(heading, justify="right")
    table.add_column("swap")
    table.add_column("transaction", overflow="fold", min_width=33)
    for journey, fill in swaps:
        row = (str(journey.number), str(fill["blockNumber"]), describe_fill(fill), fill["txHash"])
        table.add_row(*row)
    console.print(table)


def _fills(journeys: Sequence[Journey]) -> int:
    return sum(len(journey.fills) for journey in journeys)


def _median_ms(journeys: Sequence[Journey], topic: str) -> str:
    times = [
        moment.at_ms for journey in journeys for moment in journey.moments if moment.topic == topic
    ]
    return f"{median(times):.1f}" if times else "-"


def _show_faults(journeys: Sequence[Journey], console: Console) -> None:
    faulty = [journey for journey in journeys if journey.fault is not None]
    for journey in faulty:
        identity = journey.intent_id or "no intent"
        line = f"#{journey.number} {journey.scenario.name}, {identity}: {journey.fault}"
        console.print(Text(line, style=_BAD))
    if copies := sum(journey.copies for journey in journeys):
        console.print(f"{copies} events were sent again and recognised by their ids.")
    refusals = Counter(one.refused_by for one in journeys if one.refused_by is not None)
    if refusals:
        told = ", ".join(f"{number} by {limit}" for limit, number in refusals.most_common())
        console.print(f"Refused by limits that are in force here: {told}.", soft_wrap=True)
    if waiting := sum(one.waits_for_approval for one in journeys):
        told = f"{waiting} wait until a person approves them: tradewind approvals list."
        console.print(told, soft_wrap=True)
    if not faulty:
        console.print(Text(_all_is_well(len(journeys), waiting), style=_GOOD))


def _all_is_well(intents: int, waiting: int) -> str:
    if waiting:
        return f"{intents - waiting} of {intents} intents ended as expected, none otherwise."
    who = "The one intent" if intents == 1 else f"All {intents} intents"
    return f"{who} ended as expected."
