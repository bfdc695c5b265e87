"""The former place of `localgcp.core.conventions.errors`."""

from localgcp.core.conventions.errors import *  # noqa: F403
from localgcp.core.conventions.errors import render  # noqa: F401
