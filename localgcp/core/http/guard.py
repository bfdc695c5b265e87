"""Which requests this server accepts: those of programs on this machine, but not those of web pages.

localgcp runs the commands that jobs name, so a page in the user's browser must not reach it. Three headers of a browser
reveal a page: Host (DNS rebinding puts another name there), Origin (of a script or form), and Sec-Fetch-Site. The
    clients of Google do not send the last two.
"""

import re
from collections.abc import Mapping
from ipaddress import ip_address

_HOST = re.compile(r"(?P<name>\[[^\]]+\]|[^:\[\]]+)(?::\d*)?")
_SAFE_SITES = frozenset({"none", "same-origin"})


def is_loopback(host: str) -> bool:
    """Return whether a host name or address, without port, means the loopback interface of this machine."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def refusal(headers: Mapping[str, str]) -> str | None:
    """Return why a request is refused, or None if it may pass.

    Args:
        headers: lower-case names.
    """
    host = headers.get("host", "")
    parts = _HOST.fullmatch(host)
    if parts is None or not is_loopback(parts["name"]):
        return f"localgcp answers on loopback only, and this request was sent to the host {host!r}."
    if "origin" in headers:
        return "localgcp does not answer scripts and forms of web pages (the request carries an Origin header)."
    site = headers.get("sec-fetch-site")
    if site is not None and site not in _SAFE_SITES:
        return f"localgcp does not answer requests of other sites (Sec-Fetch-Site: {site})."
    return None
