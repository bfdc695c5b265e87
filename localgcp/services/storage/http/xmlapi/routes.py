"""The handlers of the XML API, and how the server recognises its requests."""

from localgcp.core.http.routing import Handler, Reply, Request, UndeclaredPaths
from localgcp.services.storage.http.xmlapi import headers as wire
from localgcp.services.storage.http.xmlapi.elements import error_document
from localgcp.services.storage.http.xmlapi.lists import XmlListRoutes
from localgcp.services.storage.http.xmlapi.methods import METHODS, finder
from localgcp.services.storage.http.xmlapi.objects import XmlObjectRoutes
from localgcp.services.storage.http.xmlapi.uploads import XmlUploadRoutes
from localgcp.services.storage.store import StorageStore


def handlers(store: StorageStore) -> dict[str, Handler]:
    """Return the handlers by method id."""
    found = {
        **XmlObjectRoutes(store).handlers(),
        **XmlListRoutes(store).handlers(),
        **XmlUploadRoutes(store).handlers(),
    }
    return {name: _checked(store, handler) for name, handler in found.items()}


def undeclared_paths(store: StorageStore) -> UndeclaredPaths:
    """Return the methods of this API, how to find the method of a request, and how to render an error."""
    return UndeclaredPaths(methods=METHODS, find=finder(store.buckets.has), render=error_document)


def _checked(store: StorageStore, handler: Handler) -> Handler:
    """Refuse calls of missing buckets, and headers that are not implemented."""

    def answer(request: Request) -> Reply:
        bucket = request.params["bucket"]
        if not store.buckets.has(bucket):
            raise wire.no_such_bucket(bucket, f"{request.verb} {request.path}")
        wire.refuse_unimplemented(request.headers, request.method_id)
        reply = handler(request)
        return reply if isinstance(reply, Reply) else Reply(body=reply)

    return answer
