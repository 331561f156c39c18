"""What the trainer tells: one JSON document a line on standard output, as src/app/jobs/program.ts reads it."""

import json
import sys
from collections.abc import Mapping
from typing import NoReturn


class Refusal(Exception):
    """Something that a person must hear, in a sentence."""


class Stopped(Exception):
    """The trainer was asked to end. Its checkpoint is on the disk."""


def _tell(message: Mapping[str, object]) -> None:
    # JSON has no NaN: a number that is none must fail here, not in whoever reads it.
    sys.stdout.write(json.dumps(message, allow_nan=False) + "\n")
    sys.stdout.flush()


def progress(done: float, total: float, words: str) -> None:
    """Tell how far the work is, and what it is doing."""
    _tell({"type": "progress", "done": done, "total": total, "words": words})


def point(value: Mapping[str, object]) -> None:
    """Tell one evaluation."""
    _tell({"type": "point", "value": value})


def log(message: str) -> None:
    """Add a line to the log of the job."""
    _tell({"type": "log", "message": message})


def result(value: Mapping[str, object]) -> None:
    """Tell what the work came to."""
    _tell({"type": "result", "value": value})


def fail(sentence: str) -> NoReturn:
    """Say why the work cannot be done, and end."""
    _tell({"type": "failure", "message": sentence})
    sys.exit(1)
