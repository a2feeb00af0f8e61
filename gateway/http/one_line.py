"""What a person writes into a request: one line, which shows as it is written wherever it is read.

Events may have more in them, because they are read for ever as they were recorded.
"""

from typing import Final

ONE_LINE_PATTERN: Final = r"^[^\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+$"
"""No control character, no separator of lines, and nothing that turns the direction of a text."""
