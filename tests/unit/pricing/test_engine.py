"""Which router a process gets."""

import sys
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from tradewind.trading.pricing.swap.engine import choose_router
from tradewind.trading.pricing.swap.python_router import PythonRouter


@pytest.fixture(autouse=True)
def _forget_choice() -> Iterator[None]:
    choose_router.cache_clear()
    yield
    choose_router.cache_clear()


def test_rust_when_it_is_built() -> None:
    pytest.importorskip("tradewind_router", reason="the Rust extension is not built")
    router = choose_router(rust_engine_enabled=True)
    assert type(router).__name__ == "RustRouter"


def test_python_when_rust_is_switched_off() -> None:
    assert isinstance(choose_router(rust_engine_enabled=False), PythonRouter)


def test_python_where_rust_is_not_built_and_the_log_says_so_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "tradewind.trading.pricing.swap.rust_router", raising=False)
    monkeypatch.setitem(sys.modules, "tradewind_router", None)
    with capture_logs() as logs:
        routers = {choose_router(rust_engine_enabled=True) for _ in range(3)}
    assert [type(router) for router in routers] == [PythonRouter]
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [
        ("quoting in Python", "warning")
    ]
