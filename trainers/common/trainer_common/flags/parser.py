"""Parse a command line; an error is a `UserError` of one line."""

import argparse
from typing import NoReturn

from trainer_common.failures import UserError


class OneLineParser(argparse.ArgumentParser):
    """A parser that raises `UserError` where argparse prints the usage and exits; flags cannot be abbreviated."""

    def __init__(self, description: str) -> None:
        """Args: description: the first line of `--help`."""
        super().__init__(description=description, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Raise `UserError` with argparse's message."""
        raise UserError(f"{message}; see --help")
