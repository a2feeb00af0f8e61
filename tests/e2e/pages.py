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
_PARAMETER: Final = re.compile(r"\$\w+")


def page_paths(examples: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """Return the addresses of all pages; `examples` has values for each that shows one thing.

    KeyError when there is none for such a page.
    """
    listed = json.loads((DIST / ".vite" / "pages.json").read_text())
    return [address for path in sorted(listed) for address in _addresses(path, examples)]


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
    return examples | {"/signal/$id": [one["signal_id"] for one in signals]}


def with_views(examples: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Return the examples, each also in the views that its page has beside the first."""
    return {
        path: [*values, *(f"{one}?{view}" for one in values for view in VIEWS.get(path, ()))]
        for path, values in examples.items()
    }


def examples_of(intent_id: str, portfolio_id: str) -> dict[str, Sequence[str]]:
    """Return the examples of an intent and a portfolio, and all tabs there are.

    A signal may have any id: its page says that there is none.
    """
    return {
        "/signal/$id": [intent_id],
        "/intent/$id": [intent_id],
        "/portfolio/$id": [portfolio_id],
        "/ops/$tab": OPERATIONS_TABS,
    }


def _addresses(path: str, examples: Mapping[str, Sequence[str]]) -> Iterable[str]:
    if not _PARAMETER.search(path):
        return [path]
    return [_PARAMETER.sub(one, path) for one in examples[path]]
