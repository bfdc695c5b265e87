"""Hive partitions: columns with values from the URIs of files (`gs://bucket/table/dt=2020-01-01/country=CH/file`)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from localgcp.core.conventions.errors import invalid_argument
from localgcp.services.bigquery.formats.bad_records import LoadError
from localgcp.services.bigquery.formats.detection import common_type, text_type
from localgcp.services.bigquery.formats.source_file import SourceFile
from localgcp.services.bigquery.types.json_text import literal
from localgcp.services.bigquery.types.schema import Field, parse_fields, quote

_CUSTOM = re.compile(r"\{(\w+):(\w+)\}")
_NULL = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True, slots=True)
class HivePartitions:
    """The partition keys of the files.

    Attributes:
        fields: the columns of the keys.
        groups: the files under the values of their keys.
    """

    fields: tuple[Field, ...]
    groups: dict[tuple[str, ...], list[SourceFile]]

    @classmethod
    def of(cls, options: dict[str, Any], files: Sequence[SourceFile]) -> "HivePartitions":
        """Read the keys from the URIs.

        Args:
            options: the `hivePartitioningOptions`.
            files: the files of the job.

        Raises:
            ApiError: 400 for invalid options, or files with different keys.
        """
        mode = options.get("mode") or "AUTO"
        prefix = options.get("sourceUriPrefix") or ""
        if options.get("requirePartitionFilter"):
            raise invalid_argument("hivePartitioningOptions.requirePartitionFilter cannot be set for a load job.")
        if mode not in ("AUTO", "STRINGS", "CUSTOM") or not prefix.startswith("gs://"):
            raise invalid_argument("hivePartitioningOptions needs a mode (AUTO, STRINGS, CUSTOM) and sourceUriPrefix.")
        custom = _CUSTOM.findall(prefix)
        base = prefix.split("{")[0].rstrip("/") + "/"
        found = [(file, _keys(file, base)) for file in files]
        names = list(found[0][1])
        groups: dict[tuple[str, ...], list[SourceFile]] = {}
        for file, keys in found:
            if list(keys) != names:
                raise LoadError(f"Incompatible partition schemas. Expected keys {names}, found {list(keys)};", file)
            groups.setdefault(tuple(keys.values()), []).append(file)
        if mode == "CUSTOM" and [name for name, _ in custom] != names:
            raise invalid_argument(f"The partition keys {names} are not those of sourceUriPrefix {prefix}.")
        columns = [[value for value in values if value != _NULL] for values in zip(*groups, strict=True)]
        types = [common_type(map(text_type, values)) if mode == "AUTO" else "STRING" for values in columns]
        kinds = [kind for _, kind in custom] if mode == "CUSTOM" else types
        raw = [{"name": name, "type": kind} for name, kind in zip(names, kinds, strict=True)]
        return cls(parse_fields(raw), groups)

    def with_keys(self, select: str, values: tuple[str, ...]) -> str:
        """Return a query with the key columns added.

        Args:
            select: the query for files with the same keys.
            values: the values of these keys.
        """
        columns = [
            f"CAST({'NULL' if value == _NULL else literal(value)} AS {field.duckdb_type}) AS {quote(field.name)}"
            for field, value in zip(self.fields, values, strict=True)
        ]
        return f"SELECT {', '.join(['*', *columns])} FROM ({select})"


def _keys(file: SourceFile, base: str) -> dict[str, str]:
    if not file.uri.startswith(base):
        raise LoadError(f"The file is not below sourceUriPrefix {base};", file)
    keys = {}
    for part in file.uri.removeprefix(base).split("/")[:-1]:
        name, sign, value = part.partition("=")
        if not sign:
            raise LoadError(f"{part} is not a partition key of the form name=value;", file)
        keys[name] = unquote(value)
    return keys
