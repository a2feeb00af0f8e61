"""Writes the files a deployment mounts: users, SQL of the logins, an environment per identity.

Only the owner can enter the directory. Files that are mounted are readable by any user, because a
container runs as a user of its own; environments and `credentials.json` are never mounted.
"""

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tradewind.contracts.roles import SERVER_NAMES, ServerName
from tradewind.operations.access.addresses import ADDRESS_VARIABLES, address_for
from tradewind.operations.access.credentials import (
    CREDENTIALS_FILE,
    PASSWORD_BYTES,
    Credentials,
    load_credentials,
    write_secret,
)
from tradewind.operations.access.identities import Identity, identities
from tradewind.operations.access.nats_users import render_users
from tradewind.operations.access.postgres_logins import render_logins
from tradewind.operations.access.redis_users import render_acl

NATS_FILE: Final = "nats-users.conf"
REDIS_FILE: Final = "users.acl"
LOGINS_FILE: Final = "postgres-logins.sql"
POSTGRES_PASSWORD_FILE: Final = "postgres-password"  # noqa: S105
GRAFANA_PASSWORD_FILE: Final = "grafana-password"  # noqa: S105
KEY_SEAL_FILE: Final = "key-seal"
KEY_SEAL_BYTES: Final = 32
DIRECTORY_MODE: Final = 0o700
MOUNTED_MODE: Final = 0o644


def write_deployment(directory: Path, addresses: Mapping[ServerName, str]) -> list[Path]:
    """Write every file and return their paths; existing passwords are kept."""
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(DIRECTORY_MODE)
    credentials = load_credentials(directory)
    mounted = {
        NATS_FILE: render_authorization(credentials),
        REDIS_FILE: render_acl(credentials),
        LOGINS_FILE: render_logins(credentials),
        POSTGRES_PASSWORD_FILE: credentials.password("postgres", Identity.ADMINISTRATOR),
    }
    grafana = directory / GRAFANA_PASSWORD_FILE
    if not grafana.exists():
        mounted[GRAFANA_PASSWORD_FILE] = secrets.token_urlsafe(PASSWORD_BYTES)
    if not (directory / KEY_SEAL_FILE).exists():
        mounted[KEY_SEAL_FILE] = secrets.token_hex(KEY_SEAL_BYTES)
    for name, text in mounted.items():
        write_secret(directory / name, text)
        (directory / name).chmod(MOUNTED_MODE)
    for identity in identities():
        text = render_environment(identity, addresses, credentials)
        write_secret(directory / f"{identity}.env", text)
    environments = [f"{identity}.env" for identity in identities()]
    names = {*mounted, *environments, CREDENTIALS_FILE, GRAFANA_PASSWORD_FILE, KEY_SEAL_FILE}
    return sorted(directory / name for name in names)


def render_authorization(credentials: Credentials) -> str:
    """Return the `authorization` block, which nats-server's configuration includes."""
    return f"authorization: {json.dumps({'users': render_users(credentials)}, indent=2)}\n"


def render_environment(
    identity: Identity, addresses: Mapping[ServerName, str], credentials: Credentials
) -> str:
    """Return the environment variables with which a process logs in as an identity."""
    return "".join(
        f"{ADDRESS_VARIABLES[server]}="
        f"{address_for(server, addresses[server], identity, credentials)}\n"
        for server in SERVER_NAMES
    )
