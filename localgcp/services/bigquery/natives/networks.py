"""The NET functions: IP addresses and parts of URLs."""

import ipaddress
import re

from localgcp.services.bigquery.natives.native import Native, SqlError

_HOST = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9+.\-]*:)?//(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)")
_BARE_HOST = re.compile(r"\s*([^/?#:@\s]+)(?::\d+)?(?:[/?#].*)?$")


def _from_text(text: str) -> bytes:
    try:
        return ipaddress.ip_address(text).packed
    except ValueError as error:
        raise SqlError(f"Invalid IP address: {text}") from error


def _safe_from_text(text: str) -> bytes | None:
    try:
        return ipaddress.ip_address(text).packed
    except ValueError:
        return None


def _width(address: bytes, name: str) -> int:
    if len(address) not in (4, 16):
        raise SqlError(f"{name}() encountered a non-IP address: its length is {len(address)} bytes")
    return len(address) * 8


def _to_text(address: bytes) -> str:
    _width(address, "NET.IP_TO_STRING")
    return str(ipaddress.ip_address(address))


def _mask(length: int, prefix: int) -> bytes:
    if length not in (4, 16):
        raise SqlError("The first argument of NET.IP_NET_MASK() must be either 4 or 16")
    if not 0 <= prefix <= length * 8:
        raise SqlError(f"The second argument of NET.IP_NET_MASK() must be between 0 and {length * 8}")
    return (((1 << prefix) - 1) << (length * 8 - prefix)).to_bytes(length, "big")


def _trunc(address: bytes, prefix: int) -> bytes:
    width = _width(address, "NET.IP_TRUNC")
    if not 0 <= prefix <= width:
        raise SqlError(f"The second argument of NET.IP_TRUNC() must be between 0 and {width}")
    kept = int.from_bytes(address, "big") >> (width - prefix) << (width - prefix)
    return kept.to_bytes(len(address), "big")


def _from_number(number: int) -> bytes:
    if not -0x80000000 <= number <= 0xFFFFFFFF:
        raise SqlError(f"NET.IPV4_FROM_INT64() encountered an out-of-range argument: {number}")
    return (number & 0xFFFFFFFF).to_bytes(4, "big")


def _to_number(address: bytes) -> int:
    if len(address) != 4:
        raise SqlError("NET.IPV4_TO_INT64() encountered a non-IPv4 address")
    return int.from_bytes(address, "big")


def _host(url: str) -> str | None:
    match = _HOST.match(url) or _BARE_HOST.match(url)
    if match is None or not match[1] or ("//" not in url and "." not in match[1]):
        return None
    return match[1]


NATIVES = (
    Native("gs_net_ip_from_string", _from_text, ("VARCHAR",), "BLOB"),
    Native("gs_net_safe_ip_from_string", _safe_from_text, ("VARCHAR",), "BLOB"),
    Native("gs_net_ip_to_string", _to_text, ("BLOB",), "VARCHAR"),
    Native("gs_net_ip_net_mask", _mask, ("BIGINT", "BIGINT"), "BLOB"),
    Native("gs_net_ip_trunc", _trunc, ("BLOB", "BIGINT"), "BLOB"),
    Native("gs_net_ipv4_from_int64", _from_number, ("BIGINT",), "BLOB"),
    Native("gs_net_ipv4_to_int64", _to_number, ("BLOB",), "BIGINT"),
    Native("gs_net_host", _host, ("VARCHAR",), "VARCHAR"),
)
