"""Field masks over resources as JSON."""

import pytest

from localgcp.core.conventions.masks import mask_paths, masked

RESOURCE = {"displayName": "x", "labels": {"a": "b"}, "name": "n"}


@pytest.mark.parametrize("mask", ["", "*"])
def test_no_mask_keeps_everything(mask: str) -> None:
    assert masked(RESOURCE, mask) == RESOURCE


def test_both_spellings_and_inner_paths_keep_the_field() -> None:
    assert masked(RESOURCE, "display_name, labels.a") == {"displayName": "x", "labels": {"a": "b"}}


def test_paths_are_camel_case() -> None:
    assert mask_paths("version_description,labels") == ["versionDescription", "labels"]
