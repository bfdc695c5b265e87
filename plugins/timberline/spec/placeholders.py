"""Placeholders such as `{{ image_uri }}` in the texts of a job file. Pure."""

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

from timberline.run.errors import JobFileError

T = TypeVar("T")


def fill(value: T, texts: Mapping[str, str], name: str) -> T:
    """Return a spec with the placeholders in all its texts replaced.

    Args:
        value: a dataclass of this package.
        texts: the replacement of each placeholder.
        name: what messages call the file.

    Raises:
        JobFileError: a placeholder has no value.
    """
    import jinja2  # Airflow has loaded it already; others need not

    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)

    def walk(each: Any) -> Any:
        if isinstance(each, str) and "{" in each and type(each) is str:
            return environment.from_string(each).render(texts)
        if isinstance(each, tuple):
            return tuple(walk(item) for item in each)
        if dataclasses.is_dataclass(each) and not isinstance(each, type):
            return dataclasses.replace(
                each, **{field.name: walk(getattr(each, field.name)) for field in dataclasses.fields(each)}
            )
        return each

    try:
        filled: T = walk(value)
    except jinja2.TemplateError as error:
        raise JobFileError(f"{name}: {error}; known placeholders: {', '.join(sorted(texts))}") from None
    return filled
