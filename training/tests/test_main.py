"""The program: how it ends."""

import json
import subprocess
import sys
from pathlib import Path

PROGRAM = [sys.executable, "-m", "prompt_confidence_training", "train"]


def test_it_says_why_it_cannot_go_on_and_ends_while_its_input_is_open(tmp_path: Path) -> None:
    damaged = tmp_path / "input.jsonl"
    damaged.write_text("{}", "utf-8")
    with subprocess.Popen(
        [*PROGRAM, "--input", str(damaged), "--work", str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        said = [json.loads(line) for line in program.stdout]
        errors = program.stderr.read()
        # Its standard input is still open, and a thread of it is waiting there.
        code = program.wait(60)
    assert said[-1]["type"] == "failure"
    assert "damaged" in said[-1]["message"]
    assert code == 1, errors
