"""Reads the text of a job file, with the jobs of files in other formats that it names. Pure."""

import dataclasses
from collections.abc import Callable, Mapping

from timberline.run.errors import InputError, JobFileError
from timberline.run.strict_yaml import load_strict
from timberline.run.wording import did_you_mean
from timberline.spec.decoding import camel_case, decode
from timberline.spec.jobfile import JobFile
from timberline.spec.readers import registered_readers

ReadDocument = Callable[[str], object]
"""Returns the document in a file beside the job file, given its name."""


def parse_job_file(text: str, name: str, read_document: ReadDocument | None = None) -> JobFile:
    """Read a job file, and try each of its presets.

    Args:
        text: the YAML.
        name: what messages call the file.
        read_document: returns the document in a file that a reader's key names; None if there are no such files.

    Raises:
        JobFileError: it is not YAML, has an unknown or repeated key, or an impossible value.
        InputError: a reader refuses the document in another format.
    """
    try:
        job_file = decode(JobFile, _with_other_formats(load_strict(text), read_document), "")
        for preset in job_file.presets:
            job_file.tuning_for(preset)
    except JobFileError as error:
        raise JobFileError(f"{name}: {error}") from None
    return job_file


def _with_other_formats(document: object, read_document: ReadDocument | None) -> object:
    """Return the document with the jobs of the file that it names in another format."""
    if read_document is None or not isinstance(document, Mapping):
        return document
    for key, reader in registered_readers().items():
        if key in document:
            if twice := [job for job in ("tuning", "training") if job in document]:
                raise JobFileError(f"{twice[0]}: expected none beside {key}, which has it; remove one of them")
            jobs = _read(reader, str(document[key]), read_document)
            document = {**{other: value for other, value in document.items() if other != key}, **jobs}
    known = [camel_case(field.name) for field in dataclasses.fields(JobFile)]
    for key, value in document.items():
        if key not in known and isinstance(
            value, str
        ):  # a text is the name of a file; the file's own keys have mappings
            raise JobFileError(
                f"{key}: unknown key; {did_you_mean(str(key), [*known, *registered_readers()])}; if {value} is in a "
                "format of its own, import the operators that read it in the DAG file"
            )
    return document


def _read(
    reader: Callable[[object], Mapping[str, object]], name: str, read_document: ReadDocument
) -> Mapping[str, object]:
    document = read_document(name)
    try:
        return reader(document)
    except InputError as error:
        raise type(error)(f"{name}: {error}") from None
