"""Converts names of v1 models and versions to Vertex AI ids and aliases; distinct names stay distinct. Pure."""

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
    """Return the name of a model or version if AI Platform would have accepted it.

    Raises:
        AiPlatformError: the name is missing, has invalid characters, or is too long.
    """
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        found = "none" if name is None else repr(name)
        raise AiPlatformError(
            f"{path}: expected 1 to 128 letters, digits and underscores, a letter first, found {found}; rename it"
        )
    return name


def resource_id(name: str) -> str:
    """Return the id of the Vertex AI model and endpoint that represent a v1 model.

    A plain name changes only underscores to hyphens. Any other name gets two hyphens and a hash, which no plain name
    has.
    """
    plain = name.replace("_", "-")
    return plain if _ID.fullmatch(plain) and "--" not in plain else _hashed(name)


def version_alias(name: str) -> str:
    """Return the alias of a v1 version; never an alias with its own meaning, such as `default`."""
    plain = name.replace("_", "-")
    usable = _ALIAS.fullmatch(plain) and "--" not in plain and plain not in _RESERVED_ALIASES
    return plain if usable else _hashed(name)


def _hashed(name: str) -> str:
    return f"{slug(name, _SLUG_LIMIT)}--{short_hash(name)}"
