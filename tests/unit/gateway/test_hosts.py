"""Who may ask under which name, and which pages may read the answer."""

import httpx2
import pytest

from gateway.http.hosts import is_loopback, parse_hosts
from tests.unit.gateway.asgi import raw_answer
from tests.unit.gateway.support import BODY, GatewayHarness, check_problem

HOSTS = "desk.example:8080,*.lan.example,https://trade.example"
PAGE = "https://page.example"


async def ask(
    gateway: GatewayHarness, method: str, headers: list[tuple[str, str]], path: str = "/intents"
) -> httpx2.Response:
    """Send a request with these headers and no Host beside them."""
    transport = httpx2.ASGITransport(gateway.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        request = client.build_request(method, path, headers=headers)
        request.headers = httpx2.Headers(headers)
        return await client.send(request)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:8080",
        "LOCALHOST:9",
        "localhost:",
        "[::1]:8080",
        "127.0.0.2",
        "desk.localhost",
        "desk.example:8080",
        "a.lan.example",
        "a.b.lan.example:1",
        "trade.example",
        "192.0.2.7:8080",
    ],
)
async def test_a_host_of_ours_is_served(host: str) -> None:
    gateway = GatewayHarness(gateway_host="192.0.2.7", gateway_hosts=HOSTS)
    assert (await ask(gateway, "GET", [("Host", host)])).status_code == 200


FOREIGN = [
    "evil.example",
    "evil.example:8080",
    "desk.example",
    "desk.example:80",
    "lan.example",
    "evillan.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.1",
    "2130706433",
    "0x7f.1",
    "192.0.2.8",
    "[fe80::1]",
]


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "HEAD"])
async def test_another_host_is_refused_whatever_is_asked(host: str, method: str) -> None:
    gateway = GatewayHarness(gateway_host="192.0.2.7", gateway_hosts=HOSTS)
    response = await ask(gateway, method, [("Host", host)])
    assert response.status_code == 421
    if method != "HEAD":
        check_problem(response, 421, "HOST_NOT_SERVED")
    assert gateway.publisher.attempts == []


@pytest.mark.parametrize(
    "values",
    [
        [],
        [""],
        ["127.0.0.1", "127.0.0.1"],
        ["127.0.0.1", "evil.example"],
        ["127.0.0.1, evil.example"],
        ["127.0.0.1:0"],
        ["127.0.0.1:65536"],
        ["127.0.0.1:x"],
        ["user@127.0.0.1"],
        ["127.0.0.1/"],
        ["http://127.0.0.1"],
        ["local host"],
        ["::1"],
        ["localhost\x7f"],
    ],
)
async def test_a_request_names_one_host(values: list[str]) -> None:
    response = await ask(GatewayHarness(), "GET", [("Host", value) for value in values])
    check_problem(response, 400, "HOST_INVALID")


@pytest.mark.parametrize(
    ("arrived_at", "host", "status"),
    [
        ("192.0.2.9", "192.0.2.9:8080", 426),
        ("::ffff:192.0.2.9", "192.0.2.9:8080", 426),
        ("2001:db8::1", "[2001:DB8:0::1]:8080", 426),
        ("192.0.2.9", "192.0.2.8:8080", 421),
        ("192.0.2.9", "evil.example", 421),
        (None, "192.0.2.9", 421),
    ],
)
async def test_the_address_that_was_connected_to_is_served(
    arrived_at: str | None, host: str, status: int
) -> None:
    """Given a gateway that listens everywhere: a scraper and a probe ask it by its address."""
    app = GatewayHarness(gateway_host="0.0.0.0").app
    answer = await raw_answer(
        app, "http", "/stream", [], {"Host": host}, method="GET", server=(arrived_at, 8080)
    )
    assert answer[0] == status


@pytest.mark.parametrize(("host", "status"), [("evil.example", 421), ("", 400)])
async def test_a_handshake_is_refused_as_well(host: str, status: int) -> None:
    app = GatewayHarness().app
    answer = await raw_answer(app, "websocket", "/stream", [], {"Host": host})
    assert answer[0] == status


@pytest.mark.parametrize(
    "text", ["a b", "http://", "ftp://a", "a:99999", "a:0", "*", "a.*.b", "a/"]
)
def test_a_wrong_list_of_hosts_is_a_wrong_setting(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match="is not HOST"):
        parse_hosts(text)


@pytest.mark.parametrize(
    ("host", "origin", "allowed", "status"),
    [
        ("127.0.0.1:8080", None, "", 201),
        ("127.0.0.1:8080", "http://127.0.0.1:8080", "", 201),
        ("localhost:8080", "http://LOCALHOST:8080", "", 201),
        ("localhost", "http://localhost", "", 201),
        ("localhost:80", "http://localhost", "", 201),
        ("[::1]:8080", "http://[::1]:8080", "", 201),
        ("desk.example:8080", "http://desk.example:8080", "", 201),
        ("trade.example", "https://trade.example", "", 201),
        ("trade.example:443", "https://trade.example", "", 201),
        ("127.0.0.1:8080", "https://127.0.0.1:8080", "", 403),
        ("127.0.0.1", "https://127.0.0.1", "", 403),
        ("127.0.0.1:8080", "chrome-extension://127.0.0.1:8080", "", 403),
        ("127.0.0.1:8080", "file://", "", 403),
        ("127.0.0.1:8080", "127.0.0.1:8080", "", 403),
        ("127.0.0.1:8080", "http://127.0.0.1:8080/", "", 403),
        ("127.0.0.1:8080", "http://127.0.0.1", "", 403),
        ("127.0.0.1:8080", "http://user@127.0.0.1:8080", "", 403),
        ("127.0.0.1:8080", "http://localhost:8080", "", 403),
        ("trade.example", "http://trade.example", "", 403),
        ("desk.example:8080", "https://desk.example:8080", "", 403),
        ("127.0.0.1:8080", "http://localhost:5173", "", 403),
        ("127.0.0.1:8080", "http://localhost:5173", "http://localhost:5173/", 201),
        ("127.0.0.1:8080", "https://evil.example", "", 403),
        ("127.0.0.1:8080", "null", "", 403),
        ("127.0.0.1:8080", "http://[::1", "", 403),
        ("evil.example:8080", "http://evil.example:8080", "", 421),
        ("evil.example:8080", PAGE, PAGE, 421),
    ],
)
async def test_pages_of_other_sites_may_not_submit(
    host: str, origin: str | None, allowed: str, status: int
) -> None:
    gateway = GatewayHarness(
        gateway_host="0.0.0.0", gateway_hosts=HOSTS, ws_allowed_origins=allowed
    )
    headers = {"Host": host} | ({"Origin": origin} if origin else {})
    async with gateway.client() as client:
        response = await client.post("/intents", json=BODY, headers=headers)
    if status == 403:
        check_problem(response, 403, "ORIGIN_NOT_ALLOWED")
    assert response.status_code == status
    assert len(gateway.publisher.published) == (status == 201)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("[::1]", True),
        ("localhost", True),
        ("a.localhost", True),
        ("0.0.0.0", False),
        ("a.b", False),
        ("notlocalhost", False),
    ],
)
def test_loopback_hosts(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


async def test_a_page_of_an_allowed_origin_may_submit_and_read_the_answer() -> None:
    gateway = GatewayHarness(ws_allowed_origins=PAGE)
    async with gateway.client() as client:
        asked = {
            "Origin": PAGE,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type, idempotency-key",
            "Access-Control-Request-Private-Network": "true",
        }
        preflight = await client.options("/intents", headers=asked)
        response = await client.post("/intents", json=BODY, headers={"Origin": PAGE})
        missing = await client.get("/nothing", headers={"Origin": PAGE})
    assert preflight.status_code == 204
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert "Idempotency-Key" in preflight.headers["access-control-allow-headers"]
    assert preflight.headers["access-control-allow-private-network"] == "true"
    assert {"Origin", "Access-Control-Request-Method"} <= set(
        preflight.headers["vary"].replace(",", " ").split()
    )
    assert (response.status_code, missing.status_code) == (201, 404)
    for answer in (preflight, response, missing):
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert "Location" in answer.headers["access-control-expose-headers"]
        assert "Retry-After" in answer.headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in answer.headers


async def test_a_defect_is_shown_to_an_allowed_page_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gateway = GatewayHarness(ws_allowed_origins=PAGE)
    gateway.read_models.error = RuntimeError("defect")
    async with gateway.client() as client:
        response = await client.get("/intents", headers={"Origin": PAGE})
    check_problem(response, 500, "INTERNAL_ERROR")
    assert response.headers["access-control-allow-origin"] == PAGE


@pytest.mark.parametrize(
    "origins", [["https://evil.example"], [PAGE, PAGE], [PAGE, "https://evil.example"], ["null"]]
)
async def test_any_other_page_may_read_nothing(origins: list[str]) -> None:
    gateway = GatewayHarness(ws_allowed_origins=PAGE)
    headers = [("Host", "127.0.0.1"), *(("Origin", origin) for origin in origins)]
    answers = [
        await ask(gateway, "GET", headers),
        await ask(gateway, "OPTIONS", [*headers, ("Access-Control-Request-Method", "POST")]),
    ]
    assert [answer.status_code for answer in answers] == [200, 405]
    for answer in answers:
        assert answer.headers["vary"] == "Origin, Accept, Accept-Encoding"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert not [name for name in answer.headers if name.startswith("access-control-")]
