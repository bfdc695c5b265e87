"""IAM policies of buckets and objects: stored, never enforced, because the server does not identify its callers.

https://cloud.google.com/storage/docs/json_api/v1/buckets/setIamPolicy
"""

import base64
from typing import Any

from localgcp.core.conventions.errors import condition_not_met, invalid_argument
from localgcp.core.http.routing import Handler, Request
from localgcp.services.storage.conventions.values import integer
from localgcp.services.storage.store import StorageStore

_CONDITIONAL_VERSION = 3
_VERSIONS = (1, _CONDITIONAL_VERSION)


class PolicyRoutes:
    """`getIamPolicy`, `setIamPolicy` and `testIamPermissions` of buckets and objects; `projects.serviceAccount`."""

    def __init__(self, store: StorageStore) -> None:
        self._store = store
        self._lock = store.lock
        self._items = store.context.state.collection("storage.policies")
        self._items.records(lambda policy: _revision(policy["etag"]))  # leaves out policies without a revision

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by method id."""
        methods: dict[str, Handler] = {
            "getIamPolicy": self.get, "setIamPolicy": self.set, "testIamPermissions": self.test,
        }  # fmt: skip
        both = {
            f"storage.{kind}.{name}": handler for kind in ("buckets", "objects") for name, handler in methods.items()
        }
        return {**both, "storage.projects.serviceAccount.get": self.service_account}

    def get(self, request: Request) -> dict[str, Any]:
        """Return the policy of a bucket or an object."""
        found = self._items.get(self._key(request)) or self._default(request)
        bucket, name = request.params["bucket"], request.params.get("object")
        resource = f"projects/_/buckets/{bucket}" + ("" if name is None else f"/objects/{name}")
        return {"kind": "storage#policy", "resourceId": resource, **found}

    def set(self, request: Request) -> dict[str, Any]:
        """Replace the policy of a bucket or an object."""
        body = request.json()
        with self._lock:
            key = self._key(request)
            present = self._items.get(key) or self._default(request)
            if body.get("etag") not in (None, "", present["etag"]):
                raise condition_not_met(
                    f"The policy has the etag {present['etag']}, not {body['etag']}: read it again."
                )
            self._items.put(key, _checked(body, _revision(present["etag"]) + 1))
        return self.get(request)

    def test(self, request: Request) -> dict[str, Any]:
        """Return all permissions in the request, because every caller has them."""
        self._key(request)
        asked = request.query.get("permissions", [])
        return {"kind": "storage#testIamPermissionsResponse", **({"permissions": asked} if asked else {})}

    def service_account(self, request: Request) -> dict[str, Any]:
        """Return the service account that Cloud Storage uses for a project."""
        address = f"{request.params['projectId']}@gs-project-accounts.iam.gserviceaccount.com"
        return {"kind": "storage#serviceAccount", "email_address": address}

    def _key(self, request: Request) -> str:
        """Return the key of the policy of a bucket or an object.

        The key contains generations, so that a later bucket or object of the same name has a policy of its own.

        Raises:
            ApiError: 404 for the bucket or the object.
        """
        bucket, name = self._store.buckets.get(request.params["bucket"]), request.params.get("object")
        key = f"{bucket.name}#{bucket.generation}"
        if name is None:
            return key
        found = self._store.get_object(bucket.name, name, integer("generation", request.one("generation")))
        return f"{key}/{name}#{found.generation}"

    def _default(self, request: Request) -> dict[str, Any]:
        """Return the policy that Google gives to a new bucket, or the empty policy of a new object."""
        project = self._store.buckets.get(request.params["bucket"]).project
        owners = [f"projectEditor:{project}", f"projectOwner:{project}"]
        bindings = [
            {"role": "roles/storage.legacyBucketOwner", "members": owners},
            {"role": "roles/storage.legacyBucketReader", "members": [f"projectViewer:{project}"]},
        ]
        return {"version": 1, "bindings": [] if "object" in request.params else bindings, "etag": _etag(1)}


def _checked(body: dict[str, Any], revision: int) -> dict[str, Any]:
    version, bindings = body.get("version") or 1, body.get("bindings") or []
    if version not in _VERSIONS:
        raise invalid_argument(f"A policy has the version 1 or {_CONDITIONAL_VERSION}, not {version}.")
    for binding in bindings:
        if not binding.get("role") or not binding.get("members"):
            raise invalid_argument("Each binding of a policy needs a role and members.")
        if binding.get("condition") and version != _CONDITIONAL_VERSION:
            raise invalid_argument(f"A policy with conditions needs the version {_CONDITIONAL_VERSION}, not {version}.")
    return {"version": version, "bindings": bindings, "etag": _etag(revision)}


def _etag(revision: int) -> str:
    return base64.b64encode(revision.to_bytes(8, "big")).decode()


def _revision(etag: str) -> int:
    return int.from_bytes(base64.b64decode(etag), "big")
