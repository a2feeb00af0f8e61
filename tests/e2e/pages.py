"""The pages there are, by the list the build makes, with something to show on each."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import httpx2

from tests.e2e.window import DIST

OPERATIONS_TABS: Final = ("roles", "dead-letters", "quarantine", "parked", "stalled", "events")
VIEWS: Final = {
    "/intent/$id": ("view=compact", "view=full", "view=graph", "view=json"),
    "/portfolio/$id": ("tab=refused", "tab=capital"),
    "/signal/$id": ("view=full",),
}
RECORDED: Final = frozenset({"backtest", "backtests", "market", "models", "time", "whatif"})
"""The first words of addresses whose pages are also shown with recorded answers."""
_PARAMETER: Final = re.compile(r"\$\w+")


def page_paths(examples: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """Return the addresses of all pages; `examples` has values for each that shows one thing.

    KeyError when there is none for such a page.
    """
    listed = json.loads((DIST / ".vite" / "pages.json").read_text())
    return [address for path in sorted(listed) for address in _addresses(path, examples)]


def shown_live(examples: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """Return the addresses of all pages that are only shown with a platform."""
    return [path for path in page_paths(examples) if path.split("/")[1] not in RECORDED]


async def find_examples(client: httpx2.AsyncClient) -> dict[str, Sequence[str]]:
    """Return something to show for each page that shows one thing.

    LookupError when the platform has nothing to show yet.
    """
    intents = (await client.get("/intents", params={"limit": 1})).json()["items"]
    portfolios = (await client.get("/portfolios", params={"limit": 1})).json()["items"]
    if not intents or not portfolios:
        raise LookupError("there is nothing to show yet: run `make demo`")
    signals = (await client.get("/signals", params={"limit": 1})).json()["items"]
    examples = examples_of(intents[0]["intent_id"], portfolios[0]["portfolio_id"])
    found = examples | {"/signal/$id": [one["signal_id"] for one in signals]}
    return found | await _examples_of_runs(client)


async def _examples_of_runs(client: httpx2.AsyncClient) -> dict[str, Sequence[str]]:
    """Return a run that is done and its first trade, where there is one."""
    answer = await client.get("/backtests", params={"status": "completed", "limit": 1})
    items = answer.json().get("items", []) if answer.is_success else []
    runs = [one["run_id"] for one in items]
    return {"/backtest/$id": runs, "/backtest/$id/trade/$number": [f"{one}/1" for one in runs]}


def with_views(examples: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Return the examples, each also in the views that its page has beside the first."""
    return {
        path: [*values, *(f"{one}?{view}" for one in values for view in VIEWS.get(path, ()))]
        for path, values in examples.items()
    }


def examples_of(intent_id: str, portfolio_id: str) -> dict[str, Sequence[str]]:
    """Return the examples of an intent and a portfolio, and all tabs there are.

    A signal and a run may have any id: their pages say that there is none.
    """
    return {
        "/signal/$id": [intent_id],
        "/intent/$id": [intent_id],
        "/portfolio/$id": [portfolio_id],
        "/ops/$tab": OPERATIONS_TABS,
        "/backtest/$id": [intent_id],
        "/backtest/$id/trade/$number": [f"{intent_id}/1"],
        "/time/$sequence": ["1"],
    }


def _addresses(path: str, examples: Mapping[str, Sequence[str]]) -> Iterable[str]:
    if not _PARAMETER.search(path):
        return [path]
    return [_filled(path, one.split("/")) for one in examples[path]]


def _filled(path: str, values: Sequence[str]) -> str:
    """Return an address with a value for each of its parameters; the last has the query."""
    following = iter(values)
    return _PARAMETER.sub(lambda _: next(following), path)
