"""Training: it learns, it resumes to the same bits, and it stops by the validation rows."""

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
from torch import Tensor

from prompt_confidence_training import messages
from prompt_confidence_training.adapter import weights_of, with_adapter, write_adapter
from prompt_confidence_training.checkpoint import Checkpoints, Point
from prompt_confidence_training.loop import Trainer, check_base, choose, learning_rate
from prompt_confidence_training.task import Settings, Task
from prompt_confidence_training.uncertainty import decompose, mc_dropout


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)


class Stopping:
    """Asks to end after so many questions."""

    def __init__(self, after: int) -> None:
        self.left = after

    def __call__(self) -> bool:
        self.left -= 1
        return self.left < 0


def trainer(folder: Path, task: Task | None = None, stop: Stopping | None = None) -> Trainer:
    own = task or tiny.task()
    return Trainer(own, with_adapter(tiny.base(), own.settings), folder, stop or Stopping(10**9))


def same(left: dict[str, Tensor], right: dict[str, Tensor]) -> bool:
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


def test_it_learns(tmp_path: Path) -> None:
    run = trainer(tmp_path)
    outcome = run.run()
    first, *_, last = outcome.curve
    assert last.nll < 0.7 * first.nll
    assert last.accuracy > 0.7
    assert len(outcome.curve) == run.evaluations
    chosen = next(point for point in outcome.curve if point.step == outcome.chosen_step)
    assert chosen.nll == min(point.nll for point in outcome.curve)
    held = run.task.of("test")
    found = run.predict(held).argmax(axis=1)
    assert (found == np.array([example.label for example in held])).mean() > 0.7


def test_it_resumes_to_the_same_bits_wherever_it_was_stopped(tmp_path: Path) -> None:
    whole = trainer(tmp_path / "whole")
    outcome = whole.run()
    stops = 0
    while True:
        # Every run gets some micro-batches and evaluations further, and ends in the middle of a step.
        part = trainer(tmp_path / "parts", stop=Stopping(11 + stops % 5))
        try:
            resumed = part.run()
            break
        except messages.Stopped:
            stops += 1
    assert stops > 5
    assert resumed.curve == outcome.curve
    assert resumed.chosen_step == outcome.chosen_step
    assert same(weights_of(part.model), weights_of(whole.model))


def test_a_killed_run_continues_from_its_last_checkpoint_to_the_same_bits(tmp_path: Path) -> None:
    whole = trainer(tmp_path / "whole")
    whole.run()
    killed = trainer(tmp_path / "killed")
    killed._evaluate()
    for step in range(7):
        killed.timed_step()
        if step == 4:
            killed._save()
    # The steps after the checkpoint are lost with the process.
    continued = trainer(tmp_path / "killed")
    assert continued.state.step == 5
    continued.run()
    assert same(weights_of(continued.model), weights_of(whole.model))


def test_a_checkpoint_of_another_input_or_a_damaged_one_is_not_continued(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trainer(tmp_path).run()
    other = dataclasses.replace(tiny.task(), fingerprint="other")
    assert trainer(tmp_path, other).state.step == 0
    (tmp_path / "state.pt").write_bytes(b"damaged")
    assert trainer(tmp_path).state.step == 0
    said = [json.loads(line).get("message", "") for line in capsys.readouterr().out.splitlines()]
    assert [words for words in said if "begins anew" in words] == [
        "The checkpoint is of another input, so the training begins anew.",
        "The checkpoint is damaged, so the training begins anew.",
    ]


def test_it_evaluates_twice_an_epoch_whatever_the_number_of_steps(tmp_path: Path) -> None:
    run = trainer(tmp_path)
    for steps, due in ((1, [0, 1, 2]), (4, [0, 2, 4, 6, 8]), (43, [0, 22, 43, 65, 86])):
        run.steps_of_an_epoch, run.evaluate_every = steps, (steps + 1) // 2
        assert [step for step in range(2 * steps + 1) if run._is_due(step)] == due


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no file")
def test_a_disk_that_gets_full_in_the_middle_of_a_checkpoint_is_said_by_the_system(tmp_path: Path) -> None:
    import resource  # noqa: PLC0415 - not on Windows

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            Checkpoints(tmp_path, "a run").keep(0, {"weights": torch.zeros(1_000_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_memory_that_does_not_suffice_halves_the_micro_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = trainer(tmp_path)
    own = run.reader.batch

    def batch(prompts: list[tuple[int, ...]]) -> object:
        if len(prompts) > 2 and run.model.training:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes.")
        return own(prompts)

    monkeypatch.setattr(run.reader, "batch", batch)
    outcome = run.run()
    assert outcome.micro_batch == 2
    assert "2 rows are computed at a time" in capsys.readouterr().out


def test_memory_that_does_not_suffice_for_one_row_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = trainer(tmp_path)
    own = run.reader.batch

    def batch(prompts: list[tuple[int, ...]]) -> object:
        if run.model.training:
            raise MemoryError
        return own(prompts)

    monkeypatch.setattr(run.reader, "batch", batch)
    with pytest.raises(messages.Refusal, match="not enough memory"):
        run.run()


def test_it_ends_when_the_validation_rows_gain_no_more(tmp_path: Path) -> None:
    settings = dataclasses.replace(tiny.SETTINGS, learning_rate=0.5, patience=2, epochs=8)
    run = trainer(tmp_path, tiny.task(settings))
    outcome = run.run()
    best = min(range(len(outcome.curve)), key=lambda at: outcome.curve[at].nll)
    assert len(outcome.curve) - 1 - best == 2
    assert outcome.curve[-1].step < run.steps


def test_every_row_is_seen_once_an_epoch_in_another_order(tmp_path: Path) -> None:
    run = trainer(tmp_path)
    per_epoch = run.steps_of_an_epoch
    first, second = (
        [row for step in range(per_epoch) for row in run._rows(epoch * per_epoch + step)] for epoch in (0, 1)
    )
    assert sorted(row.tokens for row in first) == sorted(row.tokens for row in run.train)
    assert sorted(row.tokens for row in second) == sorted(row.tokens for row in run.train)
    assert first != second


def test_the_learning_rate_rises_and_falls_to_nothing() -> None:
    rates = [learning_rate(step, 100) for step in range(101)]
    assert rates[0] < rates[3] < rates[5] == max(rates) == 1
    assert rates[60] < rates[30]
    assert rates[100] == pytest.approx(0)


def point(step: int, nll: float, smooth: float, error: float = 0.02) -> Point:
    return Point(step, 0, None, 0.5, nll, error, 0.1, 0.05, 0.08, smooth)


def test_ece_chooses_only_among_what_is_as_good_by_nll() -> None:
    # The untrained model is the best calibrated one.
    curve = [point(0, 0.69, 0.01), point(5, 0.40, 0.12), point(10, 0.41, 0.06), point(15, 0.45, 0.03)]
    assert choose(curve, "nll").step == 5
    assert choose(curve, "ece").step == 10


def test_the_base_is_compared_with_the_engine(tmp_path: Path) -> None:
    task = tiny.task()
    plain = trainer(tmp_path).predict(task.examples)
    given = [dataclasses.replace(row, engine=tuple(own)) for row, own in zip(task.examples, plain, strict=True)]
    agreed = dataclasses.replace(task, examples=tuple(given))
    assert check_base(agreed, tiny.model()) < 1e-6
    other = [dataclasses.replace(row, engine=(-0.1, -3.0)) for row in task.examples]
    with pytest.raises(messages.Refusal, match="different models"):
        check_base(dataclasses.replace(task, examples=tuple(other)), tiny.model())
    with pytest.raises(messages.Refusal):
        check_base(task, tiny.model())


def test_dropout_says_what_the_passes_disagree_about(tmp_path: Path) -> None:
    run = trainer(tmp_path)
    run.run()
    held = run.task.of("test")
    found = mc_dropout(run, held)
    assert found.mean.sum(axis=1) == pytest.approx(np.ones(len(held)))
    assert (found.epistemic > 0).any()
    assert (found.aleatoric <= np.log(2) + 1e-9).all()
    again = mc_dropout(run, held)
    assert (again.mean == found.mean).all()


def test_entropy_is_split_in_two() -> None:
    agree = decompose(np.array([[[0.5, 0.5]], [[0.5, 0.5]]]))
    assert agree.epistemic[0] == pytest.approx(0)
    assert agree.aleatoric[0] == pytest.approx(np.log(2))
    differ = decompose(np.array([[[1.0, 0.0]], [[0.0, 1.0]]]))
    assert differ.epistemic[0] == pytest.approx(np.log(2))
    assert differ.aleatoric[0] == pytest.approx(0)


def test_the_adapter_is_a_gguf_whose_second_matrix_lies_as_the_weights_do(tmp_path: Path) -> None:
    from gguf import GGUFReader  # noqa: PLC0415

    base = tiny.base()
    reversed_rows = tuple(dataclasses.replace(each, arrange=lambda rows: rows[::-1]) for each in base.projections)
    base = dataclasses.replace(base, projections=reversed_rows)
    settings: Settings = tiny.SETTINGS
    model = with_adapter(base, settings)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.normal_()
    write_adapter(base, model, settings.alpha, tmp_path / "a.gguf")
    reader = GGUFReader(tmp_path / "a.gguf")
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    assert len(tensors) == 2 * len(base.projections)
    weights = dict(model.named_parameters())
    name = "base_model.model.model.layers.1.mlp.up_proj.lora_{}.default.weight"
    first, second = (weights[name.format(which)].detach().numpy() for which in "AB")
    assert (tensors["blk.1.ffn_up.weight.lora_a"].data == first).all()
    assert (tensors["blk.1.ffn_up.weight.lora_b"].data == second[::-1]).all()
    fields = {key: reader.get_field(key) for key in ("general.type", "adapter.type", "adapter.lora.alpha")}
    assert [field.contents() for field in fields.values() if field is not None] == ["adapter", "lora", 4.0]
