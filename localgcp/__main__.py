"""`python -m localgcp`."""

import os
import sys
import threading

from localgcp.cli.main import main


def _leave(code: int) -> None:
    """End the process, even if a query still runs in a thread that cannot be interrupted; the state is closed."""
    if all(thread.daemon or thread is threading.main_thread() for thread in threading.enumerate()):
        sys.exit(code)
    for stream in filter(None, (sys.stdout, sys.stderr)):  # standard output or standard error may be closed
        stream.flush()
    os._exit(code)


_leave(main())
