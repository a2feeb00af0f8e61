"""Loads the wallet's key from a keystore or the environment; no log or error shows it."""

import json
import os
import re
from pathlib import Path
from typing import Any, Final, NoReturn

from eth_account import Account
from eth_account.signers.local import LocalAccount

from tradewind.errors import ConfigurationError
from tradewind.settings import PREFIX
from tradewind.trading.chain.hexadecimal import to_data
from tradewind.trading.chain.settings import WalletSettings
from tradewind.trading.wallet.records import SignedTransaction, UnsignedTransaction

EIP_1559: Final = 2
MAX_FILE_BYTES: Final = 65_536
_KEY: Final = re.compile(r"(0x)?[0-9a-fA-F]{64}", re.ASCII)
KEY_VARIABLES: Final = (f"{PREFIX}WALLET_KEY", f"{PREFIX}KEYSTORE_PASSWORD")


class Signer:
    """Signs for one account. It cannot be pickled; its representation shows only the address."""

    def __init__(self, account: LocalAccount) -> None:
        self._account = account
        self.address: str = account.address

    def __repr__(self) -> str:
        return f"Signer({self.address})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a signer does not leave its process")

    def sign(self, unsigned: UnsignedTransaction) -> SignedTransaction:
        """Return an EIP-1559 transaction; the same input gives the same bytes (RFC 6979)."""
        transaction: dict[str, Any] = {
            "type": EIP_1559,
            "chainId": unsigned.chain_id,
            "nonce": unsigned.nonce,
            "to": unsigned.target,
            "data": to_data(unsigned.data),
            "value": 0,
            "gas": unsigned.gas_limit,
            "maxFeePerGas": unsigned.fees.max_fee_per_gas_wei,
            "maxPriorityFeePerGas": unsigned.fees.max_priority_fee_per_gas_wei,
        }
        signed = self._account.sign_transaction(transaction)
        return SignedTransaction(bytes(signed.raw_transaction), to_data(bytes(signed.hash)))


def load_signer(settings: WalletSettings) -> Signer:
    """Return the signer of the configured key; ConfigurationError says which variable is wrong.

    The secrets are removed from the environment of this process, so that no child inherits them.
    """
    for variable in KEY_VARIABLES:
        os.environ.pop(variable, None)
    if settings.wallet_key is not None:
        return Signer(_from_key(settings.wallet_key.get_secret_value()))
    if settings.keystore_file is not None:
        return Signer(_from_keystore(settings.keystore_file, _password(settings)))
    raise ConfigurationError(
        f"{PREFIX}WALLET_KEY is not set: swaps on a chain need it or {PREFIX}KEYSTORE_FILE"
    )


def _from_key(key: str) -> LocalAccount:
    wrong = ConfigurationError(
        f"{PREFIX}WALLET_KEY is wrong: it must be 0x and 64 hexadecimal digits"
    )
    # The library accepts a key that lost a digit as another, valid key.
    if not _KEY.fullmatch(key.strip()):
        raise wrong
    try:
        account: LocalAccount = Account.from_key(key.strip())
    except Exception:  # any error of the library may quote the key
        raise wrong from None
    return account


def _from_keystore(path: Path, password: str) -> LocalAccount:
    document = _read_keystore(path)
    try:
        key = Account.decrypt(document, password)
    except Exception:  # the library raises various types for a wrong file
        raise ConfigurationError(
            f"{PREFIX}KEYSTORE_FILE: {path.name} cannot be decrypted: the password is wrong, or it"
            " is no keystore of version 3"
        ) from None
    account: LocalAccount = Account.from_key(key)
    return account


def _read_keystore(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ConfigurationError(f"{PREFIX}KEYSTORE_FILE: {path.name} is no keystore")
        document = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no JSON"
        raise ConfigurationError(f"{PREFIX}KEYSTORE_FILE: {path.name}: {reason}") from None
    if not isinstance(document, dict):
        raise ConfigurationError(f"{PREFIX}KEYSTORE_FILE: {path.name} is no keystore")
    return document


def _password(settings: WalletSettings) -> str:
    if settings.keystore_password is not None:
        return settings.keystore_password.get_secret_value()
    path = settings.keystore_password_file
    assert path is not None
    try:
        return path.read_text()[:MAX_FILE_BYTES].rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        variable = f"{PREFIX}KEYSTORE_PASSWORD_FILE"
        raise ConfigurationError(f"{variable}: {path.name}: {reason}") from None
