"""`tradewind contracts`: writes the generated contracts, or names those that are stale."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import click

from tradewind.contracts.registry import LIFECYCLES
from tradewind.operations.cli.verbs import Verbs
from tradewind.operations.codegen import (
    diagrams,
    json_schema,
    markdown,
    python_client,
    settings_table,
    typescript,
)
from tradewind.operations.codegen.lifecycle_tables import lifecycle_tables
from tradewind.operations.codegen.read_models_page import read_models_page
from tradewind.operations.codegen.reason_tables import reason_tables
from tradewind.readmodels.registry import READ_MODELS

README = Path("README.md")

ROOT_OPTION: Final = click.option(
    "--root",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="The checkout; the current directory if not given.",
)


def generated(root: Path = Path()) -> dict[Path, str]:
    """Return every generated file, relative to the repository at `root`, with its content."""
    lifecycle_pages = {
        Path(f"docs/lifecycles/{lifecycle.name}.md"): diagrams.lifecycle_page(lifecycle)
        for lifecycle in LIFECYCLES
    }
    interface = _interface(root)
    documents = json_schema.document_schema(one.document for one in READ_MODELS.read_models)
    return lifecycle_pages | {
        Path("docs/contracts/events.schema.json"): _json(json_schema.event_schema()),
        Path("docs/contracts/documents.schema.json"): _json(documents),
        Path("docs/contracts/events.md"): markdown.events_page(),
        README: settings_table.with_table((root / README).read_text()),
        Path("docs/contracts/read-models.md"): read_models_page(READ_MODELS),
        Path("web/src/generated/contracts.ts"): typescript.typescript(documents),
        Path("clients/python/tradewind_client/models.py"): python_client.python_models(documents),
        Path("clients/python/tradewind_client/rest_models.py"): python_client.rest_models(
            interface["components"]["schemas"], documents
        ),
        Path("docs/contracts/openapi.json"): json.dumps(interface, indent=0) + "\n",
        Path("web/src/generated/rest.ts"): typescript.rest_types(interface),
        Path("web/src/generated/lifecycles.ts"): lifecycle_tables(),
        Path("web/src/generated/reasons.ts"): reason_tables(),
    }


def _interface(root: Path) -> json_schema.Schema:
    """Return the description of the interface, which only the gateway can give."""
    command = [sys.executable, "-m", "gateway.describe"]
    printed = subprocess.run(  # noqa: S603
        command, cwd=root, capture_output=True, check=True
    )
    interface: json_schema.Schema = json.loads(printed.stdout)
    return interface


def _json(schema: json_schema.Schema) -> str:
    return json.dumps(schema, indent=1) + "\n"


@click.group(cls=Verbs)
def contracts() -> None:
    """Generate JSON Schema, TypeScript types, reference pages and the README's settings table."""


@contracts.command()
@ROOT_OPTION
def generate(root: Path) -> None:
    """Write the generated files below ROOT."""
    for path, content in generated(root).items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
        click.echo(f"wrote {path}")


@contracts.command()
@ROOT_OPTION
def check(root: Path) -> None:
    """Exit 1 and name every generated file that does not match the models."""
    stale = [path for path, content in generated(root).items() if _read(root / path) != content]
    for path in stale:
        click.echo(f"stale: {path} (run `tradewind contracts generate`)", err=True)
    if stale:
        raise SystemExit(1)


def _read(path: Path) -> str | None:
    return path.read_text() if path.exists() else None
