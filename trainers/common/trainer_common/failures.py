"""Turns an error of the caller into one line on stderr and an exit code, without a traceback."""

import sys
from collections.abc import Callable, Sequence

USER_ERROR_EXIT_CODE = 2
"""The code that argparse uses too: the same command fails in the same way again, so a retry is pointless."""


class UserError(Exception):
    """The caller asked for something impossible: a flag, a path or a data set is wrong.

    The message is one line: what was expected, what was found, and what to do.
    """


def run_main(main: Callable[[Sequence[str]], None], argv: Sequence[str] | None = None) -> int:
    """Runs an entry point and returns its exit code.

    Args:
        main: The entry point; takes the command-line arguments without the program name.
        argv: The arguments; those of this process when None.

    Returns:
        0, or `USER_ERROR_EXIT_CODE` after a `UserError`, whose message is on stderr. Any other exception is a defect or
        an outage, and passes through with its traceback.
    """
    try:
        main(sys.argv[1:] if argv is None else argv)
    except UserError as error:
        sys.stderr.write(f"error: {' '.join(str(error).split())}\n")
        return USER_ERROR_EXIT_CODE
    return 0
