"""YAML in which every key of a mapping is unique. Pure."""

from typing import Any

import yaml

from timberline.run.errors import JobFileError


def load_strict(text: str) -> Any:
    """Return the value that a YAML text describes.

    Raises:
        JobFileError: the text is not valid YAML, or a mapping contains a key twice.
    """
    try:
        return yaml.load(text, Loader=_StrictLoader)
    except yaml.YAMLError as error:
        raise JobFileError(f"not valid YAML: {error}") from None


class _StrictLoader(yaml.SafeLoader):
    """PyYAML's own loader silently keeps the last of repeated keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping.

        Raises:
            JobFileError: the mapping contains a key twice.
        """
        keys = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        twice = next((key for key in keys if isinstance(key, str) and keys.count(key) > 1), None)
        if twice is not None:
            raise JobFileError(f"line {node.start_mark.line + 1}: the key {twice!r} occurs twice")
        return super().construct_mapping(node, deep=deep)
