"""`python -m timberline.ai_platform`: prints or submits the Vertex AI job of a v1 training job, and reads its result.

The job is printed to the standard output, and each note of the translation as one line to the standard error. A failure
is one line on the standard error, with exit code 2.
"""

import json
import logging
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import yaml

from timberline.ai_platform.answers.outputs import best_trial_of
from timberline.ai_platform.cli.config import read_config
from timberline.ai_platform.cli.flags import BEST, DESCRIBE, parse_arguments
from timberline.ai_platform.notes import Note
from timberline.ai_platform.translate.training import TrainingTranslation, translate_training_job
from timberline.run.errors import TimberlineError

_FAILED = 2
_WIDTH = 1000  # of a line of YAML, so that paths are not wrapped


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Args:
        arguments: the arguments after the module's name; None for the arguments of this process.
    """
    try:
        output, notes = _run(sys.argv[1:] if arguments is None else arguments)
    except TimberlineError as error:
        sys.stderr.write(f"{_one_line(error)}\n")
        return _FAILED
    for note in notes:
        sys.stderr.write(f"{_one_line(note)}\n")
    sys.stdout.write(output)
    return 0


def _run(arguments: Sequence[str]) -> tuple[str, Sequence[Note]]:
    asked = parse_arguments(arguments)
    if asked.action in (DESCRIBE, BEST):
        job = _described(asked.options.job_id)
        return _in_words(job if asked.action == DESCRIBE else best_trial_of(job), asked.format), ()
    config = {"trainingInput": {}} if asked.config is None else read_config(asked.config)
    translation = translate_training_job(config, options=asked.options)
    output = _in_words(translation.body, asked.format) if asked.dry_run else f"{_submit(translation)}\n"
    return output, translation.notes


def _in_words(body: Mapping[str, Any], form: str) -> str:
    if form == "json":
        return json.dumps(body, indent=2) + "\n"
    return str(yaml.safe_dump(dict(body), sort_keys=False, allow_unicode=True, width=_WIDTH))


def _submit(translation: TrainingTranslation) -> str:
    """Submit the job and return its name. Google's clients and Airflow are imported only here."""
    with _quiet():
        from timberline.ai_platform.hook import submit_job
        from timberline.run.services import Connection
        from timberline.run.settings import read_settings

        return submit_job(translation, read_settings(), Connection())


def _described(job_id: str) -> dict[str, Any]:
    with _quiet():
        from timberline.ai_platform.hook import describe_job
        from timberline.run.services import Connection
        from timberline.run.settings import read_settings

        return describe_job(job_id, read_settings(), Connection())


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress messages of Airflow's set-up and warnings of Google's clients."""
    disabled = logging.root.manager.disable
    logging.disable(logging.INFO)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        logging.disable(disabled)


def _one_line(message: object) -> str:
    return " ".join(str(message).split())
