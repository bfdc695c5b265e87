"""Names of models and versions, and a model as it is stored."""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from localgcp.core.conventions.errors import invalid_argument

Resource = dict[str, Any]

DEFAULT = "default"

_NAME = re.compile(
    r"(?P<parent>projects/[^/]+/locations/[^/]+)/models/(?P<id>[^/@]+)(?:@(?P<suffix>[^/@]+))?"
    r"(?:/evaluations/(?P<evaluation>[^/@]+))?"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelName:
    """The parts of a resource name; missing parts are empty.

    Attributes:
        parent: `projects/.../locations/...`.
        suffix: the text after `@`: the id of a version, an alias, or `-` for the model itself.
        evaluation: the id of an evaluation of the model.
    """

    parent: str
    id: str
    suffix: str = ""
    evaluation: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a name.

        Raises:
            ApiError: 400 for a text that is not the name of a model.
        """
        found = _NAME.fullmatch(text)
        if found is None:
            raise invalid_argument(
                f"{text!r} is not the name of a model. Expected projects/PROJECT/locations/LOCATION/models/MODEL, with"
                " @VERSION or @ALIAS behind it for a version."
            )
        return cls(**{name: value or "" for name, value in found.groupdict().items()})

    @property
    def model(self) -> str:
        """The model's resource name."""
        return f"{self.parent}/models/{self.id}"

    @property
    def names_version(self) -> bool:
        """Return whether the name is that of a version, not of a model."""
        return self.suffix not in ("", "-")

    def version(self, version_id: str) -> str:
        """Return the resource name of a version."""
        return f"{self.model}@{version_id}"


@dataclass(frozen=True, kw_only=True)
class RegisteredModel:
    """The fields of a model that do not belong to its versions.

    Attributes:
        aliases: the id of the version for each alias; the alias `default` always exists.
        last_version: the id of the newest version; ids are not used again.
        revision: the number of changes of the model and its versions.
    """

    name: str
    display_name: str
    create_time: str
    update_time: str
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    last_version: int = 0
    revision: int = 0

    @property
    def default_version(self) -> str:
        """The id of the default version."""
        return self.aliases[DEFAULT]

    @property
    def etag(self) -> str:
        """A text that differs after every change."""
        digest = hashlib.sha256(f"{self.name} {self.create_time} {self.revision}".encode()).digest()
        return base64.b64encode(digest[:18]).decode()

    def changed(self, time: str, **changes: Any) -> Self:
        """Return the model after a change of the model or of a version."""
        return replace(self, **changes, update_time=time, revision=self.revision + 1)

    def to_json(self) -> Resource:
        """Return what is stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Resource) -> Self:
        """Read what `to_json` wrote."""
        return cls(**raw)

    def to_api(self, version: Resource, *, is_versioned: bool) -> Resource:
        """Return the google.cloud.aiplatform.v1.Model of a version.

        Args:
            is_versioned: add `@VERSION` to the name, as responses do if the request named a version.
        """
        version_id = version["versionId"]
        optional: Resource = {
            "description": self.description,
            "labels": {**self.labels, **version.get("labels", {})},
            "versionAliases": [alias for alias, holder in self.aliases.items() if holder == version_id],
        }
        return {
            "name": f"{self.name}@{version_id}" if is_versioned else self.name,
            "displayName": self.display_name,
            **version,
            "createTime": self.create_time,
            "updateTime": self.update_time,
            "etag": self.etag,
            **{name: value for name, value in optional.items() if value},
        }
