"""Makes adapters, and says what the trainer's model answers with them.

Random large ones, each on one kind of projection or on "all", or one that is "trained" on the rows.

python parity.py INPUT SIZE FOLDER KIND…
"""

import json
import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor, nn

from prompt_confidence_training.adapter import with_adapter, write_adapter
from prompt_confidence_training.answers import AnswerReader
from prompt_confidence_training.base import load_base
from prompt_confidence_training.loop import Trainer, predictions
from prompt_confidence_training.task import Task, read_task


def one_after_another(logits: Tensor, dim: int) -> Tensor:
    """ln Σ exp as node-llama-cpp has it.

    It adds one token's weight after another to a 32-bit float. Over 262,144 tokens the sum lacks up to a thousandth.
    """
    highest = logits.amax(dim, keepdim=True)
    weights = (logits - highest).exp().numpy()
    total = torch.from_numpy(np.cumsum(weights, axis=dim, dtype=np.float32)).select(dim, -1)
    return total.log() + highest.squeeze(dim)


def log_probs(task: Task, model: nn.Module) -> list[list[float]]:
    """(examples, labels) ln P(label)."""
    found = np.zeros((len(task.examples), task.answer.labels))
    with patch.object(torch, "logsumexp", one_after_another):
        for rows, part in predictions(model, AnswerReader(task.answer), task.examples, task.settings.micro_batch):
            found[rows] = part
    rows_as_lists: list[list[float]] = found.tolist()
    return rows_as_lists


def randomise(model: nn.Module, kind: str, size: float) -> None:
    """Make the second factors of one kind of projection random, and those of the others zero."""
    torch.manual_seed(1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name and (kind == "all" or f".{kind}." in name):
                parameter.normal_(std=size)
            elif "lora_B" in name:
                parameter.zero_()


def train(task: Task, model: nn.Module, folder: Path) -> None:
    """Train on all rows, as many epochs as the settings say."""
    trainer = Trainer(task, model, folder)
    for _ in range(trainer.steps):
        trainer.timed_step()
    model.eval()


def main() -> None:
    """Write FOLDER/KIND.gguf, and print ln P(label) of every example without and with each adapter."""
    task = read_task(Path(sys.argv[1]))
    size, folder, kinds = float(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:]
    torch.set_num_threads(task.settings.threads)
    base = load_base(task)
    model = with_adapter(base, task.settings).eval()
    before = log_probs(task, model)
    tuned = {}
    for kind in kinds:
        if kind == "trained":
            train(task, model, folder)
        else:
            randomise(model, kind, size)
        write_adapter(base, model, task.settings.alpha, folder / f"{kind}.gguf")
        tuned[kind] = log_probs(task, model)
    sys.stdout.write(json.dumps({"base": before, "tuned": tuned}) + "\n")


if __name__ == "__main__":
    main()
