"""The way from an HTTP request to the handler of its API method, and back to an HTTP response."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

from localgcp.core.conventions.errors import ApiError, invalid_argument, not_found, render, unimplemented
from localgcp.core.http import partial
from localgcp.core.http.discovery import Document, Method, document_of


@dataclass(frozen=True, kw_only=True)
class Request:
    """One call of an API method.

    Attributes:
        method_id: for example `storage.objects.get`.
        verb: the HTTP method; an upload's first call is POST, the calls of its session are PUT.
        path: the percent-encoded path.
        params: the decoded path parameters under the names of the discovery document (`bucket`, `parent`, ...).
        query: each query parameter's values.
        headers: lower-case names.
        body: the whole body, unless it is a `stream`.
        stream: the body of an upload to a service that takes them as streams.
        is_whole: False if the client disconnected before the end of the stream; it then gets no response.
        observe: records an inner call, such as a part of a batch, and applies the faults for its method.
        base_url: `http://host:port` as the client wrote it, for links in responses.
        is_upload: the request came over the media upload path.
    """

    method_id: str
    verb: str
    path: str
    params: Mapping[str, str]
    query: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    base_url: str = ""
    is_upload: bool = False
    stream: IO[bytes] | None = None
    is_whole: bool = True
    observe: "Observe" = field(default=lambda _request, call: call(), compare=False)

    def one(self, name: str, default: str | None = None) -> str | None:
        """Return a query parameter's last value, or the default."""
        values = self.query.get(name)
        return values[-1] if values else default

    def flag(self, name: str) -> bool:
        """Return a boolean query parameter; absent is False."""
        return (self.one(name) or "").lower() in ("true", "1")

    def reader(self) -> IO[bytes]:
        """Return the body as a stream."""
        return self.stream if self.stream is not None else BytesIO(self.body)

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object; an empty body is an empty object.

        Raises:
            ApiError: 400 if the body is not a JSON object.
        """
        return parse_json(self.body)


def parse_json(body: bytes) -> dict[str, Any]:
    """Return a JSON object; empty input is an empty object.

    Raises:
        ApiError: 400 if the bytes are not a JSON object.
    """
    if not body.strip():
        return {}
    try:
        value = json.loads(body)
    except ValueError as error:
        raise invalid_argument(f"Invalid JSON payload received. {error}", "parseError") from error
    if not isinstance(value, dict):
        raise invalid_argument("Invalid JSON payload received. The body must be an object.", "parseError")
    return value


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A response: a JSON value, bytes, a part of a file, or pieces whose total length is unknown.

    Attributes:
        body: a dict is sent as JSON, a `Path` is streamed from disk; no piece may be empty.
        offset, length: the part of a `Path`, in bytes; None means up to the end.
    """

    body: dict[str, Any] | bytes | Path | Iterator[bytes] = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    offset: int = 0
    length: int | None = None


def refusal(error: ApiError) -> Reply:
    """Return an error in the form of the JSON APIs."""
    return Reply(body=render(error), status=error.code, headers=error.headers)


Handler = Callable[[Request], Reply | dict[str, Any]]
Observe = Callable[[Request, Callable[[], Reply]], Reply]


@dataclass(frozen=True, kw_only=True)
class UndeclaredPaths:
    """Paths of an API without a discovery document, such as the XML API of Cloud Storage.

    Attributes:
        methods: the methods of these paths; their handlers are in the service.
        find: returns the method and the parameters of a request from its verb, percent-encoded path and query, or None.
        render: writes an error in the form of that API.
    """

    methods: Sequence[Method]
    find: Callable[[str, str, Mapping[str, list[str]]], tuple[Method, dict[str, str]] | None]
    render: Callable[[ApiError], Reply]


@dataclass(frozen=True, kw_only=True)
class Service:
    """One API: its discovery document, and a handler for each method that is implemented.

    Attributes:
        api, version: the document's name, for example `bigquery` `v2`.
        handlers: method id -> handler; the other methods of the document answer 501 by name.
        extra: methods that Google serves and the document leaves out, such as batch; their handlers are in `handlers`.
        undeclared_paths: the paths of the service that are not in a discovery document.
        streams_uploads: bodies of upload paths come as `Request.stream`, and have no limit.
        checks_body: check bodies against the document; off if the service parses official protobuf messages.
        owns: tells from the path parameters whether a call is for this API, when several APIs have the same path.
        start, stop: called when the server starts (after all services exist) and before it ends.
    """

    api: str
    version: str
    handlers: Mapping[str, Handler]
    extra: Sequence[Method] = ()
    undeclared_paths: UndeclaredPaths | None = None
    streams_uploads: bool = False
    checks_body: bool = True
    owns: Callable[[Mapping[str, str]], bool] = lambda _params: True
    start: Callable[[], None] = lambda: None
    stop: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class _Target:
    method: Method
    document: Document
    service: Service
    undeclared_paths: UndeclaredPaths | None = None

    def refusal(self, error: ApiError) -> Reply:
        """Return an error in the form of the API that was called."""
        return self.undeclared_paths.render(error) if self.undeclared_paths is not None else refusal(error)

    @property
    def handler(self) -> Handler | None:
        return self.service.handlers.get(self.method.id)


class Router:
    """The method table of all services."""

    def __init__(self, services: Iterable[Service]) -> None:
        """Build the table.

        Raises:
            ValueError: a service registers a method that its API does not have.
        """
        self._targets: dict[tuple[str, int], list[_Target]] = defaultdict(list)
        self._undeclared: list[_Target] = []
        self.method_ids: set[str] = set()
        for service in services:
            document = document_of(service.api, service.version)
            known = set()
            for method in (*document.methods(), *service.extra):
                known.add(method.id)
                self._targets[method.verb, self._depth(method)].append(_Target(method, document, service))
            for method in service.undeclared_paths.methods if service.undeclared_paths is not None else ():
                known.add(method.id)
                self._undeclared.append(_Target(method, document, service, service.undeclared_paths))
            if unknown := set(service.handlers) - known:
                raise ValueError(f"{service.api} {service.version} has no method {', '.join(sorted(unknown))}.")
            self.method_ids |= known
        for targets in self._targets.values():
            # If several APIs have the same path, such as operations.get, the implemented method comes first.
            targets.sort(key=lambda target: (-target.method.specificity, target.handler is None))

    @staticmethod
    def _depth(method: Method) -> int:
        """Return the number of slashes of every path that the template matches."""
        path = method.path
        for name, parameter in method.parameters.items():
            if "{+" + name + "}" in path:
                path = path.replace("{+" + name + "}", parameter.get("pattern", "").replace("[^/]", ""))
        return path.count("/")

    def resolve(
        self, verb: str, raw_path: str, query: Mapping[str, list[str]] = MappingProxyType({})
    ) -> tuple[_Target, dict[str, str]]:
        """Return the method that a request names, and its path parameters.

        Raises:
            ApiError: 404 if no API has such a path.
        """
        first: tuple[_Target, dict[str, str]] | None = None
        for target in self._targets.get((verb, raw_path.count("/")), ()):
            params = target.method.match(raw_path)
            if params is None:
                continue
            if first is not None and target.method.specificity < first[0].method.specificity:
                break  # `{name}:export` must not match as a `{name}` that ends in `:export`
            if target.handler is not None and target.service.owns(params):
                return target, params
            first = first or (target, params)
        return first or self._resolve_undeclared(verb, raw_path, query)

    def _resolve_undeclared(
        self, verb: str, raw_path: str, query: Mapping[str, list[str]]
    ) -> tuple[_Target, dict[str, str]]:
        for target in self._undeclared:
            found = target.undeclared_paths.find(verb, raw_path, query) if target.undeclared_paths is not None else None
            if found is not None:
                return replace(target, method=found[0]), found[1]
        # Not 501: google-cloud-cpp retries that status for a quarter of an hour.
        raise not_found(f"No API served here has the path {verb} {raw_path}.")

    def streams(self, verb: str, raw_path: str, query: Mapping[str, list[str]]) -> bool:
        """Return whether the body of a request goes to its handler as a stream."""
        try:
            target, _ = self.resolve(verb, raw_path, query)
        except ApiError:
            return False
        return target.method.is_upload and target.service.streams_uploads

    def dispatch(self, target: _Target, request: Request) -> Reply:
        """Check the request and call its handler.

        Raises:
            ApiError: the error response of the service.
        """
        if target.handler is None:
            raise unimplemented(target.method.id)
        if target.undeclared_paths is not None:
            result = target.handler(request)
            return result if isinstance(result, Reply) else Reply(body=result)
        target.document.check_query(target.method, dict(request.query))
        if target.service.checks_body and target.method.request_schema and not request.is_upload:
            target.document.check_body(target.method.request_schema, request.json())
        wanted = target.document.selected(target.method, dict(request.query), request.headers)
        result = target.handler(request)
        reply = result if isinstance(result, Reply) else Reply(body=result)
        is_partial = wanted and isinstance(reply.body, dict) and reply.status < 300
        return replace(reply, body=partial.select(reply.body, wanted)) if is_partial else reply


__all__ = ["ApiError", "Handler", "Observe", "Reply", "Request", "Router", "Service", "parse_json"]
