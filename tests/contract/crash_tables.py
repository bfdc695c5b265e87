"""A writer of BigQuery tables for the tests of crashes."""

from collections.abc import Callable
from random import Random
from uuid import uuid4

from google.api_core.exceptions import NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from tests.contract.crashing import Plan, Things, Writer

_S = 30
_TABLES = ("t", "u")


class Tables(Writer):
    """Creates, fills, merges, copies and drops tables of numbers; each by one job, whose state must be the truth."""

    job_id = ""

    def connect(self) -> None:
        self.client = bigquery.Client(project=self.cloud.project, credentials=AnonymousCredentials())
        self.client.create_dataset(self.id, exists_ok=True)

    def plan(self, random: Random, things: Things) -> Plan:
        self.job_id = f"crash-{uuid4().hex}"
        kinds: list[Callable[[Random, Things], Plan]] = [self._create]
        if things:
            kinds += [self._insert, self._insert_all, self._load, self._merge, self._delete, self._copy, self._drop]
        return random.choice(kinds)(random, things)

    def read(self) -> Things:
        found = {}
        for item in self.client.list_tables(self.id):
            rows = self.client.query_and_wait(f"SELECT x FROM {self.id}.{item.table_id} ORDER BY x")
            found[item.table_id] = [row.x for row in rows]
        return found

    def check(self) -> None:
        """A job that says it is done has done all."""
        before, after = self.allowed[0], self.allowed[-1]
        super().check()
        try:
            job = self.client.get_job(self.job_id) if self.job_id else None
        except NotFound:
            return  # of an insertAll, or a call that did not arrive
        if job is not None and before != after:
            assert job.state == "DONE"
            assert bool(job.error_result) == (self.allowed != [after]), f"{job.job_type} says other than it did"

    def _new(self, random: Random) -> list[int]:
        return [next(self.numbers) for _ in range(random.choice((1, 3, 400)))]

    def _run(self, sql: str) -> Callable[[], object]:
        return lambda: self.client.query(
            sql, job_id=self.job_id, retry=None, job_retry=None, timeout=_S, api_method="INSERT"
        ).result(retry=None, job_retry=None, timeout=_S)

    def _create(self, random: Random, things: Things) -> Plan:
        name, rows = random.choice(_TABLES), self._new(random)
        select = f"SELECT x FROM UNNEST({rows}) AS x"
        return things | {name: rows}, self._run(f"CREATE OR REPLACE TABLE {self.id}.{name} AS {select}")

    def _insert(self, random: Random, things: Things) -> Plan:
        name, rows = random.choice(list(things)), self._new(random)
        values = ", ".join(f"({x})" for x in rows)
        return things | {name: things[name] + rows}, self._run(f"INSERT {self.id}.{name} (x) VALUES {values}")

    def _insert_all(self, random: Random, things: Things) -> Plan:
        name, rows = random.choice(list(things)), self._new(random)
        table, records = f"{self.cloud.project}.{self.id}.{name}", [{"x": x} for x in rows]
        return things | {name: things[name] + rows}, lambda: self.client.insert_rows_json(
            table, records, retry=None, timeout=_S
        )

    def _load(self, random: Random, things: Things) -> Plan:
        name, rows = random.choice(list(things)), self._new(random)
        settings = bigquery.LoadJobConfig(schema=[bigquery.SchemaField("x", "INT64")])

        def call() -> None:
            table, records = f"{self.id}.{name}", [{"x": x} for x in rows]
            job = self.client.load_table_from_json(
                records, table, job_id=self.job_id, job_config=settings, num_retries=0, timeout=_S
            )
            job.result(retry=None, timeout=_S)

        return things | {name: things[name] + rows}, call

    def _merge(self, random: Random, things: Things) -> Plan:
        name, rows = random.choice(list(things)), self._new(random)
        gone = things[name][: len(things[name]) // 2]
        sql = (
            f"MERGE {self.id}.{name} AS t USING (SELECT x FROM UNNEST({[*gone, *rows]}) AS x) AS s ON t.x = s.x"
            " WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (x) VALUES (x)"
        )
        return things | {name: [x for x in things[name] if x not in gone] + rows}, self._run(sql)

    def _delete(self, random: Random, things: Things) -> Plan:
        name = random.choice(list(things))
        kept = [x for x in things[name] if x % 3]
        return things | {name: kept}, self._run(f"DELETE FROM {self.id}.{name} WHERE MOD(x, 3) = 0")

    def _copy(self, random: Random, things: Things) -> Plan:
        name, other = random.choice(list(things)), random.choice(_TABLES)
        if name == other:
            return self._insert(random, things)
        settings = bigquery.CopyJobConfig(write_disposition="WRITE_TRUNCATE")

        def call() -> None:
            job = self.client.copy_table(
                f"{self.id}.{name}", f"{self.id}.{other}", job_id=self.job_id, job_config=settings, retry=None,
                timeout=_S,
            )  # fmt: skip
            job.result(retry=None, timeout=_S)

        return things | {other: things[name]}, call

    def _drop(self, random: Random, things: Things) -> Plan:
        name = random.choice(list(things))
        del things[name]
        return things, self._run(f"DROP TABLE {self.id}.{name}")
