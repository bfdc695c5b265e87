"""The handlers of Cloud Storage: https://cloud.google.com/storage/docs/json_api/v1 and the XML API."""

from dataclasses import replace
from typing import Any

from localgcp.core.conventions.errors import unimplemented
from localgcp.core.http.routing import Handler, Reply, Request, Service
from localgcp.services.storage.http.batch import BATCH, Batch
from localgcp.services.storage.http.bucket_routes import BucketRoutes
from localgcp.services.storage.http.object_routes import ObjectRoutes
from localgcp.services.storage.http.policy_routes import PolicyRoutes
from localgcp.services.storage.http.relocation_routes import OperationRoutes
from localgcp.services.storage.http.restore_routes import RestoreRoutes
from localgcp.services.storage.http.upload_routes import CANCEL_UPLOAD, UploadRoutes
from localgcp.services.storage.http.xmlapi import routes as xml_routes
from localgcp.services.storage.store import StorageStore


def service(store: StorageStore) -> Service:
    """Return the service with the handlers of the JSON API, batches and the XML API."""
    uploads = UploadRoutes(store)
    handlers = {
        **BucketRoutes(store).handlers(),
        **ObjectRoutes(store).handlers(),
        **PolicyRoutes(store).handlers(),
        **OperationRoutes(store).handlers(),
        **RestoreRoutes(store).handlers(),
        "storage.objects.insert": uploads.insert,
        CANCEL_UPLOAD.id: uploads.cancel,
    }
    calls = Service(
        api="storage",
        version="v1",
        handlers={name: _without_restore_token(handler) for name, handler in handlers.items()},
        extra=(CANCEL_UPLOAD,),
        streams_uploads=True,
    )
    batch = Batch(calls)
    return replace(
        calls,
        handlers={**calls.handlers, **xml_routes.handlers(store), BATCH.id: batch.answer},
        extra=(*calls.extra, BATCH),
        undeclared_paths=xml_routes.undeclared_paths(store),
    )


def _without_restore_token(handler: Handler) -> Handler:
    """Answer 501 to `restoreToken`, which would change the meaning of a call and is not implemented."""

    def answer(request: Request) -> Reply | dict[str, Any]:
        if request.one("restoreToken"):
            raise unimplemented(f"{request.method_id} with restoreToken")
        return handler(request)

    return answer
