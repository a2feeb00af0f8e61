"""Where the locustfile is and what chooses its profile; importing Locust itself patches sockets."""

from pathlib import Path
from typing import Final

LOCUSTFILE: Final = Path(__file__).parent.parent / "locustfile.py"
PROFILE_VARIABLE: Final = "TRADEWIND_LOAD_PROFILE"
