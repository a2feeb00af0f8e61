"""What a person writes is one line that shows as it is written, on every route that takes words."""

import re
from typing import Any

import pytest

from gateway.http.one_line import ONE_LINE_PATTERN
from tests.unit.gateway.support import GatewayHarness
from tradewind.contracts.ids import make_ulid

INTENT = make_ulid(0, bytes(10))
ROUTES: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "state": ("PUT", "/risk/states/everything", {"state": "halted"}, "reason"),
    "tighten": ("POST", "/risk/states/everything/tighten", {"state": "halted"}, "reason"),
    "approve": ("POST", f"/intents/{INTENT}/approve", {}, "note"),
    "deny": ("POST", f"/intents/{INTENT}/deny", {}, "note"),
    "resolve": ("POST", "/dead-letters/planner-workers-7/resolve", {}, "reason"),
}
CONTROLS = [
    *("\x00", "\n", "\x1b", "\x7f", "\x85", "\x9f", "\u061c", "\u200e", "\u200f", "\u2028"),
    *("\u2029", "\u202a", "\u202b", "\u202c", "\u202d", "\u202e"),
    *("\u2066", "\u2067", "\u2068", "\u2069"),
]


@pytest.mark.parametrize("route", ROUTES)
async def test_what_controls_how_a_text_is_shown_is_refused(route: str) -> None:
    method, path, body, name = ROUTES[route]
    async with GatewayHarness().client() as client:
        for control in CONTROLS:
            answer = await client.request(method, path, json=body | {name: f"a{control}b"})
            assert answer.status_code == 422, (control, answer.text)
            (problem,) = answer.json()["errors"]
            assert (problem["field"], problem["message"]) == (
                name,
                "must be one line, without characters that control how a text is shown",
            )
        assert (
            await client.request(method, path, json=body | {name: "größer, 價格"})
        ).status_code != 422


def test_all_that_is_refused_is_refused_on_the_command_line_too() -> None:
    every = map(chr, (*range(0xD800), *range(0xE000, 0x110000)))
    refused = [one for one in every if re.fullmatch(ONE_LINE_PATTERN, one) is None]
    assert set(CONTROLS) <= set(refused)
    assert not [one for one in refused if one.isprintable()]
