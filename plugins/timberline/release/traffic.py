"""Shares of an endpoint's requests, in whole percent by deployed model. Pure."""

from collections.abc import Mapping

from timberline.run.errors import InputError

Split = dict[str, int]


def with_canary(split: Mapping[str, int], model: str, percent: int) -> Split:
    """Return the split in which a model gets `percent`, and the others share the rest in the same proportions.

    Where no other model takes requests it takes all.

    Raises:
        InputError: the percentage is not from 1 to 100.
    """
    if not 1 <= percent <= 100:
        raise InputError(f"canary_percent: expected 1 to 100, found {percent}")
    others = _others(split, model)
    return {**scaled(others, 100 - percent), model: percent} if others else {model: 100}


def promoted(split: Mapping[str, int], model: str) -> Split:
    """Return the split in which one model takes all requests; those that took some stay named, with none."""
    return {**dict.fromkeys(split, 0), model: 100}


def without(split: Mapping[str, int], model: str, heir: str | None = None) -> Split:
    """Return the split after a model was taken away: the others share all requests in the same proportions.

    Args:
        split: the split now.
        model: the model that goes.
        heir: who takes all requests where no other takes any; without one the endpoint takes none.
    """
    others = _others(split, model)
    return scaled(others, 100) if others or heir is None else {heir: 100}


def scaled(split: Mapping[str, int], total: int) -> Split:
    """Return shares in the same proportions that sum to `total`: largest remainders, ties by name.

    Args:
        split: positive shares; empty stays empty.
        total: in percent.
    """
    whole = sum(split.values())
    if not whole:
        return {}
    shares = {name: share * total // whole for name, share in split.items()}
    by_remainder = sorted(split, key=lambda name: (-(split[name] * total % whole), name))
    for name in by_remainder[: total - sum(shares.values())]:
        shares[name] += 1
    return shares


def _others(split: Mapping[str, int], model: str) -> Split:
    return {name: share for name, share in split.items() if share > 0 and name != model}
