"""Networks that PyTorch has exported, with inputs and what PyTorch computes from them.

Needs torch 2.13, onnx, onnxscript and safetensors. Each network is exported by both of PyTorch's exporters, NAME.onnx by
the one that traces with dynamo, NAME_script.onnx by the older one; NAME_0, _1 and _2.safetensors have inputs
and outputs for other numbers of steps and samples. Dynamo fixes some numbers at those it has seen: _2 is for them.
"""

import onnx
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(40, 12)
        self.lstm = nn.LSTM(12, 9, num_layers=2, bidirectional=True, batch_first=True)
        self.linear = nn.Linear(18, 7)

    def forward(self, ids):
        return F.log_softmax(self.linear(self.lstm(self.embedding(ids))[0]), dim=-1)


class Speech(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(20)
        self.gru = nn.GRU(20, 13, num_layers=3)
        self.linear = nn.Linear(13, 11)

    def forward(self, x):
        y, h = self.gru(self.norm(x))
        return F.log_softmax(self.linear(y), -1), h


class Pooling(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(6, 8, bidirectional=True, batch_first=True)
        self.hidden = nn.Linear(16, 10)
        self.score = nn.Linear(10, 1, bias=False)
        self.out = nn.Linear(16, 3)

    def forward(self, x, mask):
        y = self.rnn(x)[0]
        scores = self.score(torch.tanh(self.hidden(y))).squeeze(-1)
        weights = torch.softmax(scores.masked_fill(mask == 0, -1e9), dim=1)
        return self.out(torch.bmm(weights.unsqueeze(1), y).squeeze(1)), weights


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(30, 8)
        self.gru = nn.GRU(8, 6, num_layers=2, bidirectional=True)
        self.bridge = nn.Linear(12, 6)

    def forward(self, ids):
        memory, h = self.gru(self.embedding(ids))
        h = h.view(2, 2, -1, 6)
        top = torch.cat([h[-1, 0], h[-1, 1]], dim=-1)
        return memory, torch.tanh(self.bridge(top))


class Voice(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv1d(1, 6, 5, stride=2, padding=2)
        self.norm = nn.BatchNorm1d(6)
        self.conv2 = nn.Conv1d(6, 8, 3, padding=1)
        self.lstm = nn.LSTM(8, 10, batch_first=True)
        self.out = nn.Linear(10, 1)

    def forward(self, audio, h, c):
        x = F.relu(self.norm(self.conv1(audio.unsqueeze(1))))
        x = F.max_pool1d(F.leaky_relu(self.conv2(x), 0.1), 2)
        y, (hn, cn) = self.lstm(x.transpose(1, 2), (h, c))
        return torch.sigmoid(self.out(F.elu(y))).mean(dim=1), hn, cn


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(5, 9, num_layers=2, batch_first=True, nonlinearity="relu")
        self.out = nn.Linear(9, 4)

    def forward(self, x, lengths):
        y = self.rnn(x)[0]
        last = (lengths - 1).view(-1, 1, 1).expand(-1, 1, y.shape[2])
        own = y.gather(1, last).squeeze(1)
        return torch.softmax(self.out(y[:, -1]), -1), self.out(own).argmax(-1)


def strip(file):
    """Leaves out where in the source each node comes from, which is most of a file."""
    model = onnx.load(file)
    parts = [model, model.graph, *model.graph.node, *model.graph.value_info, *model.graph.initializer,
             *model.graph.input, *model.graph.output]
    for part in parts:
        part.doc_string = ""
        if hasattr(part, "metadata_props"):
            del part.metadata_props[:]
    del model.graph.value_info[:]
    onnx.save(model, file)


def main():
    torch.manual_seed(7)
    batch, steps = torch.export.Dim("N", min=1, max=99), torch.export.Dim("T", min=2, max=999)

    def ids(n, t, size):
        return torch.randint(0, size, (n, t))

    networks = {
        "tagger": (Tagger(), ["ids"], ["scores"], lambda n, t: (ids(n, t, 40),), [{0: batch, 1: steps}]),
        "speech": (Speech(), ["x"], ["scores", "hn"], lambda n, t: (torch.randn(t, n, 20),), [{0: steps, 1: batch}]),
        "pooling": (Pooling(), ["x", "mask"], ["y", "weights"],
                    lambda n, t: (torch.randn(n, t, 6), (torch.rand(n, t) < 0.7).long()),
                    [{0: batch, 1: steps}, {0: batch, 1: steps}]),
        "encoder": (Encoder(), ["ids"], ["memory", "state"], lambda n, t: (ids(t, n, 30),), [{0: steps, 1: batch}]),
        "voice": (Voice(), ["audio", "h", "c"], ["speech", "hn", "cn"],
                  lambda n, t: (torch.randn(n, 32 * t), torch.randn(1, n, 10), torch.randn(1, n, 10)),
                  [{0: batch, 1: torch.export.Dim("L", min=32, max=9999)}, {1: batch}, {1: batch}]),
        "classifier": (Classifier(), ["x", "lengths"], ["y", "label"],
                       lambda n, t: (torch.randn(n, t, 5), torch.randint(1, t + 1, (n,))),
                       [{0: batch, 1: steps}, {0: batch}]),
    }
    for name, (network, inputs, outputs, make, shapes) in networks.items():
        network.eval()
        if isinstance(network, Voice):  # statistics that are not the first ones
            network.norm.running_mean.uniform_(-1, 1)
            network.norm.running_var.uniform_(0.5, 2)
        given = make(3, 6)
        torch.onnx.export(network, given, f"{name}.onnx", input_names=inputs, output_names=outputs, dynamo=True,
                          dynamic_shapes=tuple(shapes), external_data=False, verbose=False)
        axes = {i: {d: dim.__name__ for d, dim in s.items()} for i, s in zip(inputs, shapes)}
        torch.onnx.export(network, given, f"{name}_script.onnx", input_names=inputs, output_names=outputs,
                          dynamo=False, dynamic_axes=axes, opset_version=17)
        strip(f"{name}.onnx")
        strip(f"{name}_script.onnx")
        for i, (n, t) in enumerate([(2, 5), (4, 9), (3, 6)]):
            values = make(n, t)
            with torch.no_grad():
                results = network(*values)
            results = results if isinstance(results, tuple) else (results,)
            tensors = dict(zip(inputs + outputs, values + results))
            save_file({k: v.contiguous() for k, v in tensors.items()}, f"{name}_{i}.safetensors")


if __name__ == "__main__":
    main()
