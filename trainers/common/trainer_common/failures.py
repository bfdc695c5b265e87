"""Turns an expected failure into one line on stderr and an exit code, without a traceback.

UserError          the caller asked for something impossible: a retry would fail too
  MissingFileError   there is no such file
StorageError       a file could not be read or written, though the request made sense: a retry may succeed
"""

import sys
from collections.abc import Callable, Sequence

USER_ERROR_EXIT_CODE = 2
"""The code that argparse uses too: the same command fails in the same way again, so a retry is pointless."""


STORAGE_ERROR_EXIT_CODE = 1
"""The code of every other failure: a retry may succeed."""


class UserError(Exception):
    """The caller asked for something impossible: a flag, a path or a data set is wrong.

    The message is one line: what was expected, what was found, and what to do.
    """


class MissingFileError(UserError):
    """A file that should be there is not."""


class StorageError(Exception):
    """A disk is full, a permission is missing or a service is out of order; the message is one line."""


def run_main(main: Callable[[Sequence[str]], None], argv: Sequence[str] | None = None) -> int:
    """Runs an entry point and returns its exit code.

    Args:
        main: The entry point; takes the command-line arguments without the program name.
        argv: The arguments; those of this process when None.

    Returns:
        0; `USER_ERROR_EXIT_CODE` after a `UserError` and `STORAGE_ERROR_EXIT_CODE` after a `StorageError`, whose
        message is on stderr. Any other exception is a defect, and passes through with its traceback.
    """
    try:
        main(sys.argv[1:] if argv is None else argv)
    except (UserError, StorageError) as error:
        sys.stderr.write(f"error: {' '.join(str(error).split())}\n")
        return USER_ERROR_EXIT_CODE if isinstance(error, UserError) else STORAGE_ERROR_EXIT_CODE
    return 0
