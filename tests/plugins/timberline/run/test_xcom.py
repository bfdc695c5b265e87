"""The result of a pipeline of one model is passed on as a list or as it is."""

from typing import Any

import pytest

from timberline.run.errors import InputError
from timberline.run.xcom import single


@pytest.mark.parametrize("result", [{"segment": "all"}, [{"segment": "all"}], [None, {"segment": "all"}]])
def test_the_only_result_is_taken_from_its_list(result: Any) -> None:
    assert single(result) == {"segment": "all"}


@pytest.mark.parametrize("result", [None, [], [{"segment": "1"}, {"segment": "2"}]])
def test_another_number_of_results_is_refused(result: Any) -> None:
    with pytest.raises(InputError, match="expected the result of one model"):
        single(result)
