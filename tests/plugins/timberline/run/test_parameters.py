"""A run's configuration is checked against the parameters of its DAG."""

from typing import Any

import pytest

from timberline.run.errors import InputError
from timberline.run.parameters import check_parameters

_KNOWN = ["cover_types", "preset", "trials"]


@pytest.mark.parametrize("conf", [None, {}, {"preset": "quick"}, {"cover_types": [3], "trials": 0}])
def test_parameters_of_the_dag_are_accepted(conf: Any) -> None:
    check_parameters(conf, _KNOWN)


@pytest.mark.parametrize(
    ("conf", "message"),
    [
        ({"covertypes": [3]}, "covertypes: the DAG has no such parameter; did you mean 'cover_types'?"),
        ({"preset": "quick", "Trials": 1}, "Trials: .* did you mean 'trials'?"),
        ({"zzz": 1}, "zzz: .* expected one of cover_types, preset, trials"),
        ([3], r"expected an object such as {\"preset\": \"quick\"}, found \[3\]"),
        ("quick", "expected an object .* found 'quick'"),
    ],
)
def test_another_key_or_another_type_is_refused(conf: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_parameters(conf, _KNOWN)
