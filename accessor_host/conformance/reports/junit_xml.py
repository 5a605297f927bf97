"""A report for build servers: JUnit's XML, one suite for each host."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ..runner import Result
from .summary import hosts_of

__all__ = ["junit_xml"]

# What XML 1.0 cannot hold, not even escaped.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(results: Sequence[Result]) -> str:
    """Write results as JUnit XML."""
    root = Element("testsuites")
    for host in hosts_of(results):
        own = [result for result in results if result.host == host]
        suite = SubElement(
            root,
            "testsuite",
            name=_clean(host),
            tests=str(len(own)),
            failures=str(sum(result.verdict == "fail" for result in own)),
            errors="0",
            skipped=str(sum(result.verdict == "skip" for result in own)),
            time=f"{sum(result.seconds for result in own):.3f}",
        )
        for result in own:
            _add(suite, result)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _add(suite: Element, result: Result) -> None:
    case = result.case
    element = SubElement(
        suite,
        "testcase",
        classname=f"{case.module}.{case.level}",
        name=case.id,
        time=f"{result.seconds:.3f}",
    )
    if result.verdict == "skip":
        SubElement(element, "skipped", message=_clean(result.reason))
    elif result.verdict == "fail":
        failure = SubElement(element, "failure", message=_clean(result.reason), type=case.level)
        failure.text = _clean(f"{case.clause}\n({case.source})\n{result.reason}\n{result.detail}")


def _clean(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
