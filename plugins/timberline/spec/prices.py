"""The prices of machines: `include/prices.yaml`. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from timberline.run.errors import InputError, JobFileError
from timberline.run.strict_yaml import load_strict
from timberline.run.wording import did_you_mean
from timberline.spec.decoding import decode
from timberline.spec.jobspecs import MachineSpec

PRICE_FILE = "prices.yaml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Prices:
    """The price of an hour of each machine, in USD.

    Attributes:
        region: the region that has these prices.
        machine_types, accelerator_types: USD per hour of one.
    """

    region: str
    machine_types: Mapping[str, float]
    accelerator_types: Mapping[str, float]

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            JobFileError: one of them is not above 0.
        """
        for name, price in {**self.machine_types, **self.accelerator_types}.items():
            if not (math.isfinite(price) and price > 0):
                raise JobFileError(f"{name}: expected a price above 0, found {price}")

    def usd_per_hour(self, machine: MachineSpec) -> float:
        """Return the price of a machine with its accelerators.

        Raises:
            InputError: the price of one of them is not known.
        """
        total = _price(self.machine_types, "machine type", machine.machine_type)
        if machine.accelerator_type:
            each = _price(self.accelerator_types, "accelerator type", machine.accelerator_type)
            total += each * (machine.accelerator_count or 1)
        return total


def parse_prices(text: str, name: str = PRICE_FILE) -> Prices:
    """Read a price file.

    Args:
        text: the YAML.
        name: what messages call the file.

    Raises:
        JobFileError: it is not YAML, has an unknown or repeated key, or a price that is not above 0.
    """
    try:
        return decode(Prices, load_strict(text), "")
    except JobFileError as error:
        raise JobFileError(f"{name}: {error}") from None


def _price(prices: Mapping[str, float], kind: str, name: str) -> float:
    if name not in prices:
        raise InputError(
            f"include/{PRICE_FILE} has no {kind} {name!r}: add its price, or correct the job file; "
            f"{did_you_mean(name, prices)}"
        )
    return prices[name]
