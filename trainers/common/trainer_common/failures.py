"""Turn an expected failure into one line on stderr and an exit code, without a traceback.

UserError          the request cannot succeed: a retry fails too
  MissingFileError   a file does not exist
StorageError       a file could not be read or written: a retry may succeed
"""

import sys
from collections.abc import Callable, Sequence

USER_ERROR_EXIT_CODE = 2
"""The exit code of a `UserError`, and of argparse: the same command fails again in the same way."""


STORAGE_ERROR_EXIT_CODE = 1
"""The exit code of every other failure: a retry may succeed."""


class UserError(Exception):
    """A flag, a path, a variable or a data set is wrong.

    The message is one line: what was expected, what was found, and what to do.
    """


class MissingFileError(UserError):
    """A file does not exist."""


class StorageError(Exception):
    """A disk is full, a permission is missing or a service is down; the message is one line."""


def run_main(main: Callable[[Sequence[str]], None], argv: Sequence[str] | None = None) -> int:
    """Run an entry point and return its exit code.

    Args:
        main: The entry point; takes the command-line arguments without the program name.
        argv: The arguments; None for those of this process.

    Returns:
        0 after success, `USER_ERROR_EXIT_CODE` after a `UserError`, `STORAGE_ERROR_EXIT_CODE` after a `StorageError`.
        The message of both errors goes to stderr. Any other exception is a defect and propagates with its traceback.
    """
    try:
        main(sys.argv[1:] if argv is None else argv)
    except (UserError, StorageError) as error:
        sys.stderr.write(f"error: {' '.join(str(error).split())}\n")
        return USER_ERROR_EXIT_CODE if isinstance(error, UserError) else STORAGE_ERROR_EXIT_CODE
    return 0
