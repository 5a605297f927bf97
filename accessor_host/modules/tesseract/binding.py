"""The Python half of ``@modules/tesseract``: one image after another through the program.

It starts one fixed program, with arguments that scripts choose among those that are harmless: as
any module, it needs no grant without permissions, and ``run=@modules/tesseract`` under them.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...core.children import ChildError, run_child
from ...errors import AccessDeniedError
from ...options import validate
from ..pictures import PictureError, png_of

if TYPE_CHECKING:
    from ...core.services import Services

__all__ = ["MAX_JOBS", "MAX_OUTPUT", "MAX_PIXELS", "PROGRAM", "Tesseract"]

PROGRAM = "tesseract"
"""The program, wherever ``PATH`` has it."""

MAX_JOBS = 16
"""Jobs that wait or are under way, each with its image: a second or so for each, and who asks for
more is faster than the program is."""

MAX_PIXELS = 4096 * 2048
"""Pixels of an image: a frame of 4K video, or a page at 250 dots per inch."""

MAX_OUTPUT = 4 * 1024 * 1024
"""Bytes that the program may write about one image: 60 for each word."""

_KINDS = {"recognize": ["tsv"], "detect": ["--psm", "0"]}


class Tesseract:
    """The jobs of one host's scripts."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._jobs: deque[_Job] = deque()
        self._worker: asyncio.Task[None] | None = None
        self.operations: Mapping[str, Callable[..., None]] = {"tesseract.begin": self._begin}

    async def stop(self) -> None:
        """Give up all jobs, and end the program."""
        self._jobs.clear()
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.wait([self._worker])

    def state(self) -> list[str]:
        """Describe the jobs."""
        return [f"tesseract: {len(self._jobs)} jobs"]

    def _begin(
        self, target: int, number: int, kind: str, payload: list[Any], options: dict[str, Any]
    ) -> None:
        job = _Job(self._services, target, number, kind, payload, options)
        if self._services.is_stopping:
            job.fail("ERR_HOST_STOPPING", "the host is stopping; no image is read any more")
        elif len(self._jobs) >= MAX_JOBS:
            reason = f"{MAX_JOBS} images wait for tesseract already; try again later"
            job.fail("ERR_TESSERACT_BUSY", reason)
        else:
            self._jobs.append(job)
            if self._worker is None:
                self._worker = self._services.spawn(self._work())

    async def _work(self) -> None:
        try:
            while self._jobs:
                await self._jobs[0].run()
                if self._jobs:
                    self._jobs.popleft()
        finally:
            self._worker = None


class _Job:
    """One image."""

    def __init__(
        self,
        services: Services,
        target: int,
        number: int,
        kind: str,
        payload: list[Any],
        options: dict[str, Any],
    ) -> None:
        values = validate("tesseract", options).values
        self._arguments = ["stdin", "stdout", *_KINDS[kind]]
        if kind == "recognize":
            self._arguments[2:2] = ["-l", values["lang"]]
        self._seconds = values["timeout"] / 1000
        self._language = values["lang"]
        self._services = services
        self._target = target
        self._number = number
        self._kind = kind
        self._payload = payload

    def fail(self, code: str, reason: str) -> None:
        """Tell the script that there is no result."""
        self._services.post((self._target, "failed", self._number, code, reason))

    async def run(self) -> None:
        """Tell the script the result, or why there is none."""
        try:
            program = self._find()
            data = await asyncio.to_thread(png_of, self._payload, MAX_PIXELS)
            self._tell("recognizing text", 0.0)
            finished = await run_child(
                [program, *self._arguments],
                data,
                seconds=self._seconds,
                max_output=MAX_OUTPUT,
                environment=_environment(),
            )
        except AccessDeniedError as error:
            details = {
                "reason": error.reason,
                "permission": error.permission,
                "resource": error.resource,
            }
            self._services.post((self._target, "denied", self._number, json.dumps(details)))
        except PictureError as error:
            self.fail(error.code, error.reason)
        except ChildError as error:
            code = error.code.replace("ERR_CHILD", "ERR_TESSERACT")
            self.fail(code if code.startswith("ERR_") else "ERR_TESSERACT_FAILED", error.reason)
        else:
            self._take(finished.code, finished.output, finished.complaint)

    def _take(self, code: int, output: bytes, complaint: str) -> None:
        from .results import detected, recognized

        if f"loading language '{self._language}'" in complaint or "any languages" in complaint:
            package = f"tesseract-ocr-{self._language.partition('+')[0].replace('_', '-')}"
            reason = f"tesseract has no language '{self._language}'; try: apt-get install {package}"
            self.fail("ERR_TESSERACT_LANGUAGE", reason)
            return
        text = output.decode("utf-8", "replace")
        try:
            if code != 0:
                raise ValueError(f"exit code {code}")
            result = recognized(text) if self._kind == "recognize" else detected(text)
        except ValueError as error:
            lines = [line for line in complaint.splitlines() if line.strip()]
            said = _printable(lines[0])[:200] if lines else str(error)
            self.fail("ERR_TESSERACT_FAILED", f"tesseract failed: {said}")
        else:
            self._tell("recognized text", 1.0)
            self._services.post((self._target, "done", self._number, json.dumps(result)))

    def _tell(self, status: str, progress: float) -> None:
        self._services.post((self._target, "progress", self._number, status, progress))

    def _find(self) -> str:
        # Imported late: the program is looked for when there is an image.
        from ...core.permissions.programs import find_program

        program = find_program(PROGRAM)
        if program is None:
            reason = f"the program {PROGRAM!r} is missing; try: apt-get install tesseract-ocr"
            raise PictureError("ERR_TESSERACT_MISSING", reason)
        permissions = self._services.permissions
        if permissions is not None:
            permissions.check_run(program, "tesseract")
        return program


def _environment() -> dict[str, str]:
    # One thread: the machine has other things to do.
    kept = {name: os.environ[name] for name in ("PATH", "TESSDATA_PREFIX") if name in os.environ}
    return {**kept, "LC_ALL": "C", "OMP_THREAD_LIMIT": "1"}


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else "\ufffd" for one in text)
