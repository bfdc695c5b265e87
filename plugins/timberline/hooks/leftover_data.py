"""Left-over data: split tables and exported rows of runs, and source archives of images."""

from typing import TYPE_CHECKING, Any

from timberline.data.identifiers import split_gs_uri
from timberline.hooks.cloud import Cloud
from timberline.janitor.rules import Leftover, Sighting, see_objects
from timberline.run.errors import SettingsError
from timberline.run.identity import RUN_LABEL
from timberline.run.transience import retried

if TYPE_CHECKING:
    from google.cloud.bigquery import Table
    from google.cloud.bigquery.table import TableListItem
    from google.cloud.storage import Blob

_CALL_TIMEOUT_S = 60.0
_NO_RETRY: Any = None  # `retried` tries again
_ARCHIVE_SUFFIX = ".tar.gz"
_LISTED = "items(name,size,generation,timeCreated),nextPageToken"


class Tables:
    """Tables with the label of a run."""

    def __init__(self, cloud: Cloud) -> None:
        self._dataset = f"{cloud.settings.project}.{cloud.settings.dataset}"
        self._client = cloud.bigquery.client

    def sightings(self) -> list[Sighting]:
        """Return the tables; none while the data set does not exist."""
        from google.api_core.exceptions import NotFound

        try:
            listed: list[TableListItem] = retried(
                lambda: list(self._client.list_tables(self._dataset, timeout=_CALL_TIMEOUT_S, retry=_NO_RETRY)),
                self._dataset,
            )
        except NotFound:
            return []
        names = [str(each.reference) for each in listed if RUN_LABEL in each.labels]
        # The list call does not say when a table was last written.
        return [_seen(name, table) for name in names if (table := self._table(name)) is not None]

    def remove(self, leftover: Leftover) -> bool:
        """Delete a table, unless it was written or made again since it was found."""
        name = leftover.name
        found = self._table(name)
        if found is None or _seen(name, found).newest_s > leftover.newest_s:
            return False
        options: dict[str, Any] = {"not_found_ok": True, "timeout": _CALL_TIMEOUT_S, "retry": _NO_RETRY}
        retried(lambda: self._client.delete_table(name, **options), name)
        return True

    def _table(self, name: str) -> "Table | None":
        from google.api_core.exceptions import NotFound

        try:
            return retried(lambda: self._client.get_table(name, timeout=_CALL_TIMEOUT_S, retry=_NO_RETRY), name)
        except NotFound:
            return None


def _seen(name: str, table: "Table") -> Sighting:
    times = [each.timestamp() for each in (table.created, table.modified) if each is not None]
    run_key = table.labels.get(RUN_LABEL)
    return Sighting(
        name=name, newest_s=max(times), run_key=run_key, is_kept=run_key is None, size_bytes=table.num_bytes
    )


class _Objects:
    """Objects of the deployment's bucket."""

    def __init__(self, cloud: Cloud) -> None:
        self._bucket = cloud.settings.bucket
        self._client = cloud.storage.client

    def _list(self, prefix: str) -> "list[Blob]":
        """Return the objects below a folder.

        Raises:
            SettingsError: the bucket does not exist.
        """
        from google.api_core.exceptions import NotFound

        uri = f"gs://{self._bucket}/{prefix}"
        try:
            return retried(
                lambda: list(
                    self._client.list_blobs(self._bucket, prefix=prefix, fields=_LISTED, timeout=_CALL_TIMEOUT_S)
                ),
                uri,
            )
        except NotFound:
            raise SettingsError(f"bucket {self._bucket} does not exist; create it, or set TIMBERLINE_BUCKET") from None

    def _remove(self, blob: "Blob") -> bool:
        """Delete the listed version of an object, and return whether that version was still there."""
        from google.api_core.exceptions import NotFound, PreconditionFailed

        try:
            retried(
                lambda: blob.delete(if_generation_match=blob.generation, timeout=_CALL_TIMEOUT_S, retry=_NO_RETRY),
                str(blob.name),
            )
        except (NotFound, PreconditionFailed):
            return False
        return True


class Rows(_Objects):
    """The exported rows of each run's splits, as folders."""

    def sightings(self) -> list[Sighting]:
        """Return the folder of rows of each run, and the folder with everything else of the run, which is kept."""
        return see_objects(
            self._bucket, [(str(blob.name), written_s(blob), blob.size or 0) for blob in self._list("runs/")]
        )

    def remove(self, leftover: Leftover) -> bool:
        """Delete the objects of a folder, except objects written since the folder was found."""
        _, folder = split_gs_uri(leftover.name)
        old = [blob for blob in self._list(folder) if written_s(blob) <= leftover.newest_s]
        return sum(map(self._remove, old)) > 0


class Archives(_Objects):
    """The source archives of images."""

    def sightings(self) -> list[Sighting]:
        """Return the archives."""
        return [
            Sighting(name=f"gs://{self._bucket}/{blob.name}", newest_s=written_s(blob), size_bytes=blob.size)
            for blob in self._list("builds/")
            if str(blob.name).endswith(_ARCHIVE_SUFFIX)
        ]

    def remove(self, leftover: Leftover) -> bool:
        """Delete an archive, unless it was uploaded again since it was found."""
        _, name = split_gs_uri(leftover.name)
        found = [blob for blob in self._list(name) if blob.name == name and written_s(blob) <= leftover.newest_s]
        return sum(map(self._remove, found)) > 0


def written_s(blob: "Blob") -> float:
    """Return when an object was written, in seconds since the epoch."""
    return blob.time_created.timestamp() if blob.time_created else 0.0
