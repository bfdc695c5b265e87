"""The methods of the XML API: https://cloud.google.com/storage/docs/xml-api/reference-methods.

The API has no discovery document. Its paths are `/BUCKET` and `/BUCKET/OBJECT`, so this API gets the requests with
paths that no other API on this server has. A query parameter such as `uploads` selects another method on the same path.
"""

from collections.abc import Callable, Iterator, Mapping
from urllib.parse import unquote

from localgcp.core.conventions.errors import ApiError
from localgcp.core.http.discovery import Method
from localgcp.services.storage.conventions.names import check_bucket_name

PREFIX = "storage.xml."

# (verb, query parameter that selects the method) -> name of the method; "" means no such parameter.
_ON_OBJECTS = {
    ("GET", ""): "getObject",
    ("HEAD", ""): "headObject",
    ("PUT", ""): "putObject",
    ("DELETE", ""): "deleteObject",
    ("POST", ""): "startResumableUpload",
    ("PUT", "upload_id"): "resumeUpload",
    ("DELETE", "upload_id"): "cancelResumableUpload",
    ("POST", "uploads"): "initiateMultipartUpload",
    ("PUT", "uploadId"): "uploadPart",
    ("POST", "uploadId"): "completeMultipartUpload",
    ("DELETE", "uploadId"): "abortMultipartUpload",
    ("GET", "uploadId"): "listParts",
}
_ON_BUCKETS = {
    ("GET", ""): "listObjects",
    ("HEAD", ""): "headBucket",
    ("GET", "uploads"): "listMultipartUploads",
    ("GET", "location"): "getBucketLocation",
}
# Query parameters, such as `?acl`, that select a method which is not implemented.
_SUB_RESOURCES = frozenset({
    "acl", "billing", "compose", "cors", "defaultObjectAcl", "delete", "encryption", "encryptionConfig", "lifecycle",
    "logging", "notification", "object-lock", "policy", "publicAccessBlock", "restore", "retention", "storageClass",
    "tagging", "versioning", "versions", "website", "websiteConfig",
})  # fmt: skip
_SELECTING = ("uploadId", "upload_id", "uploads", "location")
# First segments of paths of Google's other APIs, for which an answer in XML would mislead.
_OTHER_APIS = frozenset({"batch", "bigquery", "compute", "discovery", "download", "resumable", "storage", "upload"})
_STREAMED = ("putObject", "uploadPart", "resumeUpload")


def _method(name: str, verb: str, *, has_object: bool = True) -> Method:
    path = "/{bucket}/{object}" if has_object else "/{bucket}"
    return Method(
        id=PREFIX + name, verb=verb, path=path, parameters={}, request_schema=None, is_upload=name in _STREAMED
    )


METHODS = tuple(_method(name, verb) for (verb, _), name in _ON_OBJECTS.items()) + tuple(
    _method(name, verb, has_object=False) for (verb, _), name in _ON_BUCKETS.items()
)
_BY_ID = {method.id: method for method in METHODS}

Found = tuple[Method, dict[str, str]]


def finder(has_bucket: Callable[[str], bool]) -> Callable[[str, str, Mapping[str, list[str]]], Found | None]:
    """Return a function that finds the method of a request, and its path parameters.

    Args:
        has_bucket: returns whether a bucket exists. A path without an existing bucket may belong to another API.
    """

    def find(verb: str, raw_path: str, query: Mapping[str, list[str]]) -> Found | None:
        raw_bucket, _, raw_name = raw_path.removeprefix("/").partition("/")
        bucket, name = unquote(raw_bucket), unquote(raw_name)
        if not has_bucket(bucket) and (bucket in _OTHER_APIS or not _may_be_bucket(bucket)):
            return None
        params = {"bucket": bucket, "object": name} if name else {"bucket": bucket}
        return _method_of(verb, query, has_object=bool(name)), params

    return find


def _method_of(verb: str, query: Mapping[str, list[str]], *, has_object: bool) -> Method:
    table = _ON_OBJECTS if has_object else _ON_BUCKETS
    asked = next(_selecting(query), "")
    if found := table.get((verb, asked)):
        return _BY_ID[PREFIX + found]
    # A method without handler, which the router answers with a 501 of this name.
    what = f"{verb} {'OBJECT' if has_object else 'BUCKET'}" + (f"?{asked}" if asked else "")
    return Method(id=f"{PREFIX}{what}", verb=verb, path="", parameters={}, request_schema=None)


def _selecting(query: Mapping[str, list[str]]) -> Iterator[str]:
    yield from (name for name in query if name in _SUB_RESOURCES)
    yield from (name for name in _SELECTING if name in query)


def _may_be_bucket(name: str) -> bool:
    try:
        check_bucket_name(name)
    except ApiError:
        return False
    return True
