"""The pages about Python: what they name exists, and everything public is in the reference."""

from __future__ import annotations

import re

import accessor_host
from accessor_host import Accessor, Composite, Host, errors

from .pages import first_column, page

PAGE = page("docs/python.md")
REFERENCE = page("docs/python-api.md")


def members_in(title: str) -> set[str]:
    """Return the members that the first column of the tables under a heading names."""
    cells = "\n".join(first_column(PAGE.section(title)))
    return set(re.findall(r"`(?:await )?(\w+)", cells))


def test_the_members_of_host_exist() -> None:
    members = members_in("Scripts") - {"Host"}
    assert len(members) > 8
    for member in members:
        assert hasattr(Host, member), member


def test_the_members_of_host_and_accessor_for_accessors_exist() -> None:
    members = members_in("Accessors")
    assert len(members) > 20
    for member in members:
        assert any(hasattr(one, member) for one in (Host, Accessor)), member
    for method in ("add_input", "add_output", "add_parameter"):
        assert hasattr(Composite, method)


def test_the_reference_has_everything_that_is_exported() -> None:
    named = set(re.findall(r"^::: accessor_host\.(\w+)$", REFERENCE.text, re.MULTILINE))
    assert named - {"errors"} == set(accessor_host.__all__) - set(errors.__all__)
    assert "errors" in named
