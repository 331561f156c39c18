"""
transformers in float32 as a contender of inference.bench.ts: the whole prompt each time, the probability of each label.

  python transformers_peer.py MODEL.gguf THREADS

Reads one JSON request a line, {"prompts": [...], "labels": [...]}, and answers with one line, {"probabilities": [[...], ...]}.
"""

import json
import sys
from pathlib import Path

import torch
from gguf import GGUFReader
from transformers import AutoModelForCausalLM, AutoTokenizer

path = Path(sys.argv[1])
torch.set_num_threads(int(sys.argv[2]))
tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()
bos = int(GGUFReader(path).fields["tokenizer.ggml.bos_token_id"].contents())


def encode(text):
    return tokenizer.encode(text, add_special_tokens=False)


@torch.no_grad()
def probabilities(prompt, labels):
    logits = model(torch.tensor([[bos] + encode(prompt)]), logits_to_keep=1).logits[0, -1]
    return torch.softmax(logits, dim=-1)[labels].tolist()


print("ready", flush=True)
for line in sys.stdin:
    request = json.loads(line)
    labels = [encode(label)[0] for label in request["labels"]]
    answers = [probabilities(prompt, labels) for prompt in request["prompts"]]
    print(json.dumps({"probabilities": answers}), flush=True)
