"""The media types the gateway reads and answers."""

from typing import Final

JSON: Final = "application/json"
PROBLEM_JSON: Final = "application/problem+json"
HTML: Final = "text/html"
