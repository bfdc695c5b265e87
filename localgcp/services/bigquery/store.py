"""BigQuery put together from its parts."""

import shutil
from functools import partial

from localgcp.core.http.context import Context
from localgcp.services.bigquery.compiler.compiler import Compiler
from localgcp.services.bigquery.compiler.views import fields_of_view
from localgcp.services.bigquery.engine import Engine
from localgcp.services.bigquery.job_runner import JobRunner
from localgcp.services.bigquery.jobs.jobs import JobQueue
from localgcp.services.bigquery.jobs.results import QueryResults
from localgcp.services.bigquery.planner import Planner
from localgcp.services.bigquery.reads import Reads
from localgcp.services.bigquery.statements.statements import Statements
from localgcp.services.bigquery.tables.catalog import Catalog
from localgcp.services.bigquery.tables.definitions import Definitions
from localgcp.services.bigquery.tables.sizes import Sizes
from localgcp.services.bigquery.transfer.copy import Copier
from localgcp.services.bigquery.transfer.export import Exporter
from localgcp.services.bigquery.transfer.extract import Extractor
from localgcp.services.bigquery.transfer.load import Loader
from localgcp.services.bigquery.transfer.sink import Sink
from localgcp.services.bigquery.transfer.streaming import StreamingInserts
from localgcp.services.storage.store import StorageStore


class BigQueryStore:
    """All of BigQuery on one server.

    Attributes:
        project: the project that clients use.
        uploads: the folder for the files of load jobs that come with their requests.
        catalog: datasets, tables and routines.
        definitions: makes and changes tables and views from `Table` resources.
        sizes: how large tables are.
        sink: writes rows into tables.
        streaming: appends the rows of `insertAll`.
        jobs: the jobs, their states and threads.
        runner: does the work of jobs.
        reads: gives rows page by page.
    """

    def __init__(self, context: Context, storage: StorageStore) -> None:
        """Open the database in the state folder, and load the state.

        Args:
            storage: Cloud Storage, which loads read from and extracts write to.
        """
        folder = context.state.folder("bigquery")
        self.project = context.settings.project
        self.uploads = folder / "uploads"
        shutil.rmtree(self.uploads, ignore_errors=True)
        self.uploads.mkdir()
        self._engine = Engine(folder, context.settings.cpu_slots)
        self.catalog = Catalog(context, self._engine)
        self.jobs = JobQueue(context, self.catalog.commits)
        self.sizes = Sizes(self._engine)
        self.sink = Sink(self.catalog, self._engine)
        self.streaming = StreamingInserts(self.catalog, self._engine)
        results = QueryResults(folder / "results")
        self.reads = Reads(self.catalog, self._engine, results, self.sizes)
        exporter = Exporter(storage, folder / "staging")
        compiler = Compiler(Planner(), self.sizes, self.jobs.of_project)
        self.definitions = Definitions(self.catalog, self._engine, partial(fields_of_view, self.catalog, compiler))
        self._statements = Statements(self.catalog, compiler, self.sink, exporter, results)
        self.runner = JobRunner(
            catalog=self.catalog,
            engine=self._engine,
            jobs=self.jobs,
            sizes=self.sizes,
            storage=storage,
            statements=self._statements,
            loader=Loader(self.catalog, self.sink),
            extractor=Extractor(self.catalog, exporter, self.sizes),
            copier=Copier(self.catalog, self.sink),
        )

    def stop(self) -> None:
        """End the jobs and sessions, and close the database."""
        self.jobs.stop()
        self._statements.stop()
        self._engine.close()
