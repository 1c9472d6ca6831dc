"""Writes what PyTorch makes of the shipped model and its sample: ids.npy and logits.npy beside this file, and
Sample.classes beside the model. To be run when the weights have changed; tests need no Python.

    python gen_sample.py        # needs torch, numpy and safetensors
"""
import pathlib

import numpy as np
import torch
from safetensors.torch import load_file

HERE = pathlib.Path(__file__).parent
MODEL = HERE.parents[4] / "main/resources/dev/rondo/cli/java-highlighter"


class Highlighter(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(256, 32)
        self.lstm = torch.nn.LSTM(32, 96, num_layers=2, bidirectional=True, batch_first=True)
        self.linear = torch.nn.Linear(192, 10)

    def forward(self, ids):
        return self.linear(self.lstm(self.embedding(ids))[0])


torch.set_num_threads(1)
model = Highlighter().eval()
model.load_state_dict(load_file(MODEL / "model.safetensors"))
ids = torch.tensor([list((MODEL / "Sample.java").read_bytes())])
with torch.no_grad():
    logits = model(ids)
    exact = model.double()(ids)
np.save(HERE / "ids.npy", ids.numpy())
np.save(HERE / "logits.npy", logits.numpy())
digits = "".join(str(c) for c in logits.argmax(-1)[0].tolist())
lines = [digits[i : i + 80] for i in range(0, len(digits), 80)]
(MODEL / "Sample.classes").write_text("\n".join(lines) + "\n")

first, second = logits.topk(2)[0][0].T
print(f"float32 differs from float64 by {(exact - logits).abs().max():.2g}; "
      f"the best class leads by {(first - second).min():.2g} at least")
