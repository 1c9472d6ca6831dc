"""Golden values for sequence to sequence, from plain PyTorch code: python gen_seq2seq.py [DIR]

attention/  each score, several heads, and windows: context, weights, gradients
seq2seq/    whole networks: logits, loss, all gradients, and the weights after two steps of SGD with clipping
beam/       what beam search finds on random networks, with scores

Everything is computed in float64 from numbers that float32 holds exactly, and rounded once. Beam search is computed in
float32, too, and has to find the same. Needs torch and numpy.
"""
import json
import math
import pathlib
import struct
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

BOS, EOS = 1, 2


class Attention(nn.Module):
    """monotonic: how far a window reaches around the query's own number; covers: whether it reads the coverage"""

    def __init__(self, score, q, m, a, monotonic=None, covers=False):
        super().__init__()
        self.score, self.monotonic, self.covers = score, monotonic, covers
        if score == "additive":
            self.query = nn.Linear(q, a, bias=False)
            self.v = nn.Linear(a, 1, bias=False)
        if score != "dot":
            self.key = nn.Linear(m, a if score == "additive" else q, bias=score == "additive")
        if covers:
            self.coverage = nn.Linear(1, a, bias=False)

    def forward(self, query, memory, lengths, past=None):
        """query (N, T, Q), memory (S, N, M), past: number of the first query and coverage (N, S) before it"""
        if self.covers and query.shape[1] > 1:
            found, cover = [], torch.zeros(memory.shape[1::-1], dtype=memory.dtype)
            for t in range(query.shape[1]):
                found.append(self(query[:, t:t + 1], memory, lengths, (t, cover)))
                cover = cover + found[-1][1][:, 0]
            return tuple(torch.cat(part, 1) for part in zip(*found))
        number, cover = past or (0, torch.zeros(memory.shape[1::-1], dtype=memory.dtype))
        m = memory.transpose(0, 1)
        if self.score == "additive":
            s = self.query(query)[:, :, None] + self.key(m)[:, None]
            if self.covers:
                s = s + self.coverage(cover[:, None, :, None])
            s = self.v(torch.tanh(s)).squeeze(-1)
        else:
            s = query @ (m if self.score == "dot" else self.key(m)).transpose(1, 2)
        out = torch.arange(m.shape[1])[None, None] >= lengths[:, None, None]
        if self.monotonic:
            p = torch.minimum(number + torch.arange(query.shape[1])[None, :, None], lengths[:, None, None] - 1)
            out = out | ((torch.arange(m.shape[1])[None, None] - p).abs() > self.monotonic)
        w = torch.softmax(s.masked_fill(out, float("-inf")), -1)
        return w @ m, w


class Encoder(nn.Module):
    def __init__(self, vocabulary, e, kind, h, layers, bi):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, e)
        self.rnn = getattr(nn, kind)(e, h, layers, bidirectional=bi)

    def forward(self, ids, lengths):
        packed = pack_padded_sequence(self.embedding(ids), lengths, enforce_sorted=False)
        y, state = self.rnn(packed)
        return pad_packed_sequence(y, total_length=ids.shape[0])[0], state if isinstance(state, tuple) else (state,)


class Bridge(nn.Module):
    def __init__(self, kind, directions, h, wanted, cell):
        super().__init__()
        self.kind, self.directions = kind, directions
        if kind == "learned":
            self.hidden = nn.Linear(directions * h, wanted)
            if cell:
                self.cell = nn.Linear(directions * h, wanted)

    def forward(self, states):
        result = []
        for name, s in zip(("hidden", "cell"), states):
            if self.directions == 2:
                s = torch.cat([s[0::2], s[1::2]], -1)
            result.append(torch.tanh(getattr(self, name)(s)) if self.kind == "learned" else s)
        return result


class Decoder(nn.Module):
    def __init__(self, vocabulary, e, kind, h, layers, context, score, m, a, r, monotonic=None, covers=False,
                 copies=None):
        super().__init__()
        self.context, self.copies = context, copies
        self.embedding = nn.Embedding(vocabulary, e)
        fed = {"every_step": h, "input_feeding": r, "context_feeding": m}.get(context, 0)
        self.rnn = getattr(nn, kind)(e + fed, h, layers)
        attends = context not in ("initial_state", "every_step")
        if attends:
            self.attention = Attention(score, h, m, a, monotonic, covers)
        if context != "initial_state":
            self.readout = nn.Linear((m if attends else h) + h, r, bias=False)
        self.output = nn.Linear(r if context != "initial_state" else h, vocabulary)
        if copies:
            self.pointer = nn.ModuleDict({"gate": nn.Linear(m + h + e, 1)})
        self.r = r

    def start(self, states):
        feed = {"every_step": states[0][-1],
                "input_feeding": torch.zeros(states[0].shape[1], self.r, dtype=states[0].dtype)}.get(self.context)
        return list(states), feed, (0, None)

    def copied(self, weights, source):
        """weights (N, S), source (S, N): what each id gets (N, V)"""
        p = torch.zeros(len(weights), self.output.out_features, dtype=weights.dtype)
        row, column = (torch.eye(k, dtype=weights.dtype) for k in p.shape)
        for s in range(len(source)):
            for n in range(len(weights)):
                v = self.copies[source[s, n]]
                if v >= 0:
                    p = p + weights[n, s] * torch.outer(row[n], column[v])
        return p

    def step(self, ids, state, memory, lengths, source=None):
        """ids (N): logits (N, V), weights (N, S), state"""
        states, feed, (number, cover) = state
        x = embedded = self.embedding(ids)
        weights = None
        past = (number, torch.zeros(memory.shape[1::-1], dtype=memory.dtype) if cover is None else cover)
        if self.context == "context_feeding":
            c, weights = self.attention(states[0][-1][:, None], memory, lengths, past)
            feed = c[:, 0]
        if feed is not None:
            x = torch.cat([x, feed], -1)
        h, new = self.rnn(x[None], tuple(states) if len(states) == 2 else states[0])
        new = list(new) if isinstance(new, tuple) else [new]
        h = h[0]
        if self.context == "initial_state":
            return self.output(h), None, (new, None, past)
        if self.context in ("attention", "input_feeding"):
            c, weights = self.attention(h[:, None], memory, lengths, past)
            c = c[:, 0]
        else:
            c = feed
        r = torch.tanh(self.readout(torch.cat([c, h], -1)))
        kept = r if self.context == "input_feeding" else feed if self.context == "every_step" else None
        logits = self.output(r)
        if weights is None:
            return logits, None, (new, kept, past)
        weights = weights[:, 0]
        if self.copies:
            g = torch.sigmoid(self.pointer["gate"](torch.cat([c, h, embedded], -1)))
            logits = torch.log(g * torch.softmax(logits, -1) + (1 - g) * self.copied(weights, source))
        return logits, weights, (new, kept, (number + 1, past[1] + weights))


class Seq2Seq(nn.Module):
    def __init__(self, s):
        super().__init__()
        bi = s["bidirectional"]
        d = 2 if bi else 1
        self.encoder = Encoder(s["source"], s["embedding"], s["kind"], s["encoder"], s["layers"], bi)
        self.bridge = Bridge(s["bridge"], d, s["encoder"], s["decoder"], s["kind"] == "LSTM")
        self.decoder = Decoder(s["target"], s["embedding"], s["kind"], s["decoder"], s["layers"], s["context"],
                               s["score"], d * s["encoder"], s["attention"], s["readout"], s.get("monotonic"),
                               s.get("covers", False), s.get("copies"))

    def forward(self, source, lengths, target):
        """logits (T, N, V), and attention (T, N, S) where there is any"""
        memory, states = self.encoder(source, lengths)
        state = self.decoder.start(self.bridge(states))
        logits, attention = [], []
        for ids in target:
            y, weights, state = self.decoder.step(ids, state, memory, lengths, source)
            logits.append(y)
            attention.append(weights)
        return torch.stack(logits), None if attention[0] is None else torch.stack(attention)


def penalty(log, length, coverage, alpha, beta):
    cover = 0 if coverage is None else float(torch.log(torch.clamp(coverage, 1e-10, 1)).sum())
    return log / ((5 + length) / 6) ** alpha + beta * cover


def banned(tokens, n):
    """what would repeat an n-gram"""
    if n == 0 or len(tokens) + 1 < n:
        return set()
    last = tokens[len(tokens) - n + 1:]
    return {tokens[i + n - 1] for i in range(len(tokens) - n + 1) if tokens[i:i + n - 1] == last}


def beam(model, source, length, s):
    """one sentence, step by step: the best hypotheses, as (tokens, score, log probability)"""
    width = s["beam"]
    lengths = torch.tensor([length])
    memory, states = model.encoder(source[:length, None], lengths)
    live = [(0.0, [], model.decoder.start(model.bridge(states)), None)]
    finished = []
    for t in range(s["max_length"]):
        candidates = []
        for k, (log, tokens, state, coverage) in enumerate(live):
            ids = torch.tensor([tokens[-1] if tokens else BOS])
            y, weights, state = model.decoder.step(ids, state, memory, lengths, source[:length, None])
            logs = torch.log_softmax(y[0], -1)
            cover = None if weights is None else weights[0] if coverage is None else coverage + weights[0]
            no = banned(tokens, s["ngram"])
            for v, one in enumerate(logs.tolist()):
                if v == BOS or v in no or v == EOS and t < s["min_length"] or v != EOS and t == s["max_length"] - 1:
                    continue
                candidates.append((-(log + one), k, v, state, cover))
        candidates.sort(key=lambda c: c[:3])
        following = []
        for rank, (minus, k, v, state, cover) in enumerate(candidates[:2 * width]):
            tokens = live[k][1] + [v]
            if v == EOS:
                if rank < width:
                    finished.append((tokens[:-1], penalty(-minus, len(tokens), cover, s["alpha"], s["beta"]), -minus))
            elif len(following) < width:
                following.append((-minus, tokens, state, cover))
        live = following
        if len(finished) >= width or not live:
            break
    return sorted(finished, key=lambda f: -f[1])[:width]


class Cases:
    def __init__(self):
        self.rng = np.random.default_rng(20251201)

    def normal(self, *shape, scale=1.0, shift=0.0):
        return (scale * self.rng.standard_normal(shape) + shift).astype(np.float32)

    def fill(self, module, gain=0.9):
        with torch.no_grad():
            for name, p in module.named_parameters():
                if p.dim() == 1:
                    p.copy_(torch.tensor(self.normal(*p.shape, scale=0.4, shift=0.1)))
                else:
                    scale = gain if "embedding" in name else gain / p.shape[-1] ** 0.5
                    p.copy_(torch.tensor(self.normal(*p.shape, scale=scale, shift=0.1 * scale)))
        return module


def attention(cases, score, out):
    n, t, s, q, m = 3, 4, 6, 7, 7 if score == "dot" else 9
    module = cases.fill(Attention(score, q, m, 5).double(), 1.5)
    x = {"query": cases.normal(n, t, q), "memory": cases.normal(s, n, m)}
    lengths = np.array([6, 1, 4], np.int64)
    r, w = cases.normal(n, t, m), cases.normal(n, t, s)
    leaves = {k: torch.tensor(v, dtype=torch.float64, requires_grad=True) for k, v in x.items()}
    context, weights = module(leaves["query"], leaves["memory"], torch.tensor(lengths))
    loss = (context * torch.tensor(r)).sum() + (weights * torch.tensor(w)).sum()
    loss.backward()
    tensors = x | {"lengths": lengths, "R": r, "S": w, "context": context, "weights": weights, "loss": loss}
    tensors |= {"grad." + k: v.grad for k, v in leaves.items()}
    for name, p in module.named_parameters():
        tensors |= {name: p, "grad." + name: p.grad}
    write(out / f"attention/{score}.safetensors", tensors, {"score": score})


class Local(nn.Module):
    """local-p: a window around a predicted position"""

    def __init__(self, score, q, m, a, reach):
        super().__init__()
        self.inner, self.reach = Attention(score, q, m, a), reach
        self.position, self.v = nn.Linear(q, q, bias=False), nn.Linear(q, 1, bias=False)

    def forward(self, query, memory, lengths):
        m = memory.transpose(0, 1)
        p = lengths[:, None, None] * torch.sigmoid(self.v(torch.tanh(self.position(query))))
        d = torch.arange(m.shape[1])[None, None] - p
        if self.inner.score == "additive":
            s = self.inner.v(torch.tanh(self.inner.query(query)[:, :, None] + self.inner.key(m)[:, None])).squeeze(-1)
        else:
            s = query @ self.inner.key(m).transpose(1, 2)
        out = (torch.arange(m.shape[1])[None, None] >= lengths[:, None, None]) | (d.abs() > self.reach)
        w = torch.softmax(s.masked_fill(out, float("-inf")), -1) * torch.exp(-2 * d ** 2 / self.reach ** 2)
        return w @ m, w


def variant(cases, name, module, rename, m, out):
    """attention whose parameters have other names here: PyTorch's nn.MultiheadAttention, and local attention"""
    n, t, s, q = 3, 4, 6, 8
    x = {"query": cases.normal(n, t, q), "memory": cases.normal(s, n, m)}
    lengths = np.array([6, 1, 4], np.int64)
    r, w = cases.normal(n, t, m), cases.normal(n, t, s)
    leaves = {k: torch.tensor(v, dtype=torch.float64, requires_grad=True) for k, v in x.items()}
    if isinstance(module, nn.MultiheadAttention):
        pad = torch.arange(s)[None] >= torch.tensor(lengths)[:, None]
        keys = leaves["memory"].transpose(0, 1)
        context, weights = module(leaves["query"], keys, keys, key_padding_mask=pad)
    else:
        context, weights = module(leaves["query"], leaves["memory"], torch.tensor(lengths))
    loss = (context * torch.tensor(r)).sum() + (weights * torch.tensor(w)).sum()
    loss.backward()
    tensors = x | {"lengths": lengths, "R": r, "S": w, "context": context, "weights": weights, "loss": loss}
    tensors |= {"grad." + k: v.grad for k, v in leaves.items()}
    for key, p in module.named_parameters():
        for name_here, part in rename(key, p.detach()).items():
            tensors[name_here] = part
        for name_here, part in rename(key, p.grad).items():
            tensors["grad." + name_here] = part
    write(out / f"attention/{name}.safetensors", tensors, {"score": name})


def of_heads(key, p):
    if key.startswith("in_proj"):
        return {part + "." + key[8:]: one for part, one in zip(("query", "key", "value"), p.chunk(3))}
    return {key.replace("out_proj", "out"): p}


def of_window(key, p):
    return {key[6:] if key.startswith("inner.") else "window." + key: p}


def variants(out):
    cases = Cases()
    heads = cases.fill(nn.MultiheadAttention(8, 2, batch_first=True).double(), 1.5)
    variant(cases, "scaled", heads, of_heads, 8, out)
    for score in ("general", "additive"):
        variant(cases, "local_" + score, cases.fill(Local(score, 8, 9, 5, 2).double(), 1.5), of_window, 9, out)


def network(cases, settings, dtype=torch.float64):
    return cases.fill(Seq2Seq(settings).to(dtype))


BASE = {"source": 11, "target": 9, "embedding": 6, "kind": "LSTM", "encoder": 4, "decoder": 8, "layers": 1,
        "bidirectional": True, "bridge": "concat", "context": "attention", "score": "general", "attention": 5,
        "readout": 7}


def train(cases, name, settings, out):
    s = BASE | settings
    model = network(cases, s)
    source = cases.rng.integers(0, s["source"], (6, 3))
    target = cases.rng.integers(0, s["target"], (6, 3))
    lengths, target_lengths = np.array([6, 2, 5]), np.array([3, 5, 4])
    tensors = {"source": source, "lengths": lengths, "target": target, "target_lengths": target_lengths}
    for key, p in model.named_parameters():
        tensors[key] = p.detach().clone()
    mask = torch.arange(5)[:, None] < torch.tensor(target_lengths)
    opt = torch.optim.SGD(model.parameters(), lr=0.5)
    for step in range(2):
        opt.zero_grad()
        logits, weights = model(torch.tensor(source), torch.tensor(lengths), torch.tensor(target[:-1]))
        loss = F.cross_entropy(logits[mask], torch.tensor(target[1:])[mask])
        if "coverage" in s:
            before = torch.cumsum(weights, 0) - weights
            loss = loss + s["coverage"] * torch.minimum(weights, before).sum(-1)[mask].mean()
        loss.backward()
        if step == 0:
            tensors |= {"logits": logits, "loss": loss}
            for key, p in model.named_parameters():
                tensors["grad." + key] = p.grad.clone()
        nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        opt.step()
    tensors["second_loss"] = loss
    for key, p in model.named_parameters():
        tensors["after." + key] = p.detach().clone()
    write(out / f"seq2seq/{name}.safetensors", tensors, {k: str(v) for k, v in s.items()})


SEARCHES = {
    "b1": {"beam": 1}, "b4": {"beam": 4}, "b8": {"beam": 8},
    "b4_length": {"beam": 4, "alpha": 0.8}, "b4_both": {"beam": 4, "alpha": 0.6, "beta": 0.3},
    "b8_both": {"beam": 8, "alpha": 1.0, "beta": 0.2}, "b1_both": {"beam": 1, "alpha": 0.7, "beta": 0.4},
    "b4_ngram": {"beam": 4, "ngram": 2}, "b4_bounds": {"beam": 4, "alpha": 0.6, "min_length": 5, "max_length": 8},
}


def search(cases, name, settings, out):
    s = BASE | settings
    model = network(cases, s)
    with torch.no_grad():
        model.decoder.output.bias[EOS] += 0.7
    lengths = np.array([7, 3, 5, 1])
    source = cases.rng.integers(0, s["source"], (7, 4))
    tensors = {"source": source, "lengths": lengths}
    for key, p in model.named_parameters():
        tensors[key] = p.detach().clone()
    single = Seq2Seq(s)
    single.load_state_dict({k: v.float() for k, v in model.state_dict().items()})
    for key, one in SEARCHES.items():
        one = {"alpha": 0, "beta": 0, "ngram": 0, "min_length": 0, "max_length": 12} | one
        with torch.no_grad():
            found = [beam(model, torch.tensor(source[:, i]), int(lengths[i]), one) for i in range(4)]
            other = [beam(single, torch.tensor(source[:, i]), int(lengths[i]), one) for i in range(4)]
        assert [[h[0] for h in hs] for hs in found] == [[h[0] for h in hs] for hs in other], (name, key)
        tokens = np.full((4, one["beam"], one["max_length"]), -1)
        scores, logs = np.full((4, one["beam"]), np.nan), np.full((4, one["beam"]), np.nan)
        for i, hypotheses in enumerate(found):
            for k, (ids, score, log) in enumerate(hypotheses):
                tokens[i, k, :len(ids)] = ids
                scores[i, k], logs[i, k] = score, log
        tensors |= {key + ".tokens": tokens, key + ".scores": scores, key + ".logs": logs}
    write(out / f"beam/{name}.safetensors", tensors,
          {k: str(v) for k, v in s.items()} | {"searches": json.dumps(SEARCHES)})


def write(path, tensors, metadata):
    header, blobs, at = {"__metadata__": metadata}, [], 0
    for name, value in tensors.items():
        a = value.detach().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)
        a = np.ascontiguousarray(np.atleast_1d(a).astype("<i8" if a.dtype.kind == "i" else "<f4"))
        blob = a.tobytes()
        header[name] = {"dtype": "I64" if a.dtype.kind == "i" else "F32", "shape": list(a.shape),
                        "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


COPIES = [-1, 3, -1, 4, 8, 4, -1, 0, 7, 5, 2]  # what each of BASE's source ids is in the target


def beyond(out):
    """coverage, monotonic windows, and copying"""
    cases = Cases()
    additive = {"score": "additive", "bridge": "learned", "encoder": 3}
    covers = additive | {"covers": True}
    train(cases, "coverage_attention_gru", covers | {"kind": "GRU", "coverage": 0.7}, out)
    train(cases, "coverage_input_feeding_lstm", covers | {"context": "input_feeding", "coverage": 1.0, "encoder": 4, "decoder": 7}, out)
    train(cases, "monotonic_attention_lstm_l2", {"monotonic": 1, "layers": 2}, out)
    train(cases, "monotonic_context_feeding_gru", {"monotonic": 2, "context": "context_feeding", "kind": "GRU"}, out)
    train(cases, "copying_attention_lstm", {"copies": COPIES}, out)
    train(cases, "copying_coverage_context_feeding_gru",
          covers | {"copies": COPIES, "context": "context_feeding", "kind": "GRU", "coverage": 1.0}, out)
    search(cases, "copying_coverage_input_feeding_lstm", covers | {"copies": COPIES, "context": "input_feeding"}, out)
    search(cases, "copying_monotonic_gru", {"copies": COPIES, "monotonic": 1, "kind": "GRU"}, out)


def generate(out):
    cases = Cases()
    for score in ("dot", "general", "additive"):
        attention(cases, score, out)
    uni = {"bidirectional": False, "encoder": 8, "bridge": "copy"}
    train(cases, "initial_state_lstm", uni | {"context": "initial_state", "layers": 2}, out)
    train(cases, "every_step_gru", {"context": "every_step", "kind": "GRU"}, out)
    train(cases, "attention_gru_l2", {"context": "attention", "kind": "GRU", "layers": 2, "bridge": "learned",
                                      "encoder": 5}, out)
    train(cases, "attention_additive_lstm", {"score": "additive", "bridge": "learned", "encoder": 3}, out)
    train(cases, "input_feeding_lstm_l2", {"context": "input_feeding", "layers": 2}, out)
    train(cases, "input_feeding_dot_gru", {"context": "input_feeding", "kind": "GRU", "score": "dot"}, out)
    train(cases, "context_feeding_gru", {"context": "context_feeding", "kind": "GRU", "score": "additive"}, out)
    search(cases, "input_feeding_lstm_l2", {"context": "input_feeding", "layers": 2}, out)
    search(cases, "attention_gru", {"kind": "GRU"}, out)
    search(cases, "context_feeding_lstm", {"context": "context_feeding", "score": "additive"}, out)
    search(cases, "every_step_lstm", {"context": "every_step"}, out)
    search(cases, "initial_state_gru", uni | {"context": "initial_state", "kind": "GRU"}, out)
    variants(out)
    beyond(out)


generate(pathlib.Path(sys.argv[1]) if sys.argv[1:] else pathlib.Path(__file__).parent)
