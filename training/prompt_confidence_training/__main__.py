"""Entry of the trainer.

python -m prompt_confidence_training train|estimate --input FILE --work FOLDER
"""

import argparse
import os
import signal
import sys
import threading
import time
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
# Progress bars would fill the log.
os.environ.setdefault("TQDM_DISABLE", "1")

import torch

from prompt_confidence_training import messages
from prompt_confidence_training.adapter import with_adapter, write_adapter
from prompt_confidence_training.base import Base, load_base
from prompt_confidence_training.loop import Trainer, check_base, is_out_of_memory
from prompt_confidence_training.task import read_task
from prompt_confidence_training.uncertainty import PASSES, mc_dropout

TIMED_STEPS = 2


def main() -> None:
    """Run one command, and say in a sentence what went wrong."""
    parser = argparse.ArgumentParser(prog="prompt_confidence_training")
    parser.add_argument("command", choices=["train", "estimate"])
    parser.add_argument("--input", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    asked = parser.parse_args()
    stop = _stop_with_parent()
    try:
        task = read_task(asked.input)
        torch.set_num_threads(task.settings.threads)
        torch.use_deterministic_algorithms(mode=True, warn_only=True)
        messages.progress(0, 1, "loading the model")
        base = load_base(task)
        if torch.cuda.is_available():
            base.model.cuda()
        difference = check_base(task, base.model)
        trainer = Trainer(task, with_adapter(base, task.settings), asked.work, stop.is_set)
        if asked.command == "estimate":
            estimate(trainer)
        else:
            train(trainer, base, asked.work, difference)
    except messages.Stopped:
        messages.log("stopped; the checkpoint is complete")
    except messages.Refusal as refusal:
        messages.fail(str(refusal))
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        messages.fail(
            "There is not enough memory for the model in 32-bit floats. "
            "Close other programs, or choose a smaller model."
        )
    except OSError as error:
        messages.fail(f"{error.strerror or error}{'' if error.filename is None else f': {error.filename}'}.")


def train(trainer: Trainer, base: Base, work: Path, difference: float) -> None:
    """Train, write the adapter, and predict the hold-out with dropout."""
    task = trainer.task
    outcome = trainer.run()
    messages.progress(trainer.steps, trainer.steps, "writing the adapter")
    file = work / "adapter.gguf"
    write_adapter(base, trainer.model, task.settings.alpha, file)
    uncertainty = mc_dropout(trainer, task.of("test"))
    messages.result(
        {
            "adapter": str(file),
            "chosenStep": outcome.chosen_step,
            "sameBits": outcome.micro_batch == task.settings.micro_batch,
            "baseDifference": difference,
            "curve": [point.told() for point in outcome.curve],
            "mcDropout": {
                "mean": uncertainty.mean.tolist(),
                "epistemic": uncertainty.epistemic.tolist(),
                "aleatoric": uncertainty.aleatoric.tolist(),
            },
            "versions": {name: version(name) for name in ("torch", "transformers", "peft", "gguf", "numpy")},
        }
    )


def estimate(trainer: Trainer) -> None:
    """Time a few steps with all threads and with half of them; say which is faster, and what a run would take."""
    most = trainer.task.settings.threads
    timed = {}
    for threads in sorted({most, max(1, most // 2)}, reverse=True):
        torch.set_num_threads(threads)
        # The first step of a setting also fills caches.
        trainer.timed_step()
        trainer.passes = 0.0
        began = time.perf_counter()
        for _ in range(TIMED_STEPS):
            trainer.timed_step()
        seconds = (time.perf_counter() - began) / TIMED_STEPS
        timed[threads] = (seconds, trainer.passes / TIMED_STEPS / seconds)
    threads = min(timed, key=lambda count: timed[count][0])
    seconds, share = timed[threads]
    torch.set_num_threads(threads)
    predicted = trainer.evaluations * len(trainer.validation) + PASSES * len(trainer.task.of("test"))
    messages.result(
        {
            "threads": threads,
            "secondsPerStep": seconds,
            "steps": trainer.steps,
            "evaluationSeconds": trainer.seconds_of_row() * predicted,
            "share": share,
            "peakBytes": _peak_bytes(),
            "adapterBytes": trainer.adapter_bytes,
            # Weights, two moments of each, and the weights of every evaluation.
            "checkpointBytes": trainer.adapter_bytes * (3 + trainer.evaluations),
        }
    )


def _peak_bytes() -> int | None:
    """Most memory that was in use; None on Windows, which has no such count."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 - not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _stop_with_parent() -> threading.Event:
    """Set an event when we are asked to end: by SIGTERM, or by the end of standard input.

    The latter also means that the parent is gone.
    """
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())

    def wait() -> None:
        # Not through sys.stdin: its lock, held by a thread that waits, aborts the interpreter at its end.
        while os.read(0, 4096):
            pass
        stop.set()

    threading.Thread(target=wait, daemon=True).start()
    return stop


if __name__ == "__main__":
    main()
