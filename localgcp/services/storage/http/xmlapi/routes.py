"""The handlers of the XML API, and its part in the paths of this server."""

from localgcp.core.http.routing import Handler, Outside, Reply, Request
from localgcp.services.storage.http.xmlapi import headers as wire
from localgcp.services.storage.http.xmlapi.elements import refusal
from localgcp.services.storage.http.xmlapi.lists import ListRoutes
from localgcp.services.storage.http.xmlapi.methods import METHODS, finder
from localgcp.services.storage.http.xmlapi.objects import ObjectRoutes
from localgcp.services.storage.http.xmlapi.uploads import UploadRoutes
from localgcp.services.storage.store import StorageStore


def handlers(store: StorageStore) -> dict[str, Handler]:
    """Return the handlers by method id."""
    found = {
        **ObjectRoutes(store).handlers(),
        **ListRoutes(store).handlers(),
        **UploadRoutes(store).handlers(),
    }
    return {name: _guarded(store, handler) for name, handler in found.items()}


def outside(store: StorageStore) -> Outside:
    """Return how requests of this API are known."""
    return Outside(methods=METHODS, find=finder(store.buckets.has), render=refusal)


def _guarded(store: StorageStore, handler: Handler) -> Handler:
    """Refuse calls of buckets that are not there, and what would change the meaning of a call."""

    def answer(request: Request) -> Reply:
        bucket = request.params["bucket"]
        if not store.buckets.has(bucket):
            raise wire.no_such_bucket(bucket, f"{request.verb} {request.path}")
        wire.refuse_what_is_not_served(request.headers, request.method_id)
        reply = handler(request)
        return reply if isinstance(reply, Reply) else Reply(body=reply)

    return answer
