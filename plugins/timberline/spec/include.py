"""Finds the files that are deployed with the DAGs: include/ (job files, prices, SQL) and, beside it, trainers/."""

import os
from pathlib import Path
from typing import Any

from timberline.run.errors import InputError, JobFileError, SettingsError
from timberline.run.strict_yaml import load_strict
from timberline.run.wording import did_you_mean
from timberline.spec.jobfile import JobFile
from timberline.spec.parsing import parse_job_file
from timberline.spec.prices import PRICE_FILE, Prices, parse_prices


def read_job_file(name: str) -> JobFile:
    """Read `include/jobs/<name>`.

    Raises:
        JobFileError: there is no such file, or `parse_job_file` refuses it.
    """
    return parse_job_file(_job_text(name), name, read_document)


def read_document(name: str) -> Any:
    """Return the YAML document `include/jobs/<name>`, whatever its format.

    Raises:
        JobFileError: there is no such file, it is not YAML, or a key occurs twice.
    """
    try:
        return load_strict(_job_text(name))
    except JobFileError as error:
        raise JobFileError(f"{name}: {error}") from None


def read_include(name: str) -> str:
    """Return the text of a file below include/.

    Raises:
        InputError: there is no such file, or it is not UTF-8.
    """
    folder = include_dir().resolve()
    path = (folder / name).resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        raise InputError(f"no file {name!r} in {folder}; upload it with the DAGs, or correct its name")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: expected text in UTF-8, found something else: {error}") from None


def read_prices() -> Prices:
    """Read `include/prices.yaml`.

    Raises:
        SettingsError: there is no such file.
        JobFileError: `parse_prices` refuses it.
    """
    path = include_dir() / PRICE_FILE
    if not path.is_file():
        raise SettingsError(f"no file {path}: the prices that a run's cost is bounded with lie there; upload it too")
    return parse_prices(path.read_text(encoding="utf-8"))


def _job_text(name: str) -> str:
    folder = include_dir() / "jobs"
    path = folder / name
    if path.parent != folder or not path.is_file():
        known = [each.name for each in folder.glob("*.yaml")]
        raise JobFileError(f"no job file {name!r} in {folder}; {did_you_mean(name, known)}")
    return path.read_text(encoding="utf-8")


def include_dir() -> Path:
    """Return the folder of job files and SQL.

    It lies beside dags/ in the repository and below dags/ in a Composer bucket, which syncs no other folder to workers.
    The package itself lies in plugins/ in both, unless it was installed: then Airflow's dags folder leads there.

    Raises:
        SettingsError: it is at none of these places.
    """
    explicit = os.environ.get("TIMBERLINE_INCLUDE_DIR")
    if explicit:
        candidates = [Path(explicit)]
    else:
        root = Path(__file__).resolve().parents[3]
        dags = _dags_folder()
        candidates = [root / "include", root / "dags" / "include", dags / "include", dags.parent / "include"]
    for candidate in candidates:
        if (candidate / "sql").is_dir():
            return candidate
    places = ", ".join(str(candidate) for candidate in candidates)
    raise SettingsError(
        f"no folder include/ with sql/ in it at {places}; upload it below dags/, or set TIMBERLINE_INCLUDE_DIR"
    )


def trainers_dir() -> Path:
    """Return the folder of trainers, beside include/.

    Raises:
        SettingsError: there is no such folder.
    """
    folder = include_dir().parent / "trainers"
    if not folder.is_dir():
        raise SettingsError(f"no folder {folder}: the trainers lie beside include/; upload them too")
    return folder


def _dags_folder() -> Path:
    from airflow.configuration import conf

    return Path(conf.get("core", "dags_folder", fallback="dags"))
