"""An Ethereum address on the command line."""

import click
from pydantic import TypeAdapter, ValidationError

from tradewind.contracts.instruments.assets import Address


class AddressType(click.ParamType[str]):
    """Accepts what the API accepts; a usage error says what is wrong with anything else."""

    name = "address"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the address with its checksum."""
        try:
            address: str = TypeAdapter(Address).validate_python(value)
        except ValidationError as error:
            self.fail(f"{value}: {error.errors()[0]['msg'].removeprefix('Value error, ')}")
        return address
