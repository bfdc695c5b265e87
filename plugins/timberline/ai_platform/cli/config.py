"""Reads the configuration files of `gcloud ai-platform jobs submit training`: YAML, or JSON."""

import sys
from pathlib import Path
from typing import Any

from timberline.run.errors import AiPlatformError, JobFileError
from timberline.run.strict_yaml import load_strict

STANDARD_INPUT = "-"


def read_config(path: str) -> Any:
    """Return the unchecked content of a configuration file.

    Args:
        path: the file; `-` is the standard input.

    Raises:
        AiPlatformError: the file cannot be read, or is not valid YAML; the message begins with the path.
    """
    name = "standard input" if path == STANDARD_INPUT else path
    try:
        text = sys.stdin.read() if path == STANDARD_INPUT else Path(path).read_text(encoding="utf-8")
        return load_strict(text)
    except OSError as error:
        raise AiPlatformError(f"{name}: expected a file that can be read, found: {error.strerror}") from None
    except UnicodeDecodeError:
        raise AiPlatformError(f"{name}: expected YAML in UTF-8, found other bytes") from None
    except (JobFileError, RecursionError, ValueError) as error:  # ValueError: an invalid date
        raise AiPlatformError(f"{name}: {error}") from None
