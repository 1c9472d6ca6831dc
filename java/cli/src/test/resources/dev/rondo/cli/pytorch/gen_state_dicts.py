"""Writes state dicts of PyTorch, each with an input "given" and what PyTorch makes of it, "expected", in NAME.values.
Needs torch 2.13 and safetensors; tests need no Python.

    python gen_state_dicts.py
"""
import pathlib

import torch
from safetensors.torch import save_file
from torch import nn

HERE = pathlib.Path(__file__).parent


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(12, 6)
        self.encoder = nn.LSTM(6, 5, num_layers=2, bidirectional=True, proj_size=3, batch_first=True)
        self.classes = nn.Linear(6, 4)
        self.classes2 = nn.Linear(4, 3, bias=False)

    def forward(self, ids):
        return self.classes2(self.classes(self.encoder(self.words(ids))[0]))


class Frames(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(7)
        self.gru = nn.GRU(7, 5, bias=False)
        self.out = nn.RNN(5, 4, nonlinearity="relu")

    def forward(self, x):
        return self.out(self.gru(self.norm(x))[0])[0]


class Cells(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.LSTMCell(3, 5)
        self.second = nn.GRUCell(5, 4)
        self.third = nn.RNNCell(4, 2, bias=False)

    def forward(self, x):
        c, g, r, rows = None, None, None, []
        for step in x:
            c = self.first(step, c)
            g = self.second(c[0], g)
            r = self.third(g, r)
            rows.append(r)
        return torch.stack(rows)


torch.manual_seed(3)
for name, network, given in [
    ("tagger", Tagger(), torch.randint(0, 12, (2, 5))),
    ("frames", Frames(), torch.randn(5, 2, 7)),
    ("cells", Cells(), torch.randn(5, 2, 3)),
    ("sequential", nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4)), torch.randn(2, 4)),
    ("alone", nn.GRU(3, 4), torch.randn(5, 2, 3)),
]:
    network.eval()
    with torch.no_grad():
        expected = network(given)
    expected = expected[0] if isinstance(expected, tuple) else expected
    save_file(network.state_dict(), HERE / f"{name}.safetensors", {"format": "pt"})
    save_file({"given": given, "expected": expected.contiguous()}, HERE / f"{name}.values")
