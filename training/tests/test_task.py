"""The input: what is read, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from prompt_confidence_training.messages import Refusal
from prompt_confidence_training.task import read_task

HEAD: dict[str, Any] = {
    "schema": 1,
    "base": {"gguf": "/models/base.gguf", "folder": None},
    "answer": {
        "events": [{"label": 0, "path": [7], "ends": False}, {"label": 1, "path": [8, 9], "ends": True}],
        "endTokens": [1],
    },
    "largestDifference": 0.05,
    "settings": {
        "loss": "label",
        "rank": 4,
        "alpha": 4,
        "dropout": 0.05,
        "learningRate": 0.0005,
        "epochs": 2,
        "batch": 4,
        "microBatch": 2,
        "patience": 3,
        "stopOn": "nll",
        "threads": 1,
        "seed": 0,
    },
}
ROW = {"split": "train", "tokens": [1, 2, 3], "label": 1}


def write(folder: Path, *lines: object) -> Path:
    file = folder / "input.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    return file


def test_reads_what_was_written(tmp_path: Path) -> None:
    task = read_task(write(tmp_path, HEAD, ROW, {**ROW, "split": "test", "target": [0.5, 0.5], "engine": [-1, -2]}))
    assert task.gguf == Path("/models/base.gguf")
    assert task.answer.labels == 2
    assert task.answer.events[1].path == (8, 9)
    assert task.settings.learning_rate == 0.0005
    assert [example.tokens for example in task.of("train")] == [(1, 2, 3)]
    assert task.of("test")[0].target == (0.5, 0.5)
    assert task.of("validation") == []


def test_another_input_has_another_fingerprint(tmp_path: Path) -> None:
    first = read_task(write(tmp_path, HEAD, ROW)).fingerprint
    assert read_task(write(tmp_path, HEAD, ROW)).fingerprint == first
    assert read_task(write(tmp_path, HEAD, {**ROW, "label": 0})).fingerprint != first
    other = {**HEAD, "settings": {**HEAD["settings"], "seed": 1}}
    assert read_task(write(tmp_path, other, ROW)).fingerprint != first


def test_where_the_base_lies_makes_no_other_input(tmp_path: Path) -> None:
    moved = {**HEAD, "base": {**HEAD["base"], "gguf": "/elsewhere/base.gguf"}}
    first, other = read_task(write(tmp_path, HEAD, ROW)), read_task(write(tmp_path, moved, ROW))
    assert (other.fingerprint, other.gguf) == (first.fingerprint, Path("/elsewhere/base.gguf"))


@pytest.mark.parametrize(
    "lines",
    [
        [{**HEAD, "schema": 2}, ROW],
        [{**HEAD, "settings": {**HEAD["settings"], "loss": "other"}}, ROW],
        [HEAD, {**ROW, "label": 2}],
        [HEAD, {**ROW, "tokens": []}],
        [HEAD, {**ROW, "tokens": "a text"}],
        [HEAD, {**ROW, "split": "other"}],
        [HEAD, {**ROW, "target": [1.0]}],
        [],
    ],
)
def test_refuses_what_is_damaged(tmp_path: Path, lines: list[object]) -> None:
    with pytest.raises(Refusal):
        read_task(write(tmp_path, *lines))
