"""Every case: a folder for each module, a file for each topic."""

from __future__ import annotations

import sys
from functools import cache

from ..case import Case
from ..discovery import CaseModule, find_case_modules

__all__ = ["all_cases", "case_modules"]


@cache
def case_modules() -> tuple[CaseModule, ...]:
    """Return the modules that there are cases for, in the order of the reports."""
    return tuple(find_case_modules(sys.modules[__name__]))


@cache
def all_cases() -> tuple[Case, ...]:
    """Return every case, in the order of the reports."""
    return tuple(case for module in case_modules() for case in module.cases())
