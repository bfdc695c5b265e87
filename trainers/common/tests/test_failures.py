"""How a trainer ends."""

from collections.abc import Sequence

import pytest
from trainer_common.failures import StorageError, UserError, run_main


def test_a_user_error_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    def main(argv: Sequence[str]) -> None:
        raise UserError(f"bad flag\n  {argv[0]}")

    assert run_main(main, ["--x"]) == 2
    assert capsys.readouterr().err == "error: bad flag --x\n"


def test_a_storage_error_is_one_line_and_exit_code_1_for_a_retry_may_succeed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def main(argv: Sequence[str]) -> None:
        raise StorageError("no space left")

    assert run_main(main, []) == 1
    assert capsys.readouterr().err == "error: no space left\n"


def test_a_defect_keeps_its_traceback() -> None:
    def main(argv: Sequence[str]) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_main(main, [])


def test_success_is_exit_code_0() -> None:
    assert run_main(lambda argv: None, []) == 0
