"""The key signs, and shows itself to nobody."""

import json
import os
import pickle
import traceback
from pathlib import Path

import pytest
from eth_account import Account
from pydantic import SecretStr

from actors.venues.uniswap_v3.keys import load_signer
from tradewind.errors import ConfigurationError
from tradewind.trading.chain.settings import WalletSettings
from tradewind.trading.wallet.records import Fees, UnsignedTransaction

SECRET = "5eC2e7" + "ab" * 29
KEY = f"0x{SECRET}"
ADDRESS = Account.from_key(KEY).address
PASSWORD = "correct horse"
FORMS = (SECRET.lower(), SECRET.upper(), str(int(SECRET, 16)), PASSWORD)
UNSIGNED = UnsignedTransaction(31_337, 7, ADDRESS, b"\x01\x02", 21_000, Fees(30, 2))


@pytest.fixture(scope="module")
def keystore(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an encrypted keystore file, as any wallet program writes it."""
    path = tmp_path_factory.mktemp("keys") / "keystore.json"
    path.write_text(
        json.dumps(Account.encrypt(bytes.fromhex(SECRET), PASSWORD, kdf="pbkdf2", iterations=2))
    )
    return path


def from_key() -> WalletSettings:
    return WalletSettings(wallet_key=SecretStr(KEY))


def test_a_signature_recovers_to_the_wallet_and_is_always_the_same() -> None:
    signer = load_signer(from_key())
    signed = signer.sign(UNSIGNED)
    assert Account.recover_transaction(signed.raw) == signer.address == ADDRESS
    assert signed == load_signer(from_key()).sign(UNSIGNED)
    assert signed.raw[0] == 2  # EIP-1559


def test_a_keystore_opens_with_its_password(keystore: Path, tmp_path: Path) -> None:
    password_file = tmp_path / "password"
    password_file.write_text(PASSWORD + "\n")
    for settings in (
        WalletSettings(keystore_file=keystore, keystore_password=SecretStr(PASSWORD)),
        WalletSettings(keystore_file=keystore, keystore_password_file=password_file),
    ):
        assert load_signer(settings).address == ADDRESS


def test_nothing_shows_the_key() -> None:
    signer = load_signer(from_key())
    shown = f"{signer} {signer!r} {[signer]} {signer.__dict__ | {}!s}"
    assert not any(form in shown for form in FORMS)
    with pytest.raises(TypeError):
        pickle.dumps(signer)


def test_the_environment_loses_the_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEWIND_WALLET_KEY", KEY)
    load_signer(WalletSettings())
    assert "TRADEWIND_WALLET_KEY" not in os.environ


@pytest.mark.parametrize("key", [KEY[:-1], KEY + "0", "0x" + "zz" * 32, "", "0x" + "00" * 32])
def test_a_wrong_key_is_refused_without_being_quoted(key: str) -> None:
    with pytest.raises(ConfigurationError, match="TRADEWIND_WALLET_KEY") as caught:
        load_signer(WalletSettings(wallet_key=SecretStr(key)))
    told = "".join(traceback.format_exception(caught.value))
    assert SECRET[:20].lower() not in told.lower()


def test_without_a_key_the_message_says_what_to_set() -> None:
    with pytest.raises(ConfigurationError, match="TRADEWIND_KEYSTORE_FILE"):
        load_signer(WalletSettings())


@pytest.mark.parametrize(
    ("content", "what"),
    [("{}", "cannot be decrypted"), ("[]", "no keystore"), ("nonsense", "no JSON")],
)
def test_a_file_that_is_no_keystore_is_named(tmp_path: Path, content: str, what: str) -> None:
    path = tmp_path / "some.json"
    path.write_text(content)
    settings = WalletSettings(keystore_file=path, keystore_password=SecretStr(PASSWORD))
    with pytest.raises(ConfigurationError, match=what) as caught:
        load_signer(settings)
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))


def test_a_wrong_password_and_a_missing_file_are_told_apart(keystore: Path, tmp_path: Path) -> None:
    wrong = WalletSettings(keystore_file=keystore, keystore_password=SecretStr("no"))
    with pytest.raises(ConfigurationError, match="password is wrong"):
        load_signer(wrong)
    missing = WalletSettings(keystore_file=tmp_path / "none", keystore_password=SecretStr(PASSWORD))
    with pytest.raises(ConfigurationError, match="No such file"):
        load_signer(missing)
    no_password = WalletSettings(keystore_file=keystore, keystore_password_file=tmp_path / "none")
    with pytest.raises(ConfigurationError, match="KEYSTORE_PASSWORD_FILE"):
        load_signer(no_password)
