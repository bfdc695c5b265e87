"""The files of a load job: objects in Cloud Storage, found by their URIs."""

import re
from collections.abc import Sequence
from typing import Any

from localgcp.core.conventions.errors import invalid_argument, not_found
from localgcp.services.bigquery.formats.source_file import SourceFile
from localgcp.services.storage.store import StorageStore

_URI = re.compile(r"gs://(?P<bucket>[^/]+)/(?P<name>.+)", re.DOTALL)


def split_uri(uri: str) -> tuple[str, str]:
    """Return the bucket and the object name of a `gs://` URI.

    Raises:
        ApiError: 400 for another URI.
    """
    found = _URI.fullmatch(uri)
    if found is None:
        raise invalid_argument(f"Invalid source or destination URI {uri!r}: expected gs://BUCKET/OBJECT.")
    return found["bucket"], found["name"]


def load_files(storage: StorageStore, load: dict[str, Any]) -> list[SourceFile]:
    """Return the files of a load job.

    Raises:
        ApiError: 404 for a URI that matches no object, 400 for an invalid URI.
    """
    files = find_files(storage, load.get("sourceUris") or ())
    if load.get("fileSetSpecType") != "FILE_SET_SPEC_TYPE_NEW_LINE_DELIMITED_MANIFEST":
        return files
    # Names of objects are valid UTF-8, so a URI that is not matches none.
    lines = [line.strip() for file in files for line in file.path.read_text("utf-8", errors="replace").splitlines()]
    return find_files(storage, [line for line in lines if line])


def reference_file(storage: StorageStore, load: dict[str, Any]) -> SourceFile | None:
    """Return the file of `referenceFileSchemaUri`, or None if the job does not set it.

    Raises:
        ApiError: 404 for a URI that matches no object, 400 for one that matches several.
    """
    uri = load.get("referenceFileSchemaUri")
    if not uri:
        return None
    files = find_files(storage, [uri])
    if len(files) > 1:
        raise invalid_argument(f"Invalid value for referenceFileSchemaUri: {uri} names {len(files)} files, not one.")
    return files[0]


def find_files(storage: StorageStore, uris: Sequence[str]) -> list[SourceFile]:
    """Return the objects that the URIs match; `*` matches any characters.

    Raises:
        ApiError: 404 for a URI that matches no object, 400 for an invalid URI, or none at all.
    """
    if not uris:
        raise invalid_argument("Required parameter is missing: sourceUris")
    found: list[SourceFile] = []
    for uri in uris:
        bucket, pattern = split_uri(uri)
        if "*" not in pattern:
            stored = [item for item in storage.list_objects(bucket, pattern) if item.name == pattern]
        else:
            matches = re.compile(re.escape(pattern).replace(r"\*", ".*"), re.DOTALL).fullmatch
            stored = [item for item in storage.list_objects(bucket, pattern.split("*")[0]) if matches(item.name)]
        if not stored:
            raise not_found(f"Not found: URI {uri}")
        found += [SourceFile(storage.content_path(item), f"gs://{bucket}/{item.name}") for item in stored]
    return found
