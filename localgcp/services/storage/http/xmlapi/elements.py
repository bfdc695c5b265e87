"""The XML documents of requests and responses: https://cloud.google.com/storage/docs/xml-api/reference-status."""

from collections.abc import Iterable
from xml.etree import ElementTree

from localgcp.core.conventions.errors import ApiError, invalid_argument
from localgcp.core.http.routing import Reply

# The XML name spaces of multipart uploads, which clients check, and of lists.
UPLOADS = "http://s3.amazonaws.com/doc/2006-03-01/"
LISTS = "http://doc.s3.amazonaws.com/2006-03-01"
_CONTENT_TYPE = {"Content-Type": "application/xml; charset=UTF-8"}
_CODES = {
    400: "InvalidArgument", 403: "AccessDenied", 404: "NoSuchKey", 409: "OperationAborted", 412: "PreconditionFailed",
    413: "EntityTooLarge", 416: "InvalidRange", 429: "SlowDown", 500: "InternalError", 501: "NotImplemented",
    503: "ServiceUnavailable",
}  # fmt: skip

# Reasons of errors about encryption keys contain this text.
_KEY_REASON = "ustomerEncryption"

# A tag with its text or its child elements; the document leaves out a tag whose text is None.
Element = tuple[str, "str | int | None | list[Element]"]


def document(tag: str, inner: Iterable[Element], name_space: str = "", status: int = 200) -> Reply:
    """Return a response with one XML document."""
    root = ElementTree.Element(tag, {"xmlns": name_space} if name_space else {})
    _fill(root, inner)
    return Reply(body=ElementTree.tostring(root, "UTF-8", xml_declaration=True), status=status, headers=_CONTENT_TYPE)


def _fill(parent: ElementTree.Element, inner: Iterable[Element]) -> None:
    for tag, value in inner:
        if value is None:
            continue
        child = ElementTree.SubElement(parent, tag)
        if isinstance(value, list):
            _fill(child, value)
        else:
            child.text = str(value)


def error_document(error: ApiError) -> Reply:
    """Return an error as the XML API renders it."""
    # A reason that begins with a capital letter is a code of this API. Reasons of key errors only lack the capital.
    is_coded = error.reason[:1].isupper() or _KEY_REASON in error.reason
    code = error.reason[:1].upper() + error.reason[1:] if is_coded else _CODES.get(error.code, "InternalError")
    rendered = document("Error", [("Code", code), ("Message", error.message), ("Details", error.message)])
    return Reply(body=rendered.body, status=error.code, headers={**_CONTENT_TYPE, **error.headers})


def with_code(error: ApiError, code: str) -> ApiError:
    """Return an error with a code of the XML API that does not follow from its status."""
    return ApiError(error.code, error.status, error.message, code, error.headers)


def parts_of(body: bytes) -> list[tuple[int, str]]:
    """Return the part numbers and ETags in a CompleteMultipartUpload document.

    Raises:
        ApiError: 400 for another document.
    """
    try:
        root = ElementTree.fromstring(body)
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]
        found = [
            (int(part.findtext("PartNumber", "")), part.findtext("ETag", "").strip()) for part in root.iter("Part")
        ]
    except (ElementTree.ParseError, ValueError) as error:
        raise with_code(
            invalid_argument(f"The body is not a CompleteMultipartUpload document: {error}."), "MalformedXML"
        ) from error
    if root.tag != "CompleteMultipartUpload" or not found:
        raise with_code(
            invalid_argument("The body is not a CompleteMultipartUpload document with parts."), "MalformedXML"
        )
    return found
