"""Rules of the flags that every trainer has."""

import argparse

import pytest
from trainer_common.environment import read_environment
from trainer_common.failures import UserError
from trainer_common.task_args import CommonArgs, OneLineParser, add_common_flags, common_args, integer, number


def parse(*argv: str) -> CommonArgs:
    parser = OneLineParser("A trainer.")
    add_common_flags(parser)
    return common_args(parser.parse_args(argv), read_environment({"AIP_MODEL_DIR": "out"}))


def test_locations_may_be_repeated_listed_and_separated_by_commas() -> None:
    args = parse("--train", "a,b", "--train=c", "--target", "y", "--train", "d", "e")
    assert args.train == ("a", "b", "c", "d", "e")
    assert args.validation == ()


def test_a_run_saves_its_model_unless_it_is_a_trial() -> None:
    assert not parse("--train", "a", "--target", "y").hptune
    assert not parse("--train", "a", "--target", "y", "--nohptune").hptune
    assert parse("--train", "a", "--target", "y", "--validation", "b", "--hptune").hptune


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--target", "y"], "--train"),
        (["--train", "a"], "--target"),
        (["--train", "a", "--target", "y", "--hptune"], "--hptune needs --validation"),
        (["--train", ",", "--target", "y"], "--train: expected at least one location"),
        (["--train", "a", "--target", "y", "--nthread", "0"], "--nthread: expected 1 or more"),
        (["--train", "a", "--target", "y", "--trian", "b"], "unrecognized arguments: --trian"),
        (["--train", "a", "--target", "y", "--hptune", "--nohptune"], "not allowed with"),
    ],
)
def test_flags_that_make_no_sense_are_one_line(argv: list[str], message: str) -> None:
    with pytest.raises(UserError) as caught:
        parse(*argv)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_whole_number_may_come_as_a_float() -> None:
    assert [integer(text) for text in ("200", "200.0", "2e2", "-1")] == [200, 200, 200, -1]


@pytest.mark.parametrize("text", ["200.5", "many", "", "nan", "inf"])
def test_other_numbers_are_no_whole_number(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="whole number"):
        integer(text)


@pytest.mark.parametrize("text", ["a", "", "nan", "inf"])
def test_a_number_is_finite(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="expected a number"):
        number(text)
