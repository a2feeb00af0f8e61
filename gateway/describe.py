"""`python -m gateway.describe`: prints the description of the interface."""

import json
import sys

from gateway.routes.table import DESCRIPTION


def main() -> None:
    """Print it as JSON."""
    json.dump(DESCRIPTION.document(), sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
