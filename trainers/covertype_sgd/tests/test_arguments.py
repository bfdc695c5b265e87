"""The flags of this trainer."""

import pytest
from trainer.arguments import TaskArgs, parse
from trainer_common.failures import UserError

DATA = ["--training_dataset_path=t", "--validation_dataset_path=v"]
TUNED = ["--alpha=0.001", "--max_iter=200"]


def read(*argv: str) -> TaskArgs:
    return parse([*DATA, *TUNED, "--job_dir=out", *argv])


def test_hyperparameters_come_as_two_words_or_one_and_whole_numbers_with_a_point() -> None:
    params = read("--max_iter", "200.0", "--alpha=1e-4").params
    assert (params.max_iter, type(params.max_iter), params.alpha) == (200, int, 1e-4)


def test_both_spellings_of_the_job_folder_are_one_flag_and_the_last_one_counts() -> None:
    assert read("--job-dir=later").run.job_dir == "later"
    assert read("--job-dir", "first", "--job_dir", "later").run.job_dir == "later"


def test_a_run_saves_its_model_unless_it_is_a_trial() -> None:
    assert [read(*flags).run.hptune for flags in ([], ["--nohptune"], ["--hptune"])] == [False, False, True]


def test_splits_may_have_several_locations_and_test_rows_are_optional() -> None:
    args = read("--training_dataset_path", "a,b")
    assert args.training_dataset_path == ("t", "a", "b")
    assert (args.validation_dataset_path, args.test_dataset_path) == (("v",), ())
    assert read("--test_dataset_path=x").test_dataset_path == ("x",)


def test_the_defaults_are_a_fixed_seed_and_twenty_recorded_rows() -> None:
    assert (read().run.seed, read().run.predictions) == (42, 20)


@pytest.mark.parametrize("missing", ["--alpha", "--max_iter", "--training_dataset_path", "--validation_dataset_path"])
def test_what_is_tuned_and_what_is_fitted_has_no_default(missing: str) -> None:
    argv = [flag for flag in (*DATA, *TUNED, "--job_dir=out") if not flag.startswith(missing)]
    with pytest.raises(UserError, match=f"required: {missing}"):
        parse(argv)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--max_iter", "200.5"], "argument --max_iter: expected a whole number such as 200 or 200.0"),
        (["--max_iter", "0"], "--max_iter: expected 1 or more, found 0"),
        (["--alpha", "0"], "--alpha: expected more than 0, found 0.0"),
        (["--alpha", "nan"], "argument --alpha: expected a number, found 'nan'"),
        (["--seed=-1"], "--seed: expected 0 to 4294967295, found -1"),
        (["--predictions=-1"], "--predictions: expected 0 or more, found -1"),
        (["--test_dataset_path", ","], "--test_dataset_path: expected at least one location"),
        (["--hptune", "--nohptune"], "not allowed with"),
        (["--target", "y"], "unrecognized arguments: --target"),
    ],
)
def test_a_value_out_of_range_is_one_line(argv: list[str], message: str) -> None:
    with pytest.raises(UserError) as caught:
        read(*argv)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
