"""Reads the instructions of a Dockerfile that matter without a container: FROM, ENV, ENTRYPOINT and CMD.

The reader skips RUN, COPY, ADD, USER, WORKDIR and all others, because localgcp installs the pyproject.toml beside the
Dockerfile instead. The image is the last stage.
"""

import json
import re
import shlex
from dataclasses import dataclass

from localgcp.processes.images.resources import Startup

_INSTRUCTION = re.compile(r"\s*(?P<name>[A-Za-z]+)\s+(?P<rest>.*)", re.DOTALL)
_KNOWN = frozenset(
    {
        "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK",
        "LABEL", "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
    }
)  # fmt: skip


class DockerfileError(Exception):
    """The Dockerfile is malformed; the message names the line."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Dockerfile:
    """The parts of a Dockerfile that matter.

    Attributes:
        base: the base image of the last stage.
        startup: the command and environment of a container.
    """

    base: str
    startup: Startup


def parse_dockerfile(text: str) -> Dockerfile:
    """Read a Dockerfile.

    Raises:
        DockerfileError: the file has no FROM, an unknown instruction, or a list that is not JSON.
    """
    base, startup = "", Startup()
    stages: dict[str, tuple[str, Startup]] = {}
    stage = ""
    for number, name, rest in _instructions(text):
        if name == "FROM":
            image, stage = _from(rest)
            base, startup = stages.get(image, (image, Startup()))
        elif not base and name != "ARG":
            raise DockerfileError(f"line {number}: {name} comes before FROM.")
        else:
            startup = _apply(startup, number, name, rest)
        stages[stage] = (base, startup)
    if not base:
        raise DockerfileError("the file has no FROM.")
    return Dockerfile(base=base, startup=startup)


def _from(rest: str) -> tuple[str, str]:
    """Return the image and the name of a stage; the name is empty for a stage without name."""
    words = [word for word in rest.split() if not word.startswith("--")]
    return words[0], words[2] if len(words) == 3 else ""


def _apply(startup: Startup, number: int, name: str, rest: str) -> Startup:
    if name == "ENV":
        return Startup(entrypoint=startup.entrypoint, cmd=startup.cmd, env=startup.env | _variables(number, rest))
    if name == "ENTRYPOINT":
        # As in Docker, a new ENTRYPOINT drops the CMD of the base.
        return Startup(entrypoint=_words(number, rest), env=startup.env)
    if name == "CMD":
        return Startup(entrypoint=startup.entrypoint, cmd=_words(number, rest), env=startup.env)
    return startup


def _instructions(text: str) -> list[tuple[int, str, str]]:
    """Return line number, name and argument of each instruction; continued lines are joined."""
    found: list[tuple[int, str, str]] = []
    pending, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#") or (not line.strip() and not pending):
            continue
        start = start if pending else number
        pending += line.rstrip()
        if pending.endswith("\\"):
            pending = pending[:-1] + " "
            continue
        found.append(_instruction(start, pending))
        pending = ""
    return found


def _instruction(number: int, text: str) -> tuple[int, str, str]:
    match = _INSTRUCTION.fullmatch(text)
    if match is None or match["name"].upper() not in _KNOWN:
        raise DockerfileError(f"line {number}: {text.split()[0]} is not an instruction.")
    return number, match["name"].upper(), match["rest"].strip()


def _words(number: int, rest: str) -> tuple[str, ...]:
    """Return the words of the exec form, or the call of a shell for the shell form."""
    if not rest.startswith("["):
        return ("/bin/sh", "-c", rest)
    try:
        words = json.loads(rest)
    except ValueError as error:
        raise DockerfileError(f"line {number}: {rest} is not a JSON list.") from error
    return tuple(str(word) for word in words)


def _variables(number: int, rest: str) -> dict[str, str]:
    try:
        words = shlex.split(rest)
    except ValueError as error:
        raise DockerfileError(f"line {number}: ENV {rest}: {error}.") from error
    if "=" not in words[0]:
        return {words[0]: rest.split(maxsplit=1)[1] if len(words) > 1 else ""}
    return dict(word.partition("=")[::2] for word in words)
