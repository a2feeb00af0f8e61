"""The page that shows the interface to people: Swagger UI where it is installed, else a list.

Swagger UI comes from npm at set-up, and from this gateway to the browser: the page works offline.
"""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

DIRECTORY: Final = Path(__file__).with_name("page")
SWAGGER_UI: Final = DIRECTORY / "node_modules" / "swagger-ui-dist"
FILES: Final[Mapping[str, tuple[Path, str]]] = {
    "docs.js": (DIRECTORY / "docs.js", "text/javascript"),
    "swagger-ui.css": (SWAGGER_UI / "swagger-ui.css", "text/css"),
    "swagger-ui-bundle.js": (SWAGGER_UI / "swagger-ui-bundle.js", "text/javascript"),
}
"""What the page loads: the place and the media type of each file, by its name."""
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'"
)
"""Swagger UI writes styles into its elements; nothing else is let go of."""

_HEAD: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tradewind: the interface</title>
"""
_INTERACTIVE: Final = """<link rel="stylesheet" href="/docs/swagger-ui.css">
<style>
 body { margin: 0 } #sign { font: 14px system-ui; padding: 12px 24px; background: #f2f4f7 }
 #key { width: 34em; max-width: 100%; font: 13px monospace }
</style>
<p id="sign"><label>Key, where the platform asks for one (it stays in this page):
<input id="key" type="password" autocomplete="off" spellcheck="false"></label></p>
<div id="interface"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/docs.js"></script>
</html>
"""
_PLAIN_STYLE: Final = """<style>
 body { font: 15px/1.5 system-ui; max-width: 52em; margin: 2em auto; padding: 0 1em }
 td { padding: 2px 12px 2px 0; vertical-align: top } code { font-size: 14px }
</style>
<h1>Tradewind: the interface</h1>
<p>This is what there is; <a href="/openapi.json">openapi.json</a> says all of it. With Node.js at
set-up this page lets you try requests.</p>
<table>
"""


def is_interactive() -> bool:
    """Return whether Swagger UI is installed."""
    return all(path.exists() for path, _ in FILES.values())


def docs_page(document: Mapping[str, Any]) -> str:
    """Return the page of an OpenAPI document."""
    if is_interactive():
        return _HEAD + _INTERACTIVE
    return _HEAD + _PLAIN_STYLE + "".join(_rows(document["paths"])) + "</table>\n</html>\n"


def _rows(paths: Mapping[str, Any]) -> Sequence[str]:
    return [
        f"<tr><td><code>{method.upper()}</code><td><code>{escape(path)}</code>"
        f"<td>{escape(operation['summary'])}\n"
        for path, methods in paths.items()
        for method, operation in methods.items()
    ]
