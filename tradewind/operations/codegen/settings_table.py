"""Renders the README's table of settings from the classes that declare them."""

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any, Final

from pydantic import AliasChoices
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from tradewind import CHECKOUT, settings
from tradewind.settings import PREFIX, OwnedSettings

ROOMS: Final = ("tradewind", "actors", "gateway", "research")
BEGIN: Final = "<!-- settings: written by `tradewind contracts generate` -->"
END: Final = "<!-- end of settings -->"
HEADING: Final = "| variable | default | meaning |\n|---|---|---|\n"
_DECLARATION: Final = re.compile(r"^class \w+Settings\(", re.MULTILINE)


def with_table(page: str) -> str:
    """Return a page with the text between its two marks replaced by the table."""
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n\n{table()}\n{END}{after}"


def table() -> str:
    """Return all variables, class by class; those that several rooms read come first."""
    return HEADING + "".join(_rows(kind) for kind in classes())


def classes() -> list[type[OwnedSettings]]:
    """Return every class that has fields of its own, in the order of the table."""
    found = {settings.__name__: settings} | {
        name: import_module(name) for name in sorted(_modules())
    }
    return [
        kind
        for name, module in found.items()
        for kind in vars(module).values()
        if isinstance(kind, type)
        and issubclass(kind, OwnedSettings)
        and kind.__module__ == name
        and own_fields(kind)
    ]


def own_fields(kind: type[OwnedSettings]) -> dict[str, FieldInfo]:
    """Return the fields a class declares itself."""
    declared = vars(kind).get("__annotations__", {})
    return {name: field for name, field in kind.model_fields.items() if name in declared}


def variable(name: str, field: FieldInfo) -> str:
    """Return a field's name in the environment, without our prefix where both are accepted."""
    if isinstance(field.validation_alias, AliasChoices):
        return str(field.validation_alias.choices[-1])
    return f"{PREFIX}{name.upper()}"


def _modules() -> Iterator[str]:
    for room in ROOMS:
        for path in (CHECKOUT / room).rglob("*.py"):
            if _DECLARATION.search(path.read_text()):
                yield ".".join(path.relative_to(CHECKOUT).with_suffix("").parts)


def _rows(kind: type[OwnedSettings]) -> str:
    return f"| **{_first_line(kind)}** | | |\n" + "".join(
        f"| `{variable(name, field)}` | {_default(field.default)} | {_meaning(field)} |\n"
        for name, field in own_fields(kind).items()
    )


def _first_line(kind: type[OwnedSettings]) -> str:
    return (kind.__doc__ or "").splitlines()[0].rstrip(".")


def _meaning(field: FieldInfo) -> str:
    return " ".join((field.description or "").split()).rstrip(".").replace("|", "\\|")


def _default(value: Any) -> str:
    if value is PydanticUndefined:
        return "needed"
    if value is None:
        return "unset"
    if value == "":
        return "empty"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
