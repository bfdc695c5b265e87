"""What no Google API has: faults, recorded requests, states of jobs, the clock, a snapshot and a reset; /localgcp/."""

from typing import TYPE_CHECKING, Any

from localgcp.core.control.lifecycle import Lifecycle
from localgcp.core.http.errors import not_found
from localgcp.core.http.routing import Reply, parse_json
from localgcp.core.state.clock import CLOCK, no_way_back

if TYPE_CHECKING:
    from localgcp.core.http.app import Application

PREFIX = "/localgcp/"
RESET = f"{PREFIX}reset"


def answer(app: "Application", verb: str, path: str, query: dict[str, list[str]], body: bytes) -> Reply:
    """Answer one admin request.

    Raises:
        ApiError: 404 for a path that is none of these.
    """
    name, _, rest = path.removeprefix(PREFIX).partition("/")
    if (verb, name) == ("POST", "faults"):
        return Reply(body=app.faults.add(parse_json(body)).to_json())
    if (verb, name) == ("GET", "faults"):
        return Reply(body=app.faults.get(rest).to_json())
    if (verb, name) == ("DELETE", "faults"):
        app.faults.clear()
        return Reply(body={})
    if (verb, name) == ("GET", "requests"):
        return Reply(body={"requests": _requests(app, query.get("method", [""])[-1])})
    if (verb, name) == ("GET", "status"):
        return Reply(body=app.snapshot())
    if (verb, path) == ("POST", RESET):
        app.reset()
        return Reply(body={})
    if name == "clock" and not rest:
        return Reply(body=_clock(verb, body))
    if name == "lifecycle" and app.lifecycle is not None:
        return Reply(body=_lifecycle(app.lifecycle, verb, rest, body))
    raise not_found(f"localgcp has no {verb} {path}.")


def _clock(verb: str, body: bytes) -> dict[str, Any]:
    if verb == "GET":
        return CLOCK.to_json()
    if verb == "POST":
        return CLOCK.change(parse_json(body))
    if verb == "DELETE":
        raise no_way_back()
    raise not_found(f"localgcp has no {verb} {PREFIX}clock.")


def _lifecycle(lifecycle: Lifecycle, verb: str, name: str, body: bytes) -> dict[str, Any]:
    if verb == "POST" and not name:
        return lifecycle.change(parse_json(body))
    if verb == "DELETE":
        return lifecycle.let_go(name)
    if verb == "GET" and not name:
        return lifecycle.to_json()
    raise not_found(f"localgcp has no {verb} {PREFIX}lifecycle/{name}.")


def _requests(app: "Application", method: str) -> list[dict[str, Any]]:
    return [
        {"method": call.method, "verb": call.verb, "path": call.path, "status": call.status}
        for call in list(app.requests)
        if not method or call.method == method
    ]
