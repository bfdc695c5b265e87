"""The `orderBy` of list methods (https://google.aip.dev/132#ordering)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from localgcp.core.conventions.errors import invalid_argument
from localgcp.core.conventions.masks import camel

Resource = dict[str, Any]


def ordered(resources: Sequence[Resource], order_by: str, *, fields: Mapping[str, str]) -> list[Resource]:
    """Return the resources in the order of, for example, `display_name, create_time desc`.

    Args:
        order_by: an empty text keeps the order of the resources.
        fields: the name of the resource's field by each name that `order_by` may use, in camelCase.

    Raises:
        ApiError: 400 for another field, or another direction than `asc` and `desc`.
    """
    found = list(resources)
    # Sorting is stable, so the first key is applied last.
    for key in reversed([key for key in order_by.split(",") if key.strip()]):
        name, *direction = key.split()
        if camel(name) not in fields or direction not in ([], ["asc"], ["desc"]):
            raise invalid_argument(
                f"Invalid order_by {order_by!r}: {key.strip()!r} is not a field to order by, with asc or desc behind it"
                f" (those are {', '.join(sorted(fields))})."
            )
        found.sort(key=_value_of(fields[camel(name)]), reverse=direction == ["desc"])
    return found


def _value_of(field: str) -> Callable[[Resource], str]:
    return lambda resource: str(resource.get(field, ""))
