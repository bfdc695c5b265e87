"""YAML in which a key may occur once. Pure."""

from typing import Any

import yaml

from timberline.run.errors import JobFileError


def load_strict(text: str) -> Any:
    """Return what YAML stands for.

    Raises:
        JobFileError: it is no YAML, or a key occurs twice in a mapping.
    """
    try:
        return yaml.load(text, Loader=_StrictLoader)
    except yaml.YAMLError as error:
        raise JobFileError(f"no YAML: {error}") from None


class _StrictLoader(yaml.SafeLoader):
    """The standard keeps the last one of repeated keys silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping.

        Raises:
            JobFileError: a key occurs twice.
        """
        keys = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        twice = next((key for key in keys if isinstance(key, str) and keys.count(key) > 1), None)
        if twice is not None:
            raise JobFileError(f"line {node.start_mark.line + 1}: the key {twice!r} occurs twice")
        return super().construct_mapping(node, deep=deep)
