"""Golden values for layers that PyTorch lacks, in its plain operations: python gen_cells.py [OUTDIR]

One safetensors file a case under cells/: `input` (T, N, I), the parameters under the engine's names, `R`, `output`,
`loss` = sum(output * R), and the gradients of input and parameters as "grad." + name. As in gen_golden.py, what goes in
is held exactly by float32, and the rest is computed in float64 and rounded once.
"""
import pathlib
import sys

import numpy as np
import torch
from torch.nn import functional as F

from gen_golden import write


def norm(x, t, name):
    return F.layer_norm(x, x.shape[-1:], t[name + ".weight"], t[name + ".bias"], 1e-5)


def loop(x, state, step):
    """the first state after each step"""
    outputs = []
    for now in x:
        state = step(now, *state)
        outputs.append(state[0])
    return torch.stack(outputs)


def zeros(t, hidden, count=1):
    return [t["input"].new_zeros(t["input"].shape[1], hidden) for _ in range(count)]


def deep_transition(t, h, depth, shortcut):
    def step(x, s):
        z = torch.tanh(F.linear(x, t["input.weight"], t["input.bias"]) + s @ t["state.weight"].T)
        for i in range(depth - 1):
            z = F.linear(z, t[f"transition.{i}.weight"], t[f"transition.{i}.bias"])
            z = torch.tanh(z + s @ t["shortcut.weight"].T if shortcut and i == depth - 2 else z)
        return (z,)
    return loop(t["input"], zeros(t, h), step)


def lstm(t, h, layer_norm, prefix="", x=True):
    def step(now, s, c):
        p = s @ t[prefix + "weight_hh"].T
        p = norm(p, t, "layernorm_h") if layer_norm else p + t[prefix + "bias_hh"]
        if x:
            a = now @ t[prefix + "weight_ih"].T
            p = p + (norm(a, t, "layernorm_i") if layer_norm else a + t[prefix + "bias_ih"])
        i, f, g, o = p.chunk(4, 1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * torch.tanh(norm(c, t, "layernorm_c") if layer_norm else c), c
    return step


def gru(t, h, layer_norm, prefix="", x=True):
    def split(p, name):
        if not layer_norm:
            return p
        w, b = t[name + ".weight"], t[name + ".bias"]
        return torch.cat([F.layer_norm(p[:, :2 * h], (2 * h,), w[:2 * h], b[:2 * h], 1e-5),
                          F.layer_norm(p[:, 2 * h:], (h,), w[2 * h:], b[2 * h:], 1e-5)], 1)

    def step(now, s):
        p = split(F.linear(s, t[prefix + "weight_hh"], None if layer_norm else t[prefix + "bias_hh"]), "layernorm_h")
        a = split(F.linear(now, t[prefix + "weight_ih"], None if layer_norm else t[prefix + "bias_ih"]),
                  "layernorm_i") if x else torch.zeros_like(p)
        r, z = (a + p)[:, :2 * h].sigmoid().chunk(2, 1)
        n = torch.tanh(a[:, 2 * h:] + r * p[:, 2 * h:])
        return ((1 - z) * n + z * s,)
    return step


def chain(*steps):
    def step(now, *state):
        for one in steps:
            state = one(now, *state)
        return state
    return step


def coupled(t, h):
    def step(now, s, c):
        p = F.linear(now, t["weight_ih"], t["bias_ih"]) + F.linear(s, t["weight_hh"], t["bias_hh"])
        i, g, o = p.chunk(3, 1)
        i = i.sigmoid()
        c = (1 - i) * c + i * g.tanh()
        return o.sigmoid() * c.tanh(), c
    return step


def slstm(t, h, heads):
    """without the stabilizer, which cancels"""
    def step(now, s, c, n):
        if heads == 1:
            p = F.linear(s, t["weight_hh"])
        else:
            p = torch.einsum("nhi,hio->nho", s.view(-1, heads, h // heads), t["weight_hh"])
            p = p.view(-1, heads, 4, h // heads).transpose(1, 2).reshape(-1, 4 * h)
        i, f, z, o = (F.linear(now, t["weight_ih"], t["bias_ih"]) + p + t["bias_hh"]).chunk(4, 1)
        c, n = f.sigmoid() * c + i.exp() * z.tanh(), f.sigmoid() * n + i.exp()
        return o.sigmoid() * c / n, c, n
    return step


def sru(t, h):
    x = t["input"]
    parts = (x @ t["weight"].T).split(h, 2)
    past = parts[3] if len(parts) > 3 else x

    def step(now, _, c):
        x, f, r, past = now
        f = torch.sigmoid(f + t["weight_c"][0] * c + t["bias"][0])
        r = torch.sigmoid(r + t["weight_c"][1] * c + t["bias"][1])
        c = f * c + (1 - f) * x
        return r * c + (1 - r) * past, c
    return loop(zip(*parts[:3], past), zeros(t, h, 2), step)


def qrnn(t, h, window):
    x = torch.cat([t["input"].new_zeros(window - 1, *t["input"].shape[1:]), t["input"]])
    x = torch.cat([x[j:j + len(t["input"])] for j in range(window)], 2)
    z, f, o = F.linear(x, t["linear.weight"], t["linear.bias"]).split(h, 2)

    def step(now, _, c):
        z, f, o = now
        c = f.sigmoid() * c + (1 - f.sigmoid()) * z.tanh()
        return o.sigmoid() * c, c
    return loop(zip(z, f, o), zeros(t, h, 2), step)


def ind_rnn(t, h, function):
    x = F.linear(t["input"], t["linear.weight"], t["linear.bias"])
    return loop(x, zeros(t, h), lambda now, s: (function(now + t["weight_hh"] * s),))


def min_gru(t, h):
    z, n = F.linear(t["input"], t["linear.weight"], t["linear.bias"]).split(h, 2)
    return loop(zip(z, n), zeros(t, h), lambda now, s: ((1 - now[0].sigmoid()) * s + now[0].sigmoid() * now[1],))


def min_lstm(t, h):
    f, i, n = F.linear(t["input"], t["linear.weight"], t["linear.bias"]).sigmoid().split(h, 2)
    n = F.linear(t["input"], t["linear.weight"], t["linear.bias"])[..., 2 * h:]
    return loop(zip(f / (f + i), i / (f + i), n), zeros(t, h), lambda now, s: (now[0] * s + now[1] * now[2],))


def look_ahead_convolution(t, context):
    x, w = t["input"], t["weight"]
    padded = torch.cat([x, x.new_zeros(context, *x.shape[1:])])
    return sum(padded[j:j + len(x)] * w[j] for j in range(context + 1))


def cases(steps=6, batch=3, i=5, h=7):
    gates = lambda g, p="", x=True: {**({p + "weight_ih": (g * h, i), p + "bias_ih": (g * h,)} if x else {}),
                                     p + "weight_hh": (g * h, h), p + "bias_hh": (g * h,)}
    norms = lambda g, *names: {f"layernorm_{n}.{k}": ((h if n == "c" else g * h),) for n in names
                               for k in ("weight", "bias")}
    plain = lambda g: {"weight_ih": (g * h, i), "weight_hh": (g * h, h)}
    for depth, shortcut in ((1, False), (2, False), (3, False), (2, True), (3, True)):
        shapes = {"input.weight": (h, i), "input.bias": (h,), "state.weight": (h, h)}
        for k in range(depth - 1):
            shapes |= {f"transition.{k}.weight": (h, h), f"transition.{k}.bias": (h,)}
        if shortcut:
            shapes["shortcut.weight"] = (h, h)
        yield (f"deep_transition_{depth}" + ("_shortcut" if shortcut else ""), shapes,
               lambda t, d=depth, s=shortcut: deep_transition(t, h, d, s))
    yield "lstm_cell", gates(4), lambda t: loop(t["input"], zeros(t, h, 2), lstm(t, h, False))
    yield ("lstm_cell_norm", plain(4) | norms(4, "i", "h", "c"),
           lambda t: loop(t["input"], zeros(t, h, 2), lstm(t, h, True)))
    yield "gru_cell", gates(3), lambda t: loop(t["input"], zeros(t, h), gru(t, h, False))
    yield "gru_cell_norm", plain(3) | norms(3, "i", "h"), lambda t: loop(t["input"], zeros(t, h), gru(t, h, True))
    yield ("deep_transition_lstm", gates(4, "0.") | gates(4, "1.", False), lambda t: loop(
        t["input"], zeros(t, h, 2), chain(lstm(t, h, False, "0."), lstm(t, h, False, "1.", False))))
    yield ("deep_transition_gru", gates(3, "0.") | gates(3, "1.", False) | gates(3, "2.", False), lambda t: loop(
        t["input"], zeros(t, h), chain(gru(t, h, False, "0."), gru(t, h, False, "1.", False),
                                       gru(t, h, False, "2.", False))))
    yield "coupled_lstm", gates(3), lambda t: loop(t["input"], zeros(t, h, 2), coupled(t, h))
    yield "slstm", gates(4), lambda t: loop(t["input"], zeros(t, h, 3), slstm(t, h, 1))
    yield ("slstm_7_heads", gates(4) | {"weight_hh": (7, 1, 4)},
           lambda t: loop(t["input"], zeros(t, h, 3), slstm(t, h, 7)))
    yield "sru", {"weight": (4 * h, i), "weight_c": (2, h), "bias": (2, h)}, lambda t: sru(t, h)
    yield "sru_square", {"weight": (3 * i, i), "weight_c": (2, i), "bias": (2, i)}, lambda t: sru(t, i)
    for k in (1, 3):
        yield (f"qrnn_{k}", {"linear.weight": (3 * h, k * i), "linear.bias": (3 * h,)},
               lambda t, k=k: qrnn(t, h, k))
    for name in ("relu", "tanh"):
        yield (f"ind_rnn_{name}", {"linear.weight": (h, i), "linear.bias": (h,), "weight_hh": (h,)},
               lambda t, f=getattr(torch, name): ind_rnn(t, h, f))
    yield "min_gru", {"linear.weight": (2 * h, i), "linear.bias": (2 * h,)}, lambda t: min_gru(t, h)
    yield "min_lstm", {"linear.weight": (3 * h, i), "linear.bias": (3 * h,)}, lambda t: min_lstm(t, h)
    yield "look_ahead_convolution", {"weight": (4, i)}, lambda t: look_ahead_convolution(t, 3)


def generate(out):
    for number, (name, shapes, compute) in enumerate(cases()):
        random = np.random.default_rng(1000 + number)
        draw = lambda *shape: random.normal(0.1, 0.6, shape).astype(np.float32)
        given = {"input": draw(6, 3, 5), **{k: draw(*s) for k, s in shapes.items()}}
        t = {k: torch.tensor(v, dtype=torch.float64, requires_grad=True) for k, v in given.items()}
        output = compute(t)
        given["R"] = draw(*output.shape)
        loss = (output * torch.tensor(given["R"], dtype=torch.float64)).sum()
        loss.backward()
        results = {"output": output, "loss": loss.reshape(1), **{"grad." + k: v.grad for k, v in t.items()}}
        write(out / "cells" / (name + ".safetensors"), {"compute": "cells"},
              given | {k: v.detach().numpy().astype(np.float32) for k, v in results.items()})


if __name__ == "__main__":
    torch.set_num_threads(1)
    generate(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
