"""The flags of this trainer."""

import pytest
from trainer.arguments import TaskArgs, parse
from trainer_common.failures import UserError


def read(*argv: str) -> TaskArgs:
    return parse(["--train", "t", "--target", "Cover_Type", "--job-dir", "out", *argv])


def test_hyperparameters_come_as_two_words_or_one() -> None:
    args = read("--n_estimators", "200.0", "--max_depth=8.0", "--learning_rate=0.3", "--reg_lambda", "2")
    params = args.params
    assert (params.n_estimators, params.max_depth, params.learning_rate, params.reg_lambda) == (200, 8, 0.3, 2.0)


@pytest.mark.parametrize(
    ("text", "weight"), [("TRUE", None), ("True", None), ("true", None), ("FALSE", 1.0), ("false", 1.0), ("2.5", 2.5)]
)
def test_scale_pos_weight_is_a_word_or_a_number(text: str, weight: float | None) -> None:
    assert read("--scale_pos_weight", text).params.scale_pos_weight == weight


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--n_estimators", "200.5"], "argument --n_estimators: expected a whole number such as 200 or 200.0"),
        (["--n_estimators", "0"], "--n_estimators >= 1"),
        (["--learning_rate", "0"], "--learning_rate: expected more than 0 and at most 1"),
        (["--subsample", "1.1"], "--subsample: expected more than 0 and at most 1"),
        (["--gamma", "-1"], "--gamma: expected 0 or more"),
        (["--max_leaves", "0"], "--max_depth and --max_leaves are both 0"),
        (["--scale_pos_weight", "yes"], "expected TRUE, FALSE or a number, found 'yes'"),
        (["--scale_pos_weight", "-1"], "--scale_pos_weight: expected more than 0"),
        (["--scale_pos_weight", "nan"], "expected TRUE, FALSE or a number"),
        (["--nthread", "0"], "--nthread: expected 1 or more"),
        (["--hptune"], "--hptune needs --validation"),
        (["--threshold", "1"], "--threshold: expected a number between 0 and 1"),
        (["--predictions=-1"], "--predictions: expected 0 or more"),
        (["--n-estimators", "5"], "unrecognized arguments: --n-estimators"),
    ],
)
def test_a_value_out_of_range_is_one_line(argv: list[str], message: str) -> None:
    with pytest.raises(UserError) as caught:
        read(*argv)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
