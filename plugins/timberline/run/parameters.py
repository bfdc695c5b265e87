"""The parameters that a person or another system passes to a run. Pure."""

from collections.abc import Collection, Mapping

from timberline.run.errors import InputError
from timberline.run.wording import did_you_mean


def check_parameters(conf: object, known: Collection[str]) -> None:
    """Check that a run's configuration names parameters of its DAG alone.

    Airflow ignores other keys: a misspelt parameter would leave the default in force.

    Args:
        conf: the configuration of the run; None for none.
        known: the names of the DAG's parameters.

    Raises:
        InputError: the configuration is not an object, or has a key that is no parameter.
    """
    if conf is None:
        return
    if not isinstance(conf, Mapping):
        raise InputError(f'the run\'s configuration: expected an object such as {{"preset": "quick"}}, found {conf!r}')
    for name in conf:
        if name not in known:
            raise InputError(f"{name}: the DAG has no such parameter; {did_you_mean(str(name), known)}")
