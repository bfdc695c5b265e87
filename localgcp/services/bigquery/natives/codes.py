"""Functions that encode and decode bytes: BASE32, BASE64, hexadecimal, code points; and hashes."""

import base64
import hashlib
import re

from localgcp.services.bigquery.natives.native import Native, SqlError


def _from_base32(text: str) -> bytes:
    try:
        return base64.b32decode(text.strip())
    except ValueError as error:
        raise SqlError(f"Invalid base32 string: {text}") from error


def _from_base64(text: str) -> bytes:
    stripped = re.sub(r"\s", "", text).rstrip("=")
    try:
        return base64.b64decode(stripped + "=" * (-len(stripped) % 4), validate=True)
    except ValueError as error:
        raise SqlError("Failed to decode invalid base64 string") from error


def _from_hex(text: str) -> bytes:
    if not re.fullmatch("[0-9a-fA-F]*", text):
        raise SqlError(f"Failed to decode invalid hexadecimal string: {text}")
    return bytes.fromhex("0" * (len(text) % 2) + text)


def _text_of_points(points: list[int | None]) -> str | None:
    if None in points:
        return None
    return "".join(_character(point) for point in points if point is not None)


def _character(point: int) -> str:
    if point == 0:
        return ""
    if not 0 < point <= 0x10FFFF or 0xD800 <= point < 0xE000:
        raise SqlError(f"Invalid codepoint {point}")
    return chr(point)


def _bytes_of_points(points: list[int | None]) -> bytes | None:
    if None in points:
        return None
    for point in points:
        if not 0 <= (point or 0) <= 255:
            raise SqlError(f"Invalid extended ASCII code point {point}")
    return bytes(point or 0 for point in points)


def _ascii(text: str) -> int:
    if text and ord(text[0]) > 127:
        raise SqlError("Non-ASCII character found in ASCII()")
    return ord(text[0]) if text else 0


def _safe_text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _strict_text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise SqlError("Invalid UTF-8 string in CAST") from error


def _digest(name: str) -> tuple[Native, Native]:
    def of_bytes(value: bytes) -> bytes:
        return hashlib.new(name, value, usedforsecurity=False).digest()

    def of_text(value: str) -> bytes:
        return of_bytes(value.encode())

    return (
        Native(f"gs_{name}_text", of_text, ("VARCHAR",), "BLOB"),
        Native(f"gs_{name}_bytes", of_bytes, ("BLOB",), "BLOB"),
    )


def _points(value: bytes) -> list[int]:
    return list(value)


NATIVES = (
    Native("gs_from_base32", _from_base32, ("VARCHAR",), "BLOB"),
    Native("gs_to_base32", lambda value: base64.b32encode(value).decode(), ("BLOB",), "VARCHAR"),
    Native("gs_from_base64", _from_base64, ("VARCHAR",), "BLOB"),
    Native("gs_from_hex", _from_hex, ("VARCHAR",), "BLOB"),
    Native("gs_points_text", lambda text: [ord(char) for char in text], ("VARCHAR",), "BIGINT[]"),
    Native("gs_points_bytes", _points, ("BLOB",), "BIGINT[]"),
    Native("gs_text_of_points", _text_of_points, ("BIGINT[]",), "VARCHAR"),
    Native("gs_bytes_of_points", _bytes_of_points, ("BIGINT[]",), "BLOB"),
    Native("gs_chr", _character, ("BIGINT",), "VARCHAR"),
    Native("gs_ascii", _ascii, ("VARCHAR",), "BIGINT"),
    Native("gs_safe_text", _safe_text, ("BLOB",), "VARCHAR"),
    Native("gs_strict_text", _strict_text, ("BLOB",), "VARCHAR"),
    *_digest("md5"),
    *_digest("sha1"),
    *_digest("sha256"),
    *_digest("sha512"),
)
