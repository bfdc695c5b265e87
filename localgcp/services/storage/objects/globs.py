"""The patterns of the parameter `matchGlob`."""

import re

from localgcp.core.conventions.errors import invalid_argument


def glob_pattern(glob: str) -> re.Pattern[str]:
    """Translate a `matchGlob` into a regular expression.

    `*` and `?` do not match a slash, `**` does; `[a-z]` is a set of characters, `{a,b}` a choice of texts.
    https://cloud.google.com/storage/docs/json_api/v1/objects/list#list-objects-and-prefixes-using-glob

    Raises:
        ApiError: 400 for unbalanced brackets or braces.
    """
    parts = re.findall(r"\*\*|\[[^\]]*\]|.", glob, re.DOTALL)
    depth, pattern = 0, ""
    for part in parts:
        depth += {"{": 1, "}": -1}.get(part, 0)
        if depth < 0:
            break
        pattern += _glob_part(part, in_choice=depth > 0)
    try:
        if depth != 0:
            raise re.error("braces do not match")
        return re.compile(pattern, re.DOTALL)
    except re.error as error:
        raise invalid_argument(f"Invalid matchGlob {glob!r}: {error}.") from error


def _glob_part(part: str, *, in_choice: bool) -> str:
    if part.startswith("[") and len(part) > 1:
        return "[" + ("^" if part[1] in "!^" else "") + part[1:-1].lstrip("!^").replace("\\", r"\\") + "]"
    if part == "," and in_choice:
        return "|"
    return _GLOB_PARTS.get(part) or re.escape(part)


_GLOB_PARTS = {"**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")"}
