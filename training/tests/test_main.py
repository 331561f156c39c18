"""The program: how it ends."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tiny import SETTINGS, base, task

from prompt_confidence_training.__main__ import estimate
from prompt_confidence_training.adapter import with_adapter
from prompt_confidence_training.loop import Trainer

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


def test_it_chooses_the_threads_of_a_run_by_timed_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = dataclasses.replace(SETTINGS, threads=2)
    trainer = Trainer(task(settings), with_adapter(base(), settings), tmp_path)
    try:
        estimate(trainer)
    finally:
        torch.set_num_threads(1)
    said = json.loads(capsys.readouterr().out.splitlines()[-1])["value"]
    assert said["threads"] in (1, 2)
    assert said["steps"] == trainer.steps
    assert 0 < said["share"] <= 1
    assert 0 < said["evaluationSeconds"] < 100 * said["secondsPerStep"]
    assert said["checkpointBytes"] > 4 * said["adapterBytes"] > 0
    # Nothing of it is taken for a part of the run.
    assert not list(tmp_path.iterdir())
