"""Trains: AdamW, a cosine schedule with warm-up, clipping, early stopping on validation NLL."""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR

from prompt_confidence_training import messages
from prompt_confidence_training.adapter import set_weights, weights_of
from prompt_confidence_training.answers import AnswerReader
from prompt_confidence_training.base import label_log_probs
from prompt_confidence_training.checkpoint import Checkpoints, Point, State
from prompt_confidence_training.losses import loss_of
from prompt_confidence_training.metrics import Floats, measure
from prompt_confidence_training.task import Example, Task

WARM_UP = 0.06
"""Share of the steps in which the learning rate rises."""
WEIGHT_DECAY = 0.01
LARGEST_GRADIENT = 1.0
EVALUATIONS_OF_AN_EPOCH = 2
SAVE_SECONDS = 20.0
TIMED_PARTS = 2
"""Parts of a micro-batch of rows that an evaluation is timed on."""


@dataclass(frozen=True)
class Outcome:
    """A run that has ended in order."""

    curve: tuple[Point, ...]
    chosen_step: int
    micro_batch: int


def choose(curve: Sequence[Point], stop_on: str) -> Point:
    """Choose among the evaluations.

    nll: the lowest validation NLL. ece: the lowest smooth ECE among those whose NLL is within one standard error of the
    best: the lowest ECE of all is often that of the untrained model.
    """
    best = min(curve, key=lambda point: point.nll)
    if stop_on == "nll":
        return best
    close = [point for point in curve if point.nll <= best.nll + best.nll_error]
    return min(close, key=lambda point: point.smooth_ece)


def learning_rate(step: int, steps: int) -> float:
    """Share of the highest learning rate in a step: rises in a line, then falls as a cosine to 0."""
    warm = max(1, math.ceil(WARM_UP * steps))
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def is_out_of_memory(error: BaseException) -> bool:
    """Whether there was not enough memory, on a CPU or a GPU."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and "allocate memory" in str(error)


class Trainer:
    """One run."""

    def __init__(
        self, task: Task, model: nn.Module, folder: Path, is_stopped: Callable[[], bool] = lambda: False
    ) -> None:
        """Continue from the checkpoint in the folder, if there is one of this task."""
        self.task = task
        self.model = model
        self.reader = AnswerReader(task.answer)
        self.is_stopped = is_stopped
        settings = task.settings
        self.train = task.of("train")
        self.validation = task.of("validation")
        self.steps_of_an_epoch = math.ceil(len(self.train) / settings.batch)
        self.steps = settings.epochs * self.steps_of_an_epoch
        self.evaluate_every = max(1, math.ceil(self.steps_of_an_epoch / EVALUATIONS_OF_AN_EPOCH))
        self.trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self.optimiser = AdamW(self.trained, lr=settings.learning_rate, weight_decay=WEIGHT_DECAY)
        self.schedule = LambdaLR(self.optimiser, lambda step: learning_rate(step, self.steps))
        self.checkpoints = Checkpoints(folder, task.fingerprint)
        self.state = self.checkpoints.load() or State(task.fingerprint, micro_batch=settings.micro_batch)
        self.saved = time.monotonic()
        self.passes = 0.0
        """Seconds in forward and backward passes of training."""
        if self.state.generator is None:
            torch.manual_seed(settings.seed)
        else:
            set_weights(model, self.state.adapter)
            self.optimiser.load_state_dict(self.state.optimiser)
            self.schedule.load_state_dict(self.state.schedule)
            torch.set_rng_state(self.state.generator)

    def run(self) -> Outcome:
        """Train to the end.

        Raises Stopped after the request to end, with the checkpoint on the disk; Refusal where memory does not suffice
        for a single row.
        """
        state = self.state
        for point in state.curve:
            messages.point(point.told())
        while not state.is_over:
            # Asked before each step, and not after it: an evaluation that was interrupted is made up for.
            if self._is_evaluation_due():
                self._evaluate()
                continue
            self._step(self._rows(state.step))
            if time.monotonic() - self.saved > SAVE_SECONDS:
                self._save()
        chosen = choose(state.curve, self.task.settings.stop_on)
        set_weights(self.model, self.checkpoints.kept(chosen.step))
        return Outcome(tuple(state.curve), chosen.step, state.micro_batch)

    def predict(self, examples: Sequence[Example], words: str = "predicting") -> Floats:
        """(rows, labels) ln P(label), in the order of the examples. Says how far it is in `words`."""
        parts = []
        done = 0
        for part in predictions(self.model, self.reader, examples, self.task.settings.micro_batch):
            parts.append(part)
            done += len(part[0])
            # Whoever says nothing for too long is taken for a program that hangs.
            messages.progress(self.state.step, self.steps, f"{words}, row {done} of {len(examples)}")
            self._check_stopped()
        found = np.zeros((len(examples), self.task.answer.labels))
        for rows, log_probs in parts:
            found[rows] = log_probs
        return found

    @property
    def evaluations(self) -> int:
        """Evaluations of a whole run, of which one is before the first step."""
        return sum(self._is_due(step) for step in range(self.steps + 1))

    @property
    def adapter_bytes(self) -> int:
        """Bytes of the adapter's weights."""
        return sum(parameter.numel() * parameter.element_size() for parameter in self.trained)

    def timed_step(self) -> None:
        """Do one step without an evaluation or a checkpoint."""
        self._step(self._rows(self.state.step))

    def seconds_of_row(self) -> float:
        """Time how long it takes to predict one of some validation rows, which are spread over them."""
        wanted = TIMED_PARTS * self.task.settings.micro_batch
        rows = self.validation[:: max(1, len(self.validation) // wanted)][:wanted]
        self.model.eval()
        began = time.perf_counter()
        self.predict(rows, "timing an evaluation")
        return (time.perf_counter() - began) / len(rows)

    def _is_evaluation_due(self) -> bool:
        step, curve = self.state.step, self.state.curve
        return self._is_due(step) and not (curve and curve[-1].step == step)

    def _is_due(self, step: int) -> bool:
        # Counted in each epoch anew: two evaluations that are a step apart would use up the patience.
        return step % self.steps_of_an_epoch % self.evaluate_every == 0

    def _rows(self, step: int) -> list[Example]:
        """Rows of a step: each epoch has an order of its own, which the seed gives."""
        epoch, within = divmod(step, self.steps_of_an_epoch)
        random = np.random.default_rng([self.task.settings.seed, epoch])
        order = random.permutation(len(self.train))
        batch = self.task.settings.batch
        return [self.train[at] for at in order[within * batch : (within + 1) * batch]]

    def _step(self, rows: Sequence[Example]) -> None:
        state = self.state
        generator = torch.get_rng_state()
        while True:
            try:
                loss = self._gradients(rows)
                break
            except messages.Stopped:
                # As if the step had not begun.
                torch.set_rng_state(generator)
                self._save()
                raise
            except (MemoryError, RuntimeError) as error:
                if not is_out_of_memory(error):
                    raise
                if state.micro_batch == 1:
                    raise messages.Refusal(
                        "There is not enough memory to train on a single text. "
                        "Close other programs, tune with shorter texts, or choose a smaller model."
                    ) from error
            state.micro_batch = max(1, state.micro_batch // 2)
            messages.log(f"Memory did not suffice: {state.micro_batch} rows are computed at a time from now on.")
            torch.set_rng_state(generator)
        torch.nn.utils.clip_grad_norm_(self.trained, LARGEST_GRADIENT)
        self.optimiser.step()
        self.schedule.step()
        state.step += 1
        state.loss_sum += loss
        state.loss_rows += len(rows)
        self._tell()

    def _gradients(self, rows: Sequence[Example]) -> float:
        self.optimiser.zero_grad(set_to_none=True)
        self.model.train()
        # By length, so that little is padded.
        ordered = sorted(rows, key=lambda example: len(example.tokens))
        total = 0.0
        for part in _parts(ordered, self.state.micro_batch):
            self._check_stopped()
            began = time.perf_counter()
            log_probs = label_log_probs(
                self.model, self.reader, self.reader.batch([example.tokens for example in part])
            )
            loss = loss_of(self.task.settings, log_probs, *self._truth(part, log_probs)) / len(rows)
            loss.backward()  # type: ignore[no-untyped-call]
            self.passes += time.perf_counter() - began
            total += float(loss.detach()) * len(rows)
        if not math.isfinite(total):
            raise messages.Refusal("The loss is no number any more. Tune again with a lower learning rate.")
        return total

    def _truth(self, part: Sequence[Example], like: Tensor) -> tuple[Tensor, Tensor]:
        labels = torch.tensor([example.label for example in part], device=like.device)
        targets = torch.zeros_like(like).scatter_(1, labels[:, None], 1.0)
        for row, example in enumerate(part):
            if example.target is not None:
                targets[row] = torch.tensor(example.target, dtype=like.dtype, device=like.device)
        return labels, targets

    def _evaluate(self) -> None:
        state, settings = self.state, self.task.settings
        self.model.eval()
        # What is evaluated must not depend on how often training was interrupted, nor the reverse.
        generator = torch.get_rng_state()
        labels = np.array([example.label for example in self.validation])
        try:
            found = measure(self.predict(self.validation, "evaluating"), labels, settings.seed)
        except messages.Stopped:
            torch.set_rng_state(generator)
            self._save()
            raise
        torch.set_rng_state(generator)
        point = Point(
            step=state.step,
            epoch=state.step / self.steps_of_an_epoch,
            loss=state.loss_sum / state.loss_rows if state.loss_rows > 0 else None,
            **found.__dict__,
        )
        state.curve.append(point)
        state.loss_sum, state.loss_rows = 0.0, 0
        self.checkpoints.keep(state.step, weights_of(self.model))
        best = min(range(len(state.curve)), key=lambda at: state.curve[at].nll)
        is_patient = len(state.curve) - 1 - best < settings.patience
        state.is_over = state.step >= self.steps or not is_patient
        self._save()
        messages.point(point.told())
        self._tell()

    def _save(self) -> None:
        state = self.state
        state.adapter = weights_of(self.model)
        state.optimiser = self.optimiser.state_dict()
        state.schedule = self.schedule.state_dict()
        state.generator = torch.get_rng_state()
        self.checkpoints.save(state)
        self.saved = time.monotonic()

    def _tell(self) -> None:
        state = self.state
        last = state.curve[-1] if state.curve else None
        words = [f"epoch {state.step / self.steps_of_an_epoch:.1f} of {self.task.settings.epochs}"]
        if state.loss_rows > 0:
            words.append(f"loss {state.loss_sum / state.loss_rows:.3f}")
        if last is not None:
            words.append(
                f"validation accuracy {last.accuracy:.1%}, NLL {last.nll:.3f}, "
                f"ECE {last.ece:.3f} (chance alone: {last.null_mean:.3f})"
            )
        messages.progress(state.step, self.steps, ", ".join(words))

    def _check_stopped(self) -> None:
        if self.is_stopped():
            raise messages.Stopped


def predictions(
    model: nn.Module, reader: AnswerReader, examples: Sequence[Example], size: int
) -> Iterator[tuple[list[int], Floats]]:
    """Predict rows by length, `size` at a time: their numbers, and (rows, labels) ln P(label)."""
    order = sorted(range(len(examples)), key=lambda at: len(examples[at].tokens))
    for at in range(0, len(order), size):
        rows = order[at : at + size]
        with torch.no_grad():
            log_probs = label_log_probs(model, reader, reader.batch([examples[row].tokens for row in rows]))
        yield rows, log_probs.double().cpu().numpy()


def check_base(task: Task, model: nn.Module) -> float:
    """Compare label probabilities with those of the engine; return their mean absolute difference.

    Raises Refusal where they are not of the same model.
    """
    compared = [example for example in task.examples if example.engine is not None]
    if not compared:
        raise messages.Refusal("The input has no probabilities of the engine to compare with. Start again.")
    model.eval()
    differences = [
        np.abs(np.exp(log_probs) - np.exp(np.array([compared[row].engine for row in rows])))
        for rows, log_probs in predictions(model, AnswerReader(task.answer), compared, task.settings.micro_batch)
    ]
    difference = float(np.concatenate(differences).mean())
    messages.log(
        f"Label probabilities of {len(compared)} texts differ from the engine's by {difference:.4f} on average."
    )
    if not difference <= task.largest_difference:
        raise messages.Refusal(
            f"The label probabilities of the base differ from the engine's by {difference:.3f} on average; "
            f"{task.largest_difference} is allowed. They are different models."
        )
    return difference


def _parts(rows: Sequence[Example], size: int) -> Iterable[Sequence[Example]]:
    return (rows[at : at + size] for at in range(0, len(rows), size))
