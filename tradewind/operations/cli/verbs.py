"""A group of commands whose list shows what each does in a whole sentence."""

from typing import Final

import click

MAX_SENTENCE_CHARACTERS: Final = 200


class Verbs(click.Group):
    """Wraps the sentence of each command, which click would truncate."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        rows = [
            (name, self.commands[name].get_short_help_str(MAX_SENTENCE_CHARACTERS))
            for name in self.list_commands(ctx)
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
