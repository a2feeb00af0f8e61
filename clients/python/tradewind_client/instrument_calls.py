"""The calls about instruments."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from tradewind_client.calls import Call, json_body, model_reader, path_part
from tradewind_client.resources import Page
from tradewind_client.rest_models import InstrumentDocument

ENABLED: Final = "enabled"
DISABLED: Final = "disabled"
REDUCE_ONLY: Final = "reduce_only"

Bounds = str | int | Decimal | list[str] | list[int] | tuple[str, ...] | tuple[int, ...] | None
"""What a bound may be. None takes it away."""


def list_instruments(cursor: str | int | None) -> Call[Page[InstrumentDocument]]:
    return Call("GET", "/instruments", model_reader(Page[InstrumentDocument]), {"cursor": cursor})


def show_instrument(name: str) -> Call[InstrumentDocument]:
    return Call("GET", f"/instruments/{path_part(name)}", model_reader(InstrumentDocument))


def register_instrument(
    base: str, quote: str, chain: str | None, said: Mapping[str, Any]
) -> Call[InstrumentDocument]:
    pair = {"base": base, "quote": quote} | ({} if chain is None else {"chain": chain})
    body, read = json_body({**pair, **said}), model_reader(InstrumentDocument)
    return Call("POST", "/instruments", read, body=body, is_repeatable=True)


def change_instrument(
    name: str, said: Mapping[str, Any], version: int | None
) -> Call[InstrumentDocument]:
    path, read = f"/instruments/{path_part(name)}", model_reader(InstrumentDocument)
    return Call("PATCH", path, read, {"version": version}, json_body(said), is_repeatable=True)
