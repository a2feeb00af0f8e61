"""Passwords are made once, kept from everybody else, and never shown by accident."""

import hashlib
import hmac
import json
from base64 import b64decode
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.settings import Settings
from tradewind.contracts.roles import Role
from tradewind.errors import ConfigurationError
from tradewind.operations.access.addresses import address_for, with_login, without_login
from tradewind.operations.access.credentials import CREDENTIALS_FILE, Credentials, load_credentials
from tradewind.operations.access.identities import Identity
from tradewind.operations.access.nats_users import render_users
from tradewind.operations.access.postgres_logins import render_logins, scram_verifier
from tradewind.operations.access.redis_users import render_acl


def _all_passwords(directory: Path) -> list[str]:
    stored = json.loads((directory / CREDENTIALS_FILE).read_text())
    return [password for server in stored.values() for password in server.values()]


def test_every_login_of_every_server_has_a_password_of_its_own(tmp_path: Path) -> None:
    load_credentials(tmp_path)
    passwords = _all_passwords(tmp_path)
    assert len(set(passwords)) == len(passwords) >= 20
    assert min(map(len, passwords)) >= 43
    assert (tmp_path / CREDENTIALS_FILE).stat().st_mode & 0o777 == 0o600


def test_the_second_start_finds_the_passwords_of_the_first(tmp_path: Path) -> None:
    first = load_credentials(tmp_path).to_json()
    (tmp_path / CREDENTIALS_FILE).chmod(0o644)
    assert load_credentials(tmp_path).to_json() == first
    assert (tmp_path / CREDENTIALS_FILE).stat().st_mode & 0o777 == 0o600


def test_a_login_that_came_later_is_added_and_the_others_stay(tmp_path: Path) -> None:
    before = load_credentials(tmp_path)
    stored = json.loads((tmp_path / CREDENTIALS_FILE).read_text())
    del stored["nats"]["sweeper"]
    (tmp_path / CREDENTIALS_FILE).write_text(json.dumps(stored))
    after = load_credentials(tmp_path)
    sweeper, risk = Identity(Role.SWEEPER), Identity(Role.RISK)
    assert after.password("nats", sweeper) != before.password("nats", sweeper)
    assert after.password("nats", risk) == before.password("nats", risk)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"nats": 1}'])
def test_a_damaged_file_is_said_not_replaced(tmp_path: Path, text: str) -> None:
    (tmp_path / CREDENTIALS_FILE).write_text(text)
    with pytest.raises(ConfigurationError, match=r"credentials\.json is damaged"):
        load_credentials(tmp_path)
    assert (tmp_path / CREDENTIALS_FILE).read_text() == text


def test_no_representation_shows_a_password(tmp_path: Path) -> None:
    credentials = load_credentials(tmp_path)
    assert not any(password in repr(credentials) for password in _all_passwords(tmp_path))


def test_what_postgresql_and_redis_read_holds_no_password(tmp_path: Path) -> None:
    credentials = load_credentials(tmp_path)
    written = render_logins(credentials) + render_acl(credentials)
    assert not any(password in written for password in _all_passwords(tmp_path))


def test_nats_knows_every_user_by_its_own_password() -> None:
    credentials = Credentials.generate()
    users = {user["user"]: user["password"] for user in render_users(credentials)}
    assert users["risk"] == credentials.password("nats", Identity(Role.RISK))
    assert set(users) == {
        *("feeds", "enricher", "evaluator", "desk"),
        *("tradewind", "gateway", "risk", "portfolio", "planner", "orchestrator", "coordinator"),
        *("market", "sweeper", "treasury", "recorder", "operator", "producer", "historian"),
        *("market", "sweeper", "treasury", "operator", "producer"),
        *("backtester", "strategist"),
    }


def test_a_verifier_is_what_rfc_5802_says() -> None:
    verifier = scram_verifier("pencil", b"0123456789abcdef")
    scheme, parameters, keys = verifier.split("$")
    iterations, salt = parameters.split(":")
    stored_key, server_key = map(b64decode, keys.split(":"))
    salted = hashlib.pbkdf2_hmac("sha256", b"pencil", b64decode(salt), int(iterations))
    client_key = hmac.new(salted, b"Client Key", hashlib.sha256).digest()
    assert (scheme, b64decode(salt)) == ("SCRAM-SHA-256", b"0123456789abcdef")
    assert stored_key == hashlib.sha256(client_key).digest()
    assert server_key == hmac.new(salted, b"Server Key", hashlib.sha256).digest()


def test_addresses_carry_a_login_and_lose_it_again() -> None:
    address = "nats://one:4222,nats://two:4222"
    logged_in = with_login(address, "risk", "p@ss/word:1")
    assert logged_in == (
        "nats://risk:p%40ss%2Fword%3A1@one:4222,nats://risk:p%40ss%2Fword%3A1@two:4222"
    )
    assert without_login(logged_in) == address
    assert (
        with_login(logged_in, "market", "x") == "nats://market:x@one:4222,nats://market:x@two:4222"
    )


def test_who_has_no_login_gets_an_address_that_lets_nobody_in() -> None:
    credentials = Credentials.generate()
    for server, address, roles in (
        ("postgres", "postgresql://host:5432/tradewind", (Role.MARKET,)),
        ("redis", "redis://host:6379/0", (Role.RISK, Role.ENRICHER, Role.MARKET)),
    ):
        for identity in map(Identity, roles):
            assert address_for(server, address, identity, credentials) == address  # type: ignore[arg-type]


def test_settings_do_not_show_the_passwords_in_their_addresses() -> None:
    settings = Settings(
        nats_url="nats://risk:secret@host:4222",
        postgres_dsn=SecretStr("postgresql://risk:secret@host/tradewind"),
        redis_url=SecretStr("redis://risk:secret@host"),
    )
    assert "secret" not in repr(settings)
    assert "secret" not in str(settings)
