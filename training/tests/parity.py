"""Makes a random large adapter on one kind of projection, and says what the trainer's model answers with it.

python parity.py INPUT PROJECTION SIZE ADAPTER
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch

from prompt_confidence_training.adapter import with_adapter, write_adapter
from prompt_confidence_training.answers import AnswerReader
from prompt_confidence_training.base import load_base
from prompt_confidence_training.loop import predictions
from prompt_confidence_training.task import read_task


def main() -> None:
    """Write the adapter, and print ln P(label) of every example, without and with it."""
    task = read_task(Path(sys.argv[1]))
    kind, size, file = sys.argv[2], float(sys.argv[3]), Path(sys.argv[4])
    torch.set_num_threads(task.settings.threads)
    base = load_base(task)
    model = with_adapter(base, task.settings).eval()

    def log_probs() -> list[list[float]]:
        found = np.zeros((len(task.examples), task.answer.labels))
        for rows, part in predictions(model, AnswerReader(task.answer), task.examples, task.settings.micro_batch):
            found[rows] = part
        rows_as_lists: list[list[float]] = found.tolist()
        return rows_as_lists

    before = log_probs()
    torch.manual_seed(1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name and (kind == "all" or f".{kind}." in name):
                parameter.normal_(std=size)
    write_adapter(base, model, task.settings.alpha, file)
    sys.stdout.write(json.dumps({"base": before, "tuned": log_probs()}) + "\n")


if __name__ == "__main__":
    main()
