"""Names of v1's models and versions, and what they are called on Vertex AI: distinct names stay distinct. Pure."""

import re

from timberline.release.ids import CHALLENGER_ALIAS, CHAMPION_ALIAS, DEFAULT_ALIAS
from timberline.run.errors import AiPlatformError
from timberline.run.identity import short_hash, slug

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}", re.ASCII)
# https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.endpoints/create
_ID = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
# https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.models#Model
_ALIAS = re.compile(r"[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]")
_RESERVED_ALIASES = frozenset({DEFAULT_ALIAS, CHALLENGER_ALIAS, CHAMPION_ALIAS})
_SLUG_LIMIT = 40  # leaves room for the hash in an id


def check_name(name: object, path: str) -> str:
    """Return a name that v1 would have taken for a model or a version.

    Raises:
        AiPlatformError: it is missing, or has other characters, or too many.
    """
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        found = "none" if name is None else repr(name)
        raise AiPlatformError(
            f"{path}: expected 1 to 128 letters, digits and underscores, a letter first, found {found}; rename it"
        )
    return name


def resource_id(name: str) -> str:
    """Return the id of the model and of the endpoint that stand for a v1 model.

    A plain name keeps its look, with hyphens for underscores; others get a hash behind two hyphens, which no plain
    name has.
    """
    plain = name.replace("_", "-")
    return plain if _ID.fullmatch(plain) and "--" not in plain else _hashed(name)


def version_alias(name: str) -> str:
    """Return the alias of a v1 version; never one that has a meaning of its own, as `default` has."""
    plain = name.replace("_", "-")
    usable = _ALIAS.fullmatch(plain) and "--" not in plain and plain not in _RESERVED_ALIASES
    return plain if usable else _hashed(name)


def _hashed(name: str) -> str:
    return f"{slug(name, _SLUG_LIMIT)}--{short_hash(name)}"
