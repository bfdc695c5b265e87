"""Shares of an endpoint's requests, in whole percent by deployed model. Pure."""

from collections.abc import Mapping

from timberline.errors import InputError

NEW = "0"  # what Vertex AI calls the model that is being deployed

Split = dict[str, int]


def with_canary(split: Mapping[str, int], percent: int) -> Split:
    """Return the split in which a new model (`NEW`) gets `percent`, and the others share the rest as before.

    Without a model that takes requests the new one takes all.

    Raises:
        InputError: the percentage is not from 1 to 100.
    """
    if not 1 <= percent <= 100:
        raise InputError(f"canary_percent: expected 1 to 100, found {percent}")
    serving = _serving(split)
    return {**scaled(serving, 100 - percent), NEW: percent} if serving else {NEW: 100}


def promoted(split: Mapping[str, int], model: str) -> Split:
    """Return the split in which one model takes all requests, and no other is named but those that are deployed."""
    return {**dict.fromkeys(split, 0), model: 100}


def without(split: Mapping[str, int], model: str) -> Split:
    """Return the split after a model was taken away: the others share all requests as before; empty without others."""
    return scaled(_serving({name: share for name, share in split.items() if name != model}), 100)


def scaled(split: Mapping[str, int], total: int) -> Split:
    """Return shares in the same proportions that sum to `total`: largest remainders, ties by name.

    Args:
        split: positive shares; empty stays empty.
        total: in percent.
    """
    whole = sum(split.values())
    if not whole:
        return {}
    exact = {name: share * total / whole for name, share in split.items()}
    shares = {name: int(value) for name, value in exact.items()}
    by_remainder = sorted(split, key=lambda name: (shares[name] - exact[name], name))
    for name in by_remainder[: total - sum(shares.values())]:
        shares[name] += 1
    return shares


def _serving(split: Mapping[str, int]) -> Split:
    return {name: share for name, share in split.items() if share > 0}
