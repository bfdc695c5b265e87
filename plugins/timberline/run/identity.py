"""The identity of one run: every name that a run gives to a resource is made here. Pure.

A name depends on dag_id and run_id alone, so that a retry finds what the try before it made, and two runs never share a
name.
"""

import base64
import hashlib
import re
from dataclasses import dataclass

LABEL_LIMIT = 63  # https://cloud.google.com/resource-manager/docs/labels-overview#requirements
_DISPLAY_NAME_LIMIT = 128
_SLUG_LIMIT = 24
_HASH_CHARACTERS = 12  # 5 bits each
_LABEL_VALUE = re.compile(rf"[a-z0-9][a-z0-9_-]{{0,{LABEL_LIMIT - 1}}}")

ALL_SEGMENTS = "all"
"""The segment of a pipeline that trains one model for all classes."""

RUN_LABEL = "timberline-run"
STEP_LABEL = "timberline-step"
SEGMENT_LABEL = "timberline-segment"
ATTEMPT_LABEL = "timberline-attempt"
CONTENT_LABEL = "timberline-content"


def short_hash(*parts: str, characters: int = _HASH_CHARACTERS) -> str:
    """Return a hash of the parts in [a-z2-7]. The hash covers the lengths of the parts instead of a separator."""
    text = "".join(f"{len(part)}:{part}" for part in parts)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return base64.b32encode(digest).decode("ascii").lower()[:characters]


def slug(text: str, limit: int = _SLUG_LIMIT) -> str:
    """Return `text` reduced to [a-z0-9-], at most `limit` characters, starting with a letter; slugs are not unique."""
    reduced = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if not reduced or not reduced[0].isalpha():
        reduced = f"x-{reduced}" if reduced else "x"
    return reduced[:limit].strip("-")


def label_value(text: str) -> str:
    """Return `text` if it is a valid label value, or else a slug with a hash, so that distinct texts stay distinct."""
    if _LABEL_VALUE.fullmatch(text) and not text.startswith("x--"):
        return text
    return f"x--{slug(text)}-{short_hash(text)}"


def run_key(dag_id: str, run_id: str) -> str:
    """Return the short, label-safe name of a run: [a-z][a-z0-9-]*, at most 37 characters."""
    return f"{slug(dag_id)}-{short_hash(dag_id, run_id)}"


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """One run, and the names of its resources."""

    dag_id: str
    run_id: str

    @property
    def run_key(self) -> str:
        """The short name of the run, as it stands in labels and URIs."""
        return run_key(self.dag_id, self.run_id)

    def labels(self, step: str, segment: str | None = None) -> dict[str, str]:
        """Return the labels by which a resource of this run is found.

        Args:
            step: what the resource is for, e.g. `tune`.
            segment: the parallel model that the resource belongs to; None for all models.
        """
        found = {RUN_LABEL: self.run_key, STEP_LABEL: label_value(step)}
        return found if segment is None else found | {SEGMENT_LABEL: label_value(segment)}

    def display_name(self, step: str, segment: str | None = None) -> str:
        """Return the name that consoles show for a resource, at most 128 characters. Only labels are unique."""
        return "-".join([self.run_key, *_parts(step, segment)])[:_DISPLAY_NAME_LIMIT]

    def table_name(self, prefix: str) -> str:
        """Return a BigQuery table name of this run; `prefix` is [A-Za-z0-9_]."""
        return f"{prefix}_{self.run_key.replace('-', '_')}"

    def job_id(self, step: str, content: str) -> str:
        """Return the BigQuery job id of a step, one per content (statement and parameters).

        A run that is repeated with other parameters asks for other work, and must not get the earlier result.
        """
        return f"{self.run_key}_{label_value(step)}_{short_hash(content)}"

    def folder_uri(self, bucket: str) -> str:
        """Return the run's folder in a bucket, without a slash at the end."""
        return f"gs://{bucket}/runs/{self.run_key}"

    def data_uri(self, bucket: str, split: str) -> str:
        """Return the folder of one split's rows, without a slash at the end."""
        return f"{self.folder_uri(bucket)}/data/{split}"

    def step_uri(self, bucket: str, step: str, segment: str) -> str:
        """Return the folder that a remote job of one segment writes to, without a slash at the end."""
        return "/".join([self.folder_uri(bucket), *_parts(step, segment)])

    def report_uri(self, bucket: str) -> str:
        """Return where the run's report is written."""
        return f"{self.folder_uri(bucket)}/report.json"

    def failures_uri(self, bucket: str) -> str:
        """Return the folder of the failure notes, without a slash at the end."""
        return f"{self.folder_uri(bucket)}/failures"

    def failure_uri(self, bucket: str, segment: str, step: str) -> str:
        """Return the URI of the failure note of one segment and step."""
        return f"{self.failures_uri(bucket)}/{label_value(segment)}/{label_value(step)}.json"


def _parts(step: str, segment: str | None) -> list[str]:
    return [label_value(step)] if segment is None else [label_value(step), label_value(segment)]
