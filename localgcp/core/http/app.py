"""All services behind one ASGI application."""

import logging
import sys
import traceback
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import anyio.to_thread

from localgcp.core.control.admin import PREFIX, RESET, Admin, AdminRequest
from localgcp.core.control.faults import ConnectionDropped, Faults, inject
from localgcp.core.control.lifecycle import Lifecycle
from localgcp.core.control.request_log import RecordedRequest, RequestLog
from localgcp.core.conventions.errors import ApiError, too_large
from localgcp.core.http import bodies, guard
from localgcp.core.http.bodies import Body, Receive
from localgcp.core.http.context import Context
from localgcp.core.http.gate import Gate
from localgcp.core.http.responses import Send, send_reply
from localgcp.core.http.routing import Observe, Reply, Request, Router, Service, parse_json, refusal
from localgcp.core.state.clock import CLOCK

Scope = MutableMapping[str, Any]

_log = logging.getLogger(__name__)
_RESET_PATIENCE_S = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Served:
    """What an application serves; a reset replaces all of it.

    Attributes:
        status: returns the lists of the snapshot, by their names in it.
    """

    context: Context
    services: Sequence[Service]
    lifecycle: Lifecycle
    status: Mapping[str, Callable[[], list[dict[str, Any]]]]


class Application:
    """The ASGI application: it guards, routes, checks, calls and answers.

    Attributes:
        abort: cuts the connection of a request.
        reset: forgets all state and calls `serve` with new services.
    """

    def __init__(self, served: Served) -> None:
        self.abort: Callable[[Scope], None] = lambda _scope: None
        self.reset: Callable[[], None] = lambda: None
        self._gate = Gate()
        self.serve(served)

    def serve(self, served: Served) -> None:
        """Serve these services from now on, without the faults and recorded requests of the former ones."""
        self.context = served.context
        self.services = served.services
        self._status = served.status
        self.router = Router(served.services)
        self.faults = Faults(self.router.method_ids)
        self.requests = RequestLog()
        self._admin = Admin(
            faults=self.faults, requests=self.requests, lifecycle=served.lifecycle, snapshot=self.snapshot,
            reset=self._reset,
        )  # fmt: skip

    def _reset(self) -> None:
        self.reset()  # assigned after the first call of `serve`

    def alone(self) -> AbstractContextManager[None]:
        """Block requests while the services are replaced; the calls under way get a moment to end."""
        return self._gate.closed(_RESET_PATIENCE_S)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if reason := guard.refusal(headers):
            await send_reply(
                send, Reply(body={"error": {"code": 403, "message": reason, "status": "PERMISSION_DENIED"}}, status=403)
            )
            return
        body = await self._read(scope, receive)
        if not body.is_whole and body.stream is None:
            return  # the client has disconnected: do not serve an incomplete body
        try:
            reply = await anyio.to_thread.run_sync(self._pass, scope, headers, body)
        except ConnectionDropped:
            self.abort(scope)
            return
        finally:
            body.close()
        await send_reply(send, reply, head=scope["method"] == "HEAD")

    async def _read(self, scope: Scope, receive: Receive) -> Body:
        if self.router.streams(scope["method"], scope["raw_path"].decode("latin-1"), _query(scope)):
            return await bodies.spool(receive, self.context.settings.state_dir)
        return await bodies.read(receive, self.context.settings.max_body_bytes)

    def _pass(self, scope: Scope, headers: dict[str, str], body: Body) -> Reply:
        # A reset waits for all other requests.
        if scope["raw_path"].decode("latin-1") == RESET:
            return self._answer(scope, headers, body)
        with self._gate.passing():
            return self._answer(scope, headers, body)

    def _answer(self, scope: Scope, headers: dict[str, str], body: Body) -> Reply:
        path = scope["raw_path"].decode("latin-1")
        requests = self.requests  # a call that a reset did not wait for belongs to the former log
        method_id, refuse = f"{scope['method']} {path}", refusal
        try:
            if body.is_too_large:
                raise too_large(self.context.settings.max_body_bytes)
            query = _query(scope)
            if path.startswith(PREFIX):
                return Reply(body=self._admin.answer(_admin_request(scope, query, body)))
            target, params = self.router.resolve(scope["method"], path, query)
            method_id, refuse = target.method.id, target.refusal
            request = Request(
                method_id=method_id,
                verb=scope["method"],
                path=path,
                params=params,
                query=query,
                headers=headers,
                body=body.content,
                stream=body.stream,
                is_whole=body.is_whole,
                observe=self._observer(requests),
                base_url=f"http://{headers['host']}",
                is_upload=target.method.is_upload,
            )
            reply = self._call(method_id, lambda: self.router.dispatch(target, request))
        except ApiError as error:
            reply = refuse(error)
        except ConnectionDropped:
            requests.add(RecordedRequest(method_id, scope["method"], path, 0))
            raise
        except Exception:
            # The traceback in the response shows the bug in the output of a failing test.
            _log.exception("%s failed", method_id)
            detail = traceback.format_exc()
            reply = Reply(body={"error": {"code": 500, "message": detail, "status": "INTERNAL"}}, status=500)
        requests.add(RecordedRequest(method_id, scope["method"], path, reply.status))
        return reply

    def _observer(self, requests: RequestLog) -> Observe:
        def observe(inner: Request, call: Callable[[], Reply]) -> Reply:
            status = 0
            try:
                reply = self._call(inner.method_id, call)
                status = reply.status
            except ApiError as error:
                status = error.code
                raise
            finally:
                requests.add(RecordedRequest(inner.method_id, inner.verb, inner.path, status))
            return reply

        return observe

    def _call(self, method_id: str, call: Callable[[], Reply]) -> Reply:
        fault = self.faults.take(method_id)
        if fault is None:
            return call()
        reply = call() if fault.applies_first else None
        inject(fault)
        return reply or call()

    def snapshot(self) -> dict[str, Any]:
        """Return what `localgcp status` shows."""
        return {"now": CLOCK.text()} | {name: part() for name, part in self._status.items()}

    def start(self) -> None:
        """Start the services: each resumes the work that an earlier server left unfinished."""
        for service in self.services:
            service.start()

    def stop_services(self) -> None:
        """Stop the services; the state stays open, so that they can still write."""
        with ExitStack() as stops:  # stops in the opposite order, and all services even if one fails
            for service in self.services:
                stops.callback(service.stop)

    def stop(self) -> None:
        """Stop the services and release the state folder; the folder keeps all state."""
        try:
            self.stop_services()
        finally:
            self.context.state.close()


def _admin_request(scope: Scope, query: dict[str, list[str]], body: Body) -> AdminRequest:
    path = scope["raw_path"].decode("latin-1")
    return AdminRequest(verb=scope["method"], path=path, query=query, body=lambda: parse_json(body.content))


def _query(scope: Scope) -> dict[str, list[str]]:
    return parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)


def log_to_stderr(level: int) -> None:
    """Send the server's own log to standard error."""
    logging.basicConfig(level=level, stream=sys.stderr, format="%(asctime)s %(name)s %(levelname)s %(message)s")
