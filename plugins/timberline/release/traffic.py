"""Shares of an endpoint's requests, in whole percent by deployed model. Pure."""

from collections.abc import Mapping

from timberline.run.errors import InputError

Split = dict[str, int]


def canary_share(percent: int | str) -> int:
    """Return the share of the requests that a version gets until it is promoted, in percent.

    Args:
        percent: what the run's parameter says.

    Raises:
        InputError: it is not a whole number from 1 to 100.
    """
    try:
        found = int(percent)
    except ValueError:
        found = 0
    if not 1 <= found <= 100:
        raise InputError(f"canary_percent: expected 1 to 100, found {percent}")
    return found


def with_canary(split: Mapping[str, int], model: str, percent: int) -> Split:
    """Return the split in which a model gets `percent`, and the others share the rest in the same proportions.

    If no other model gets requests, the model gets all of them.

    Args:
        split: the split now.
        model: the id of the deployment.
        percent: its share, as `canary_share` returns it.
    """
    others = _others(split, model)
    return {**scaled(others, 100 - percent), model: percent} if others else {model: 100}


def promoted(split: Mapping[str, int], model: str) -> Split:
    """Return the split in which one model gets all requests; all other models stay in it, with 0."""
    return {**dict.fromkeys(split, 0), model: 100}


def without(split: Mapping[str, int], model: str, fallback: str | None = None) -> Split:
    """Return the split without a model: the others share all requests in the same proportions.

    Args:
        split: the split now.
        model: the model that is removed.
        fallback: the model that gets all requests if no other gets any; None for no requests at all.
    """
    others = _others(split, model)
    return scaled(others, 100) if others or fallback is None else {fallback: 100}


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
