"""
One contender of training.mjs: trains some steps of a task, and prints what they took as JSON.

  python training_contender.py ours|plain INPUT.jsonl STEPS

ours: the trainer of this project. plain: transformers' Trainer on the same peft model, rows, batches, threads and
dtype, with logits at the answer's position only. Loading, evaluation and checkpoints are in neither.
"""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import torch
from torch.utils.data import Dataset
from transformers import Trainer as PlainTrainer
from transformers import TrainerCallback, TrainingArguments

from prompt_confidence_training import messages
from prompt_confidence_training.adapter import with_adapter
from prompt_confidence_training.base import load_base
from prompt_confidence_training.loop import LARGEST_GRADIENT, WARM_UP, WEIGHT_DECAY, Trainer
from prompt_confidence_training.task import read_task

WARM_STEPS = 2
"""Steps before the first one that counts: they fill caches."""


def ours(task, model, steps):
    """Seconds of each step, and the share of forward and backward passes."""
    messages.progress = lambda *_: None
    trainer = Trainer(task, model, Path(tempfile.mkdtemp()))
    seconds = []
    for step in range(WARM_STEPS + steps):
        if step == WARM_STEPS:
            trainer.passes = 0.0
        began = time.perf_counter()
        trainer.timed_step()
        seconds.append(time.perf_counter() - began)
    counted = seconds[WARM_STEPS:]
    return counted, trainer.passes / sum(counted)


class Rows(Dataset):
    """Rows in the order in which our trainer takes them."""

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, at):
        return self.rows[at]


class InOrder(PlainTrainer):
    def _get_train_sampler(self, *_, **__):
        return None

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        labels = inputs.pop("labels")
        logits = model(**inputs, logits_to_keep=1, use_cache=False).logits[:, -1]
        return torch.nn.functional.cross_entropy(logits, labels, reduction="sum") / num_items_in_batch


class Clock(TrainerCallback):
    def __init__(self):
        self.marks = []

    def on_step_begin(self, *_, **__):
        self.marks.append([time.perf_counter(), 0.0])

    def on_step_end(self, *_, **__):
        self.marks[-1][1] = time.perf_counter()


def plain(task, model, steps):
    """Seconds of each step."""
    settings = task.settings
    answer = {event.label: event.path[0] for event in reversed(task.answer.events)}

    def collate(rows):
        length = max(len(row.tokens) for row in rows)
        padding = [length - len(row.tokens) for row in rows]
        # On the left, so that the answer follows the last position of every row.
        mask = torch.tensor([[0] * pad + [1] * len(row.tokens) for pad, row in zip(padding, rows)])
        return {
            "input_ids": torch.tensor([[0] * pad + list(row.tokens) for pad, row in zip(padding, rows)]),
            "attention_mask": mask,
            "position_ids": (mask.cumsum(-1) - 1).clamp(min=0),
            "labels": torch.tensor([answer[row.label] for row in rows]),
        }

    order = Trainer(task, model, Path(tempfile.mkdtemp()))
    rows = [
        row
        for step in range(WARM_STEPS + steps)
        for row in sorted(order._rows(step), key=lambda row: len(row.tokens))
    ]
    clock = Clock()
    trainer = InOrder(
        model=model,
        args=TrainingArguments(
            output_dir=tempfile.mkdtemp(),
            per_device_train_batch_size=settings.micro_batch,
            gradient_accumulation_steps=settings.batch // settings.micro_batch,
            max_steps=WARM_STEPS + steps,
            learning_rate=settings.learning_rate,
            weight_decay=WEIGHT_DECAY,
            max_grad_norm=LARGEST_GRADIENT,
            warmup_steps=max(1, round(WARM_UP * order.steps)),
            lr_scheduler_type="cosine",
            save_strategy="no",
            eval_strategy="no",
            logging_strategy="no",
            report_to=[],
            remove_unused_columns=False,
            use_cpu=True,
            disable_tqdm=True,
            dataloader_num_workers=0,
        ),
        data_collator=collate,
        train_dataset=Rows(rows),
        callbacks=[clock],
    )
    trainer.train()
    return [end - begin for begin, end in clock.marks][WARM_STEPS:], None


def main():
    contender, file, steps = sys.argv[1:]
    task = read_task(Path(file))
    torch.set_num_threads(task.settings.threads)
    base = load_base(task)
    # It was dequantised; Trainer would refuse it still.
    base.model.is_quantized = False
    model = with_adapter(base, task.settings)
    seconds, share = (ours if contender == "ours" else plain)(task, model, int(steps))
    print(
        json.dumps(
            {
                "secondsPerHundred": 100 * sum(seconds) / len(seconds) / task.settings.batch,
                "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                "share": share,
            }
        )
    )


main()
