"""What a run needs to go on as if it had not been interrupted: on a CPU, to the same bits."""

import io
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from prompt_confidence_training import messages


@dataclass
class Point:
    """One evaluation on the validation rows."""

    step: int
    epoch: float
    loss: float | None
    accuracy: float
    nll: float
    nll_error: float
    ece: float
    null_mean: float
    null_q95: float
    smooth_ece: float

    def told(self) -> dict[str, object]:
        """As src/core/model/adapter-card.ts has it."""
        return {
            "step": self.step,
            "epoch": self.epoch,
            "loss": self.loss,
            "accuracy": self.accuracy,
            "nll": self.nll,
            "ece": self.ece,
            "eceNull": {"mean": self.null_mean, "q95": self.null_q95},
        }


@dataclass
class State:
    """All that changes while a model is trained."""

    fingerprint: str
    step: int = 0
    """Steps of the optimiser that are done."""
    micro_batch: int = 0
    """As it is now: halved where memory did not suffice."""
    loss_sum: float = 0.0
    """Losses since the last evaluation, and how many rows they are of."""
    loss_rows: int = 0
    curve: list[Point] = field(default_factory=list)
    is_over: bool = False
    """Training has ended: by patience, or after the last step."""
    adapter: dict[str, Tensor] = field(default_factory=dict)
    optimiser: dict[str, Any] = field(default_factory=dict)
    schedule: dict[str, Any] = field(default_factory=dict)
    generator: Tensor | None = None
    """State of torch's random numbers at the beginning of the next step."""


class Checkpoints:
    """Files of one run in a folder of its own."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        """Open the folder; it need not exist."""
        self._folder = folder
        self._fingerprint = fingerprint
        folder.mkdir(parents=True, exist_ok=True)

    def load(self) -> State | None:
        """Read the last checkpoint. None: there is none, or it is of another input or damaged; the log says so."""
        if not (self._folder / "state.pt").exists():
            return None
        try:
            value = torch.load(self._folder / "state.pt", weights_only=True)
            state = State(**{**value, "curve": [Point(**point) for point in value["curve"]]})
        except Exception:  # noqa: BLE001 - whatever a damaged file raises, the run begins anew
            messages.log("The checkpoint is damaged, so the training begins anew.")
            return None
        if state.fingerprint != self._fingerprint:
            messages.log("The checkpoint is of another input, so the training begins anew.")
            return None
        return state

    def save(self, state: State) -> None:
        """Replace the last checkpoint. It is on the disk when this returns."""
        value = {name: getattr(state, name) for name in State.__dataclass_fields__}
        self._write("state.pt", {**value, "curve": [asdict(point) for point in state.curve]})

    def keep(self, step: int, adapter: dict[str, Tensor]) -> None:
        """Keep the adapter of an evaluation, to choose among them at the end."""
        self._write(f"adapter-{step}.pt", adapter)

    def kept(self, step: int) -> dict[str, Tensor]:
        """Read the adapter of an evaluation."""
        adapter: dict[str, Tensor] = torch.load(self._folder / f"adapter-{step}.pt", weights_only=True)
        return adapter

    def _write(self, name: str, value: object) -> None:
        temporary = self._folder / f"{name}.tmp"
        # Through memory: where a disk is full, torch itself says nothing that a person could read.
        content = io.BytesIO()
        torch.save(value, content)
        with temporary.open("wb") as file:
            file.write(content.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._folder / name)
