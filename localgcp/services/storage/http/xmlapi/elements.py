"""XML in and out: https://cloud.google.com/storage/docs/xml-api/reference-status."""

from collections.abc import Iterable
from xml.etree import ElementTree

from localgcp.core.http.errors import ApiError, invalid_argument
from localgcp.core.http.routing import Reply

# Documents of multipart uploads have the first name space, which clients look for; lists have the second.
UPLOADS = "http://s3.amazonaws.com/doc/2006-03-01/"
LISTS = "http://doc.s3.amazonaws.com/2006-03-01"
_CONTENT_TYPE = {"Content-Type": "application/xml; charset=UTF-8"}
_CODES = {
    400: "InvalidArgument", 403: "AccessDenied", 404: "NoSuchKey", 409: "OperationAborted", 412: "PreconditionFailed",
    413: "EntityTooLarge", 416: "InvalidRange", 429: "SlowDown", 500: "InternalError", 501: "NotImplemented",
    503: "ServiceUnavailable",
}  # fmt: skip

_OF_KEYS = "ustomerEncryption"

# A tag with its text, or with what lies in it; an absent text leaves the tag out.
Element = tuple[str, "str | int | None | list[Element]"]


def document(tag: str, inner: Iterable[Element], name_space: str = "", status: int = 200) -> Reply:
    """Return an answer of one XML document."""
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


def refusal(error: ApiError) -> Reply:
    """Return an error as this API answers it."""
    # A reason in capitals is already a code of this API; those of keys differ in that alone.
    is_coded = error.reason[:1].isupper() or _OF_KEYS in error.reason
    code = error.reason[:1].upper() + error.reason[1:] if is_coded else _CODES.get(error.code, "InternalError")
    shown = document("Error", [("Code", code), ("Message", error.message), ("Details", error.message)])
    return Reply(body=shown.body, status=error.code, headers={**_CONTENT_TYPE, **error.headers})


def coded(error: ApiError, code: str) -> ApiError:
    """Return an error under a code of this API that its status alone does not tell."""
    return ApiError(error.code, error.status, error.message, code, error.headers)


def parts_of(body: bytes) -> list[tuple[int, str]]:
    """Return the numbers and ETags that a CompleteMultipartUpload document lists.

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
        raise coded(
            invalid_argument(f"The body is no CompleteMultipartUpload document: {error}."), "MalformedXML"
        ) from error
    if root.tag != "CompleteMultipartUpload" or not found:
        raise coded(invalid_argument("The body is no CompleteMultipartUpload document with parts."), "MalformedXML")
    return found
