"""The file of prices is read strictly."""

import pytest

from timberline.run.errors import JobFileError
from timberline.spec.prices import parse_prices


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("region: r\nmachineType: {}\nacceleratorTypes: {}", "prices.yaml: machineType: unknown key; did you mean"),
        ("region: r\nmachineTypes: {a: 0}\nacceleratorTypes: {}", "prices.yaml: a: expected a price above 0, found 0"),
        ("region: r\nmachineTypes: {a: .nan}\nacceleratorTypes: {}", "prices.yaml: a: expected a price above 0"),
        ("region: r\nmachineTypes: {a: free}\nacceleratorTypes: {}", "machineTypes.a: expected a number, found 'free'"),
        ("region: r\nmachineTypes: {a: 1, a: 2}\nacceleratorTypes: {}", "the key 'a' occurs twice"),
        ("region: [", "prices.yaml: not valid YAML"),
    ],
)
def test_a_price_file_is_read_strictly(text: str, message: str) -> None:
    with pytest.raises(JobFileError, match=message):
        parse_prices(text)
