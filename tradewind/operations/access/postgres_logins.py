"""PostgreSQL: the group roles of every identity, and the SQL that creates its login.

The migrations grant permissions to the group roles. The SQL contains verifiers, never passwords.
"""

import base64
import hashlib
import hmac
import os
from typing import Final

from tradewind.operations.access.credentials import Credentials
from tradewind.operations.access.identities import Identity, logins_at

SCRAM_ITERATIONS: Final = 4_096
SALT_BYTES: Final = 16
ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(7237916003);"
"""A lock, because two sessions that alter the same login at once fail."""
_LOGIN: Final = """\
DO $$
BEGIN
    CREATE ROLE "{login}" LOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
ALTER ROLE "{login}" WITH LOGIN INHERIT
    NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
    PASSWORD '{verifier}';
GRANT {group} TO "{login}";
"""


def group_role(identity: Identity) -> str:
    """Return the group role that has an identity's permissions."""
    return f"tradewind_{identity}"


def render_logins(credentials: Credentials) -> str:
    """Return a transaction that creates every login, or sets its current password and roles."""
    statements = [
        _LOGIN.format(
            login=identity.login,
            verifier=scram_verifier(credentials.password("postgres", identity)),
            group=group_role(identity),
        )
        for identity in logins_at("postgres")
        if identity != Identity.ADMINISTRATOR
    ]
    return "\n".join(["BEGIN;", ONE_AT_A_TIME, *statements, "COMMIT;", ""])


def scram_verifier(password: str, salt: bytes | None = None) -> str:
    """Return the SCRAM verifier of an ASCII password (RFC 5803), which cannot be used to log in."""
    salt = salt or os.urandom(SALT_BYTES)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, SCRAM_ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    stored_key = hashlib.sha256(client_key).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    encoded = [base64.b64encode(part).decode() for part in (salt, stored_key, server_key)]
    return f"SCRAM-SHA-256${SCRAM_ITERATIONS}:{encoded[0]}${encoded[1]}:{encoded[2]}"
