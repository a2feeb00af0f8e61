"""The calls about instruments."""

from urllib.parse import quote

from tradewind_client.calls import Call, model_reader
from tradewind_client.resources import Page
from tradewind_client.rest_models import InstrumentDocument


def list_instruments(cursor: str | int | None) -> Call[Page[InstrumentDocument]]:
    return Call("GET", "/instruments", model_reader(Page[InstrumentDocument]), {"cursor": cursor})


def show_instrument(name: str) -> Call[InstrumentDocument]:
    return Call("GET", f"/instruments/{quote(name, safe='')}", model_reader(InstrumentDocument))
