"""A role, a read model, a venue and three topics that the product knows nothing of.

`site/sitecustomize.py` registers them in every process that has it on its path: a line for each,
where the product's own stand. Everything else of the platform is the product as it is.
"""

from typing import Final

TOY: Final = "toy"
