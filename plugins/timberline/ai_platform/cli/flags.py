"""The command's flags, named as the flags of `gcloud ai-platform jobs submit training`."""

import argparse
import dataclasses
from collections.abc import Sequence
from typing import Any, NoReturn

from timberline.ai_platform.options import TrainingOptions
from timberline.run.errors import AiPlatformError
from timberline.run.wording import did_you_mean

CONVERT, SUBMIT, DESCRIBE, BEST = "convert", "submit", "describe", "best"
_ACCELERATOR_ADVICE = "write acceleratorConfig in the configuration file"
_PACKAGE_ADVICE = "upload the package to Cloud Storage and name it with --package-uris"
# Flags for what gcloud did before or after the submission, and duplicates of other flags.
_OTHER_FLAGS = {
    "--package-path": _PACKAGE_ADVICE,
    "--packages": _PACKAGE_ADVICE,
    "--staging-bucket": _PACKAGE_ADVICE,
    "--master-accelerator": _ACCELERATOR_ADVICE,
    "--worker-accelerator": _ACCELERATOR_ADVICE,
    "--parameter-server-accelerator": _ACCELERATOR_ADVICE,
    "--stream-logs": "leave it out: the command returns at once",
    "--async": "leave it out: the command returns at once",
}


class _Parser(argparse.ArgumentParser):
    """Raises errors: argparse's own parser prints the usage and ends the process."""

    def error(self, message: str) -> NoReturn:
        raise AiPlatformError(message)


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the parsed arguments: `action`, `config`, `format`, `dry_run` and `options`.

    With `describe` and `best` only `action`, `format` and the `job_id` of the options count.

    Args:
        arguments: those after the module's name; what follows `--` is the trainer's.

    Raises:
        AiPlatformError: they are no call of the command.
    """
    split = list(arguments).index("--") if "--" in arguments else len(arguments)
    parser = _parser()
    found, unknown = parser.parse_known_args(list(arguments[:split]))
    if unknown:
        raise AiPlatformError(_about_unknown(unknown[0]))
    values = {
        field.name: getattr(found, field.name)
        for field in dataclasses.fields(TrainingOptions)
        if getattr(found, field.name, None) is not None
    }
    if split < len(arguments):
        values["args"] = list(arguments[split + 1 :])
    return argparse.Namespace(
        action=found.action,
        config=getattr(found, "config", None),
        format=found.format,
        dry_run=found.action == CONVERT or getattr(found, "dry_run", False),
        options=TrainingOptions(**values),
    )


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m timberline.ai_platform",
        description="Training jobs of AI Platform v1 on Vertex AI. Arguments after -- are the trainer's.",
        allow_abbrev=False,
    )
    actions = parser.add_subparsers(dest="action", required=True)
    convert = actions.add_parser(CONVERT, help="print the Vertex AI job of a configuration file", allow_abbrev=False)
    convert.add_argument("config", help="a file with trainingInput, or - for the standard input")
    convert.add_argument("--job-id", help="the job's id, its display name on Vertex AI")
    submit = actions.add_parser(SUBMIT, help="submit it", allow_abbrev=False)
    submit.add_argument("job_id", metavar="JOB_ID", help="letters, digits, underscores; used once")
    submit.add_argument("--config", help="a file with trainingInput, or - for the standard input")
    submit.add_argument("--dry-run", action="store_true", help="print it instead")
    describe = actions.add_parser(DESCRIBE, help="print a job as v1 answered, trials best first", allow_abbrev=False)
    best = actions.add_parser(BEST, help="print the best trial of a tuning job", allow_abbrev=False)
    for action in (describe, best):
        action.add_argument("job_id", metavar="JOB_ID", help="the id under which it was submitted")
    for action in (convert, submit, describe, best):
        action.add_argument("--format", choices=("yaml", "json"), default="yaml")
    for action in (convert, submit):
        _add_options(action)
    return parser


def _add_options(parser: argparse.ArgumentParser) -> None:
    kinds: dict[str, dict[str, Any]] = {
        "--labels": {"type": _pairs, "metavar": "KEY=VALUE,..."},
        "--package-uris": {"type": lambda text: text.split(","), "metavar": "gs://...,..."},
        "--worker-count": {"type": int},
        "--parameter-server-count": {"type": int},
        "--enable-web-access": {"action": "store_const", "const": True},
        "--use-chief-in-tf-config": {"type": _boolean, "metavar": "{true,false}"},
    }
    for field in dataclasses.fields(TrainingOptions):
        flag = f"--{field.name.replace('_', '-')}"
        if field.name not in ("job_id", "args"):
            parser.add_argument(flag, **kinds.get(flag, {}))


def _pairs(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split(",") if part]
    keys = [key for key, _, _ in pairs]
    if not all(key and equals for key, equals, _ in pairs) or len(set(keys)) < len(keys):
        raise argparse.ArgumentTypeError(f"expected key=value,key=value with each key once, found {text!r}")
    return {key: value for key, _, value in pairs}


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"expected true or false, found {text!r}")
    return text.lower() == "true"


def _about_unknown(argument: str) -> str:
    flag = argument.partition("=")[0]
    if flag in _OTHER_FLAGS:
        return f"{flag}: not supported; {_OTHER_FLAGS[flag]}"
    if not flag.startswith("-"):
        return f"unexpected argument {argument!r}; arguments of the trainer stand after --"
    known = [
        f"--{field.name.replace('_', '-')}" for field in dataclasses.fields(TrainingOptions) if field.name != "args"
    ]
    known += ["--format", "--config", "--dry-run"]
    return f"{flag}: unknown flag; {did_you_mean(flag, known)}"
