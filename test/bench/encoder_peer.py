"""
ONNX Runtime and transformers as contenders of encoder.bench.ts, on the files of a model folder.

  python encoder_peer.py FOLDER THREADS onnxruntime|transformers

Reads one JSON request a line, {"texts": [...], "sorted": true|false}, and answers with one line, {"logits": [[...], ...]}.
Batches of 32 texts, padded to the longest of them: in the order of the request, or those of like length together.
"""

import json
import sys
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

BATCH = 32

folder = Path(sys.argv[1])
threads = int(sys.argv[2])
tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
tokenizer.enable_padding(pad_id=tokenizer.token_to_id("[PAD]"))


def onnxruntime_runner():
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(folder / "model.onnx", options, providers=["CPUExecutionProvider"])
    return lambda inputs: session.run(["logits"], inputs)[0]


def transformers_runner():
    import torch
    from transformers import AutoModelForSequenceClassification

    torch.set_num_threads(threads)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()

    def run(inputs):
        with torch.inference_mode():
            return model(**{name: torch.from_numpy(value) for name, value in inputs.items()}).logits.numpy()

    return run


def logits_of(texts):
    encoded = tokenizer.encode_batch(texts)
    inputs = {
        "input_ids": np.array([each.ids for each in encoded]),
        "attention_mask": np.array([each.attention_mask for each in encoded]),
        "token_type_ids": np.array([each.type_ids for each in encoded]),
    }
    return run(inputs)


run = {"onnxruntime": onnxruntime_runner, "transformers": transformers_runner}[sys.argv[3]]()
print("ready", flush=True)
for line in sys.stdin:
    request = json.loads(line)
    texts = request["texts"]
    order = sorted(range(len(texts)), key=lambda at: len(texts[at])) if request["sorted"] else range(len(texts))
    answers = [None] * len(texts)
    for start in range(0, len(texts), BATCH):
        rows = order[start : start + BATCH]
        for row, logits in zip(rows, logits_of([texts[row] for row in rows])):
            answers[row] = logits.tolist()
    print(json.dumps({"logits": answers}), flush=True)
