"""The parts of a server that all services share."""

from dataclasses import dataclass

from localgcp.core.http.settings import Settings
from localgcp.core.state.operations import Operations
from localgcp.core.state.state import State


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """The shared parts of one server."""

    settings: Settings
    state: State
    operations: Operations
