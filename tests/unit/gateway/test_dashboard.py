"""Pages and data share addresses, and nothing but the built files is ever served."""

import gzip
import re
from collections.abc import Sequence
from pathlib import Path

import httpx2
import pytest

from gateway.dashboard import files as dashboard_files
from gateway.dashboard.dashboard import CONTENT_SECURITY_POLICY, Dashboard
from tests.support.keys import owned_key
from tests.unit.gateway.keyed import keyed_gateway
from tests.unit.gateway.support import GatewayHarness, check_problem
from tradewind.errors import ConfigurationError

BROWSER = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
    "image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"
}
SHELL = b"<!doctype html><title>Tradewind</title>"
SCRIPT = b"export const answer = 42;\n" * 60
PAGES = '["/intents", "/intent/$id", "/ops/{-$tab}", "/docs-like/$"]'
SECRET = "what nobody may read"
BOTH_WAYS = "/intents"
"""An address of a page and of data."""


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """Return a dashboard as the build leaves it, with a secret beside it."""
    directory = tmp_path / "dist"
    (directory / "assets").mkdir(parents=True)
    (directory / ".vite").mkdir()
    (directory / ".vite/pages.json").write_text(PAGES)
    (directory / "index.html").write_bytes(SHELL)
    (directory / "theme.js").write_bytes(b"document;")
    (directory / "assets/index-1a.js").write_bytes(SCRIPT)
    (directory / "assets/index-1a.js.gz").write_bytes(gzip.compress(SCRIPT))
    (directory / "assets/index-1a.js.br").write_bytes(b"brotli")
    (tmp_path / "secret.txt").write_text(SECRET)
    return directory


def gateway_of(directory: Path) -> GatewayHarness:
    return GatewayHarness(dashboard_directory=str(directory))


async def asked(
    directory: Path,
    path: str,
    headers: dict[str, str] | Sequence[tuple[str, str]] = BROWSER,
    method: str = "GET",
) -> httpx2.Response:
    async with gateway_of(directory).client() as client:
        client.headers.pop("accept-encoding")
        client.headers.pop("accept")
        return await client.request(method, path, headers=headers)


@pytest.mark.parametrize(
    "path", ["/", "/intents", "/intents/", "/intent/01M7Y1TMHBHXE8EFKH8WEG8SYH", "/ops", "/ops/lag"]
)
async def test_a_browser_gets_the_shell_of_every_page(built: Path, path: str) -> None:
    answer = await asked(built, path)
    assert (answer.status_code, answer.content) == (200, SHELL)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["vary"] == "Accept, Accept-Encoding"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    policy = answer.headers["content-security-policy"]
    assert policy == CONTENT_SECURITY_POLICY
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "application/json, text/html", "*/*, text/html", ""]
)
async def test_a_program_gets_data_at_the_same_address(built: Path, accept: str) -> None:
    answer = await asked(built, BOTH_WAYS, {"Accept": accept})
    assert answer.json()["items"] == []
    assert "Accept" in answer.headers["vary"].split(", ")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("accept", "is_page"),
    [
        ("text/html", True),
        ("TEXT/HTML ; q=0.3, */*;q=0.1", True),
        ("application/json;q=0.9, text/html", True),
        ("text/html;q=0", False),
        ("text/html;q=0.5, application/json", False),
        ("text/html;q=nan, */*", False),
        ("text/html;q=99, */*", False),
        ('application/json;a="text/html,x", text/html;q=0.1', False),
        ("text/*, */*", False),
        ("application/xhtml+xml, */*", False),
        (",,,", False),
    ],
)
async def test_the_first_of_the_best_in_accept_decides(
    built: Path, accept: str, is_page: bool
) -> None:
    answer = await asked(built, BOTH_WAYS, {"Accept": accept})
    assert (answer.content == SHELL) is is_page


async def test_every_line_of_accept_counts(built: Path) -> None:
    lines = [("Accept", "application/json;q=0.1"), ("Accept", "text/html")]
    assert (await asked(built, BOTH_WAYS, lines)).content == SHELL


async def test_an_unknown_page_is_a_page_with_404(built: Path) -> None:
    answer = await asked(built, "/nothing/here")
    assert (answer.status_code, answer.content) == (404, SHELL)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    check_problem(await asked(built, "/nothing/here", {}), 404, "NOT_FOUND")


@pytest.mark.parametrize("path", ["/health", "/ready", "/openapi.json", "/docs", "/portfolios"])
async def test_an_address_without_a_page_is_as_it_was(built: Path, path: str) -> None:
    answer = await asked(built, path)
    assert answer.status_code == 200
    assert answer.content != SHELL


async def test_only_reading_gets_a_page(built: Path) -> None:
    answer = await asked(built, "/", method="POST")
    check_problem(answer, 404, "NOT_FOUND")
    answer = await asked(built, "/assets/index-1a.js", method="PUT")
    check_problem(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "GET, HEAD"


async def test_an_asset_is_kept_for_ever_and_compressed_beforehand(built: Path) -> None:
    for accepted, encoding, content in [
        ("gzip, deflate, br, zstd", "br", b"brotli"),
        ("br;q=0, x-gzip", "gzip", SCRIPT),
        ("gzip;q=1.0, br;q=0.5", "gzip", SCRIPT),
        ("*", "br", b"brotli"),
        ("*;q=0, gzip;q=0.001", "gzip", SCRIPT),
        ("gzip;q=0.5, identity", None, SCRIPT),
        ("gzip;q=much", None, SCRIPT),
        ("identity;q=0, *;q=0", None, SCRIPT),
        ("", None, SCRIPT),
    ]:
        async with gateway_of(built).client() as client:
            url = "http://127.0.0.1/assets/index-1a.js"
            headers = {"Accept-Encoding": accepted}
            async with client.stream("GET", url, headers=headers) as answer:
                raw = b"".join([part async for part in answer.aiter_raw()])
        assert answer.headers.get("content-encoding") == encoding, accepted
        assert (gzip.decompress(raw) if encoding == "gzip" else raw) == content
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize("path", ["/", "/theme.js", "/assets/index-1a.js"])
async def test_what_a_browser_has_is_not_sent_again(built: Path, path: str) -> None:
    tag = (await asked(built, path)).headers["etag"]
    for known in (tag, f'"other", W/{tag}', "*"):
        answer = await asked(built, path, {**BROWSER, "If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag
    if path == "/":
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    for other in ('"other"', tag.strip('"'), "", ",", '"' * 99):
        answer = await asked(built, path, {**BROWSER, "If-None-Match": other})
        assert answer.status_code == 200


async def test_each_encoding_is_another_thing_to_keep(built: Path) -> None:
    path = "/assets/index-1a.js"
    tags = {
        (await asked(built, path, {"Accept-Encoding": one})).headers["etag"]
        for one in ("gzip", "identity")
    }
    assert len(tags) == 2


async def test_another_build_has_another_tag(built: Path) -> None:
    before = (await asked(built, "/")).headers["etag"]
    (built / "index.html").write_bytes(SHELL + b" ")
    assert (await asked(built, "/")).headers["etag"] != before


@pytest.mark.parametrize("path", ["/", "/intents", "/assets/index-1a.js", "/nothing"])
async def test_head_is_the_head_of_get(built: Path, path: str) -> None:
    got, head = await asked(built, path), await asked(built, path, method="HEAD")
    own = {"x-request-id"}
    assert head.status_code == got.status_code
    assert {k: v for k, v in head.headers.items() if k not in own} == {
        k: v for k, v in got.headers.items() if k not in own
    }


async def test_a_range_is_the_whole(built: Path) -> None:
    ranges = ["bytes=0-1", "bytes=-1", "bytes=5-2", "bytes=0-0,0-0", "lines=1"]
    for one in ranges:
        answer = await asked(built, "/assets/index-1a.js", {"Range": one, "If-Range": '"x"'})
        assert (answer.status_code, answer.content) == (200, SCRIPT)


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../../secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets/..\\..\\secret.txt",
        "/assets//etc/passwd",
        "/assets/",
        "/assets/index-1a.js/",
        "/assets/index-1a.js%00.css",
        "/assets/index-1a.js.br",
        "/assets/INDEX-1A.js",
        "/assets/index-1a.js%3Fx",
        "/assets/index-1a.js%23x",
        "//assets/index-1a.js",
        "/intents%3Fx",
        "/assets/.hidden",
        "/assets/linked.txt",
        "/assets/folder/secret.txt",
        "/.vite/pages.json",
        "/index.html",
        "/secret.txt",
        "/%2e%2e/secret.txt",
    ],
)
async def test_nothing_else_can_be_named(built: Path, path: str) -> None:
    (built / "assets/.hidden").write_text(SECRET)
    (built / "assets/linked.txt").symlink_to(built.parent / "secret.txt")
    (built / "assets/folder").symlink_to(built.parent, target_is_directory=True)
    for accept in ("*/*", "text/html"):
        answer = await asked(built, path, {"Accept": accept})
        assert answer.status_code == 404
        assert SECRET.encode() not in answer.content
    assert answer.content == SHELL or answer.headers["content-type"] == "application/problem+json"


async def test_a_link_that_comes_later_is_not_followed(built: Path) -> None:
    """Given a file that is replaced by a link while the gateway runs: it was read before."""
    gateway = gateway_of(built)
    (built / "theme.js").unlink()
    (built / "theme.js").symlink_to(built.parent / "secret.txt")
    async with gateway.client() as client:
        assert (await client.get("/theme.js")).content == b"document;"


def test_a_directory_that_is_no_dashboard_is_refused(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard_files, "MAX_FILES", 3)
    with pytest.raises(ConfigurationError, match="TRADEWIND_DASHBOARD_DIRECTORY"):
        Dashboard.read(str(built))


@pytest.mark.parametrize("path", ["/", "/intent/01M7Y1TM"])
async def test_what_was_not_built_is_said_in_a_page(tmp_path: Path, path: str) -> None:
    answer = await asked(tmp_path / "dist", path)
    assert answer.status_code == 404
    assert "make up" in answer.text
    assert "script" not in answer.text
    assert "sha256-" in answer.headers["content-security-policy"]
    async with gateway_of(tmp_path / "dist").client() as client:
        links = re.findall(r'href="([^"]+)"', answer.text)
        found = [(await client.get(one, headers=BROWSER)).status_code for one in links]
    assert found == [200, 200, 200]


async def test_an_empty_directory_turns_it_off() -> None:
    async with GatewayHarness(dashboard_directory="").client() as client:
        check_problem(await client.get("/", headers=BROWSER), 404, "NOT_FOUND")


async def test_pages_need_no_key_and_data_does(built: Path) -> None:
    """The page is where somebody signs in."""
    async with (
        keyed_gateway(owned_key(), dashboard_directory=str(built)) as keyed,
        keyed.gateway.client() as client,
    ):
        client.headers["accept-encoding"] = "gzip"
        for path in ("/", "/intents", "/theme.js", "/assets/index-1a.js", "/nothing"):
            answer = await client.get(path, headers=BROWSER)
            assert answer.status_code == (404 if path == "/nothing" else 200)
        for path in ("/intents", "/portfolios", "/nothing"):
            answer = await client.get(path, headers={"Accept": "application/json"})
            check_problem(answer, 401, "UNAUTHENTICATED")
            assert "Accept" in answer.headers["vary"]
        answer = await client.get("/portfolios", headers=BROWSER)
        check_problem(answer, 401, "UNAUTHENTICATED")
