"""Lets libraries import without optional dependencies of theirs that no process of ours uses.

They take what happens to be installed: together a third of the time in which a role starts, though
no message is sent by WebSocket, no traceback is coloured, no green thread runs, and Redis's client
exports no metrics. Each of these libraries handles the absence; whoever imports such a dependency
itself still gets it.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Final

UNUSED: Final[Mapping[str, tuple[str, ...]]] = {
    "dramatiq.middleware.shutdown": ("gevent",),
    "dramatiq.middleware.time_limit": ("gevent",),
    "nats.aio.transport": ("aiohttp",),
    "redis.observability.metrics": ("opentelemetry",),
    "redis.observability.providers": ("opentelemetry",),
    "structlog.dev": ("rich",),
    "structlog.tracebacks": ("rich",),
}
"""Modules, and what they try to import for what we do not use."""


class LeanFinder(MetaPathFinder):
    """Finds the modules of the table as they are found anyway, and loads them lean."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to load a module of the table; None for any other, or one without source."""
        if fullname not in UNUSED:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or not isinstance(spec.loader, SourceFileLoader):
            return None
        spec.loader = LeanLoader(spec.loader.name, spec.loader.path)
        return spec


class LeanLoader(SourceFileLoader):
    """Loads a module from its source or bytecode, while some other modules seem to be absent."""

    def exec_module(self, module: ModuleType) -> None:
        """Execute the module."""
        with absent(UNUSED[module.__name__]):
            super().exec_module(module)


@contextmanager
def absent(names: Sequence[str]) -> Iterator[None]:
    """Let an import of these modules fail in the block, except where they are imported already."""
    hidden = [name for name in names if name not in sys.modules]
    # So the import system marks what must not be imported; there is no type for it.
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def install() -> None:
    """Import lean from now on; what was imported before stays as it is."""
    if not any(isinstance(finder, LeanFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, LeanFinder())
