"""The passwords of every identity: random, one for each server, in a file only its owner reads."""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tradewind.contracts.roles import SERVER_NAMES, ServerName
from tradewind.errors import ConfigurationError
from tradewind.operations.access.identities import Identity, logins_at

CREDENTIALS_FILE: Final = "credentials.json"
PASSWORD_BYTES: Final = 32
OWNER_ONLY: Final = 0o600

type Passwords = Mapping[str, Mapping[str, str]]


class Credentials:
    """Passwords by server and login. The representation shows none of them."""

    def __init__(self, passwords: Passwords) -> None:
        self._passwords = passwords

    def __repr__(self) -> str:
        return "Credentials()"

    @classmethod
    def generate(cls, known: Passwords | None = None) -> "Credentials":
        """Return random passwords for every login, keeping those that are known."""
        known = known or {}
        return cls(
            {
                server: {
                    identity: known.get(server, {}).get(identity)
                    or secrets.token_urlsafe(PASSWORD_BYTES)
                    for identity in logins_at(server)
                }
                for server in SERVER_NAMES
            }
        )

    def password(self, server: ServerName, identity: Identity) -> str:
        """Return a password; KeyError for an identity that cannot log in there."""
        return self._passwords[server][identity]

    def to_json(self) -> str:
        """Return the content of the file."""
        return json.dumps(self._passwords, indent=2) + "\n"


def load_credentials(directory: Path) -> Credentials:
    """Return the credentials of a directory, generated on first use; ConfigurationError."""
    path = directory / CREDENTIALS_FILE
    try:
        text = path.read_text()
    except FileNotFoundError:
        text = "{}"
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    credentials = Credentials.generate(_parse(path, text))
    if credentials.to_json() != text:
        write_secret(path, credentials.to_json())
    elif path.stat().st_mode & 0o777 != OWNER_ONLY:
        path.chmod(OWNER_ONLY)
    return credentials


def write_secret(path: Path, text: str) -> None:
    """Replace a file atomically by one that only its owner can read."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    fresh.replace(path)


def _parse(path: Path, text: str) -> Passwords:
    try:
        stored = json.loads(text)
        return {
            server: {name: str(password) for name, password in stored.get(server, {}).items()}
            for server in SERVER_NAMES
        }
    except (ValueError, AttributeError):
        raise ConfigurationError(
            f"{path} is damaged: remove it, and new passwords are made at the next start"
        ) from None
