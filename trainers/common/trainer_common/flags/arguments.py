"""Make a frozen dataclass of the command line: a field is a flag, and a field that is a dataclass is a group of flags.

    @dataclass(frozen=True, kw_only=True, slots=True)
    class TaskArgs:
        train: tuple[str, ...] = flag("rows to fit")
        threshold: float = flag("probability above which a row is positive", default=0.5)
        params: Params
        run: RunFlags

    args = parse_arguments(TaskArgs, argv, "Train a model.")

The type of a field decides how its value is read: `str`, `int` and `float`, also with `| None`; `bool` makes a pair of
flags, `--name` and `--noname`; `tuple[str, ...]` takes locations of rows and may be repeated. A field without a default
is a required flag.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from types import NoneType
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

from trainer_common.failures import UserError
from trainer_common.flags.parser import OneLineParser
from trainer_common.flags.values import integer, locations, number

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

ArgsT = TypeVar("ArgsT", bound="DataclassInstance")
Reader = Callable[[str], object]

_METADATA = "flag"
_LOCATIONS = tuple[str, ...]
_LOCATIONS_HELP = "a file, folder or pattern of Parquet or CSV shards; comma separated, may be repeated"
_READERS: Mapping[object, Reader] = {int: integer, float: number, str: str}


@dataclass(frozen=True, kw_only=True, slots=True)
class Flag:
    """The part of a flag that name, type and default of its field do not say."""

    help: str = ""
    names: tuple[str, ...] = ()
    """All spellings, with their hyphens; empty for `--` and the field's name."""
    read: Reader | None = None
    """Reads the value; None for the reader of the field's type."""


def flag(help: str, *, default: Any = MISSING, names: tuple[str, ...] = (), read: Reader | None = None) -> Any:
    """Declare a field that is a flag.

    Args:
        help: The line of `--help`.
        default: The value when the flag is not given; without one the flag is required.
        names: All spellings, with their hyphens, where the field's name is not the only one.
        read: Reads the value, where the field's type does not say how; raises `argparse.ArgumentTypeError`.

    Returns:
        A dataclass field.
    """
    return field(default=default, metadata={_METADATA: Flag(help=help, names=names, read=read)})


def parse_arguments(
    arguments: type[ArgsT], argv: Sequence[str], description: str, readers: Mapping[str, Reader] | None = None
) -> ArgsT:
    """Return the arguments on a command line.

    Args:
        arguments: The dataclass to make.
        argv: The command line without the program name.
        description: The first line of `--help`.
        readers: Readers by field name, for fields that do not declare their own.

    Raises:
        UserError: A flag is unknown, missing or out of range.
    """
    parser = OneLineParser(description)
    _add_flags(parser, arguments, readers or {})
    return _build(arguments, vars(parser.parse_args(argv)))


def _add_flags(
    parser: argparse.ArgumentParser, arguments: "type[DataclassInstance]", readers: Mapping[str, Reader]
) -> None:
    hints = get_type_hints(arguments)
    for each in fields(arguments):
        if is_dataclass(hints[each.name]):
            _add_flags(parser, hints[each.name], readers)
        else:
            _add_flag(parser, each, hints[each.name], readers)


def _add_flag(parser: argparse.ArgumentParser, each: "Field[Any]", hint: object, readers: Mapping[str, Reader]) -> None:
    declared: Flag = each.metadata.get(_METADATA, Flag())
    names = _names(each)
    is_required = each.default is MISSING
    default = None if is_required else each.default
    if hint is bool:
        pair = parser.add_mutually_exclusive_group()
        pair.add_argument(*names, action="store_true", dest=each.name, default=default, help=declared.help)
        pair.add_argument(f"--no{each.name}", action="store_false", dest=each.name, help="the opposite")
    elif hint == _LOCATIONS:
        text = f"{declared.help}: {_LOCATIONS_HELP}"
        parser.add_argument(
            *names, dest=each.name, type=locations, nargs="+", action="extend", required=is_required, help=text
        )
    else:
        read = declared.read or readers.get(each.name) or _READERS[_without_none(hint)]
        text = _help(declared.help, default)
        parser.add_argument(*names, dest=each.name, type=read, required=is_required, default=default, help=text)


def _names(each: "Field[Any]") -> tuple[str, ...]:
    declared: Flag = each.metadata.get(_METADATA, Flag())
    return declared.names or (f"--{each.name}",)


def _help(text: str, default: object) -> str:
    if default is None:
        return text
    return f"{text} (default: {default})" if text else f"default: {default}"


def _without_none(hint: object) -> object:
    """Return the type of an optional field."""
    options = [option for option in get_args(hint) if option is not NoneType]
    return options[0] if len(options) == 1 else hint


def _build(arguments: type[ArgsT], parsed: Mapping[str, Any]) -> ArgsT:
    hints = get_type_hints(arguments)
    values: dict[str, object] = {}
    for each in fields(arguments):
        hint = hints[each.name]
        if is_dataclass(hint):
            values[each.name] = _build(hint, parsed)  # type: ignore[arg-type]
        elif hint == _LOCATIONS:
            values[each.name] = _flatten(each, parsed[each.name])
        else:
            values[each.name] = parsed[each.name]
    return arguments(**values)


def _flatten(each: "Field[Any]", groups: list[list[str]] | None) -> tuple[str, ...]:
    """Return the locations of a flag in the order given; `groups` is None when it was not given."""
    if groups is None:
        return ()
    found = tuple(location for group in groups for location in group)
    if not found:
        raise UserError(f"{_names(each)[0]}: expected at least one location, found an empty value")
    return found
