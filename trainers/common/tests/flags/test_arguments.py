"""Making a dataclass of a command line."""

from dataclasses import dataclass

import pytest
from trainer_common.failures import UserError
from trainer_common.flags.arguments import flag, parse_arguments
from trainer_common.flags.shared import RunFlags, SplitFlags


@dataclass(frozen=True, kw_only=True, slots=True)
class Params:
    depth: int = 6
    rate: float | None = 0.5
    alpha: float = flag("strength of the penalty")


@dataclass(frozen=True, kw_only=True, slots=True)
class Args:
    params: Params
    splits: SplitFlags
    run: RunFlags
    target: str = flag("the column to predict", names=("--target", "--label"))
    positive_class: str | None = flag("the positive value", default=None)


REQUIRED = ("--train=a", "--target=y", "--alpha=1")


def parse(*argv: str) -> Args:
    return parse_arguments(Args, argv, "A trainer.")


def test_a_flag_that_is_not_given_has_its_default() -> None:
    assert parse(*REQUIRED) == Args(
        params=Params(depth=6, rate=0.5, alpha=1.0),
        splits=SplitFlags(train=("a",), validation=(), test=()),
        run=RunFlags(job_dir=None, hptune=False, seed=42, predictions=20),
        target="y",
        positive_class=None,
    )


def test_values_are_read_by_the_type_of_the_field() -> None:
    args = parse(*REQUIRED, "--depth", "8.0", "--rate=0.25", "--positive_class", "3")
    assert (args.params.depth, type(args.params.depth), args.params.rate) == (8, int, 0.25)
    assert args.positive_class == "3"


def test_locations_may_be_repeated_listed_and_separated_by_commas() -> None:
    args = parse("--train", "a,b", "--train=c", "--target", "y", "--train", "d", "e", "--alpha=1")
    assert args.splits.train == ("a", "b", "c", "d", "e")


def test_a_run_saves_its_model_unless_it_is_a_trial() -> None:
    assert [parse(*REQUIRED, *flags).run.hptune for flags in ([], ["--nohptune"], ["--hptune"])] == [False, False, True]


def test_a_flag_may_have_several_spellings_and_the_last_one_counts() -> None:
    assert parse(*REQUIRED, "--label=z").target == "z"
    assert parse(*REQUIRED, "--job-dir", "first", "--job_dir=later").run.job_dir == "later"


def test_a_caller_may_replace_the_reader_of_a_field() -> None:
    args = parse_arguments(Args, [*REQUIRED, "--rate=auto"], "A trainer.", readers={"rate": lambda text: None})
    assert args.params.rate is None


def test_help_has_each_flag_with_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse("--help")
    words = " ".join(capsys.readouterr().out.split())
    assert "--depth DEPTH default: 6" in words
    assert "--seed SEED fixes everything random (default: 42)" in words
    assert "--train TRAIN [TRAIN ...] rows to fit: a file, folder or pattern" in words


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--target", "y", "--alpha=1"], "--train"),
        (["--train", "a", "--alpha=1"], "--target"),
        (["--train", "a", "--target=y"], "--alpha"),
        (["--train", ",", "--target", "y", "--alpha=1"], "--train: expected at least one location"),
        ([*REQUIRED, "--depth=6.5"], "argument --depth: expected a whole number"),
        ([*REQUIRED, "--predictions=-1"], "--predictions: expected 0 or more, found -1"),
        ([*REQUIRED, "--trian", "b"], "unrecognized arguments: --trian"),
        ([*REQUIRED, "--see=1"], "unrecognized arguments: --see"),
        ([*REQUIRED, "--hptune", "--nohptune"], "not allowed with"),
    ],
)
def test_an_invalid_command_line_is_one_line(argv: list[str], message: str) -> None:
    with pytest.raises(UserError) as caught:
        parse(*argv)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
