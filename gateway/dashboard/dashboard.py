"""Answers with the dashboard's files: the shell for every page, assets for ever."""

import base64
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

import structlog
from starlette.requests import Request
from starlette.responses import Response

from gateway.dashboard.files import BuiltFile, read_files, read_pages
from gateway.http.encodings import preferred_encoding
from gateway.http.header_lists import list_elements
from gateway.http.media_types import HTML
from gateway.http.problems import Problem, ProblemCode
from tradewind import CHECKOUT

SHELL: Final = "/index.html"
ASSETS: Final = "/assets/"
"""What is below has its content's hash in its name."""
CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
"""Nothing but what this gateway serves, and no text that becomes a script."""
_IMMUTABLE: Final = "public, max-age=31536000, immutable"
_REVALIDATE: Final = "no-cache"
_NOT_BUILT: Final = Path(__file__).with_name("not_built.html")

logger = structlog.get_logger(__name__)


class Dashboard:
    """Serves one folder as it was when the process started."""

    def __init__(
        self, files: Mapping[str, BuiltFile], pages: Sequence[re.Pattern[str]] = ()
    ) -> None:
        self._files = files
        self._pages = pages
        self._not_built = _NOT_BUILT.read_bytes()

    @classmethod
    def read(cls, directory: str) -> Self:
        """Return the dashboard of a directory, which a relative path has beside the code."""
        path = CHECKOUT / directory
        files = read_files(path)
        if SHELL not in files:
            logger.warning("dashboard not built", directory=str(path))
            return cls({})
        return cls(files, read_pages(path))

    @property
    def file_paths(self) -> Sequence[str]:
        """What is served beside the assets; the shell has the addresses of the pages instead."""
        return [name for name in self._files if not name.startswith(ASSETS) and name != SHELL]

    def is_page(self, path: str) -> bool:
        """Return whether there is a page at this address."""
        return path == "/" or any(page.fullmatch(path) for page in self._pages)

    async def show_page(self, request: Request) -> Response:
        """Answer with the page of an address; with 404 where there is none."""
        is_page = self.is_page(request.scope["path"])
        if SHELL not in self._files:
            return self._show_not_built()
        headers = {
            "Content-Security-Policy": CONTENT_SECURITY_POLICY,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Vary": "Accept, Accept-Encoding",
        }
        if not is_page:
            return _answer(request, self._files[SHELL], headers, 404)
        return _conditional(request, self._files[SHELL], headers | {"Cache-Control": _REVALIDATE})

    async def show_file(self, request: Request) -> Response:
        """Answer with a file that the page loads."""
        path = request.scope["path"]
        if path not in self._files:
            raise Problem(ProblemCode.NOT_FOUND, "the dashboard has no such file")
        caching = _IMMUTABLE if path.startswith(ASSETS) else _REVALIDATE
        headers = {"Cache-Control": caching, "Vary": "Accept-Encoding"}
        return _conditional(request, self._files[path], headers)

    def _show_not_built(self) -> Response:
        """Say what is missing, in a page that loads nothing; its style is known by its hash."""
        style = self._not_built.partition(b"<style>")[2].partition(b"</style>")[0]
        known = base64.b64encode(sha256(style).digest()).decode()
        headers = {
            "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{known}'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            "Vary": "Accept",
        }
        return Response(self._not_built, 404, headers, HTML)


def _conditional(request: Request, file: BuiltFile, headers: Mapping[str, str]) -> Response:
    """Answer with a file, unless the client has just this one."""
    encoding = preferred_encoding(request.headers, [*file.encoded])
    tag = f'"{file.digest}{f"-{encoding}" if encoding else ""}"'
    headers = {**headers, "ETag": tag}
    known = [one.removeprefix("W/") for one in list_elements(request.headers, "if-none-match")]
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return _answer(request, file, headers)


def _answer(
    request: Request, file: BuiltFile, headers: Mapping[str, str], status: int = 200
) -> Response:
    encoding = preferred_encoding(request.headers, [*file.encoded])
    if encoding is None:
        return Response(file.content, status, headers, file.media_type)
    headers = {**headers, "Content-Encoding": encoding}
    return Response(file.encoded[encoding], status, headers, file.media_type)
