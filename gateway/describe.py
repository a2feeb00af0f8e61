"""`python -m gateway.describe`: prints the description of the interface."""

import json
import sys

from gateway.routes.table import DESCRIPTION

json.dump(DESCRIPTION, sys.stdout, indent=1)
sys.stdout.write("\n")
