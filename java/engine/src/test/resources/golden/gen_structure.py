"""Golden values for networks that find trees, or compose given ones, in PyTorch's plain operations:
python gen_structure.py [OUTDIR]

One safetensors file a case under structure/: the inputs, the parameters under the engine's names, factors `R`, `S` and
`Q` of the results in the loss (0 where there is no node or step), the results, `loss`, and the gradients as "grad." +
name. Trees are integers, numbered as the engine's TreeBatch numbers them. As in gen_golden.py, what goes in is held
exactly by float32, and the rest is computed in float64 and rounded once. Each sequence is computed by itself, and each
tree as plain lists, so nothing here knows of padding.
"""
import math
import pathlib
import sys

import numpy as np
import torch
from torch.nn import functional as F

from gen_golden import write

LENGTHS = (5, 1, 4)
T, N, I, H, K = 5, 3, 3, 7, 4
MERGES = ((1, 2, 0, 0), (), (0, 1, 0))  # where the merged pair begins, among the nodes that are left
SEED, RUN = 21, 1  # of the Gumbel noise: the engine's seed, and which run of the program it is
KAPPA = 0.25  # of the parser's margin


def pairs(length, merges):
    """children of each node that is made: leaves are 0 to length - 1, then the nodes as they are made"""
    left, made = list(range(length)), []
    for at in merges:
        made.append((left[at], left[at + 1]))
        left[at:at + 2] = [length + len(made) - 1]
    return made


TREES = [pairs(length, merges) for length, merges in zip(LENGTHS, MERGES)]


def number(n, node):
    return (node if node < LENGTHS[n] else T + node - LENGTHS[n]) * N + n


def steps():
    ids = {"left": np.full((T - 1, N), -1), "right": np.full((T - 1, N), -1), "places": np.full((2 * T - 1) * N, -1)}
    for n, made in enumerate(TREES):
        for s, children in enumerate(made):
            for side, child in enumerate(children):
                ids[("left", "right")[side]][s, n] = number(n, child)
                ids["places"][number(n, child)] = 2 * number(n, LENGTHS[n] + s) + side
    return ids


def transitions():
    given = np.full((2 * T - 1, N), -100)
    for n, made in enumerate(TREES):
        def postorder(node):
            return [0] if node < LENGTHS[n] else [*(m for c in made[node - LENGTHS[n]] for m in postorder(c)), 1]
        order = postorder(2 * LENGTHS[n] - 2)
        given[:len(order), n] = order
    return given


def exists():
    """(2 T - 1, N), of leaves and of nodes that are made"""
    mask = np.zeros((2 * T - 1, N), np.float32)
    for n, length in enumerate(LENGTHS):
        mask[:length, n] = mask[T:T + length - 1, n] = 1
    return mask


def taken():
    return np.array([[1 if step < 2 * length - 1 else 0 for length in LENGTHS] for step in range(2 * T - 1)], np.float32)


def compose(t, left, right, e=None):
    gates = t["cell.weight_left"] @ left[0] + t["cell.weight_right"] @ right[0] + t["cell.bias"]
    i, f_l, f_r, o, g = (gates if e is None else gates + t["cell.weight_ih"] @ e).chunk(5)
    c = f_l.sigmoid() * left[1] + f_r.sigmoid() * right[1] + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def leaves(t, n):
    return [F.linear(t["x"][i, n], t["leaf.weight"], t["leaf.bias"]).chunk(2) for i in range(LENGTHS[n])]


def philox(seed, n):
    """number n of Philox4x32-10, from 0 to below 1"""
    low = 0xFFFFFFFF
    c, k = [n // 4 & low, n // 4 >> 32, 0, 0], [seed & low, seed >> 32]
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [b >> 32 ^ c[1] ^ k[0], b & low, a >> 32 ^ c[3] ^ k[1], a & low]
        k = [k[0] + 0x9E3779B9 & low, k[1] + 0xBB67AE85 & low]
    return c[n % 4] * 2.0 ** -32


def gumbel(t, temperature):
    roots, merges = [], np.full((T - 1, N), -1)
    for n, length in enumerate(LENGTHS):
        nodes = torch.stack([torch.stack(state) for state in leaves(t, n)])  # (M, 2, H)
        for step in range(length - 1):
            count, room = len(nodes) - 1, T - 1 - step
            parents = torch.stack([torch.stack(compose(t, nodes[i], nodes[i + 1])) for i in range(count)])
            seed = (SEED + 0x9E3779B97F4A7C15 * step) % 2 ** 64
            noise = [-math.log(-math.log(philox(seed, (RUN * room + i) * N + n) + 2.0 ** -33)) for i in range(count)]
            scores = parents[:, 0] @ t["query"] + torch.tensor(noise)
            soft = torch.softmax(scores / temperature, 0)
            best = scores.argmax()
            merges[step, n] = best
            y = F.one_hot(best, count) + soft - soft.detach()  # straight-through
            before = y.cumsum(0) - y  # that the pair begins further left
            behind = y.flip(0).cumsum(0).flip(0) - y  # further right
            nodes = (behind[:, None, None] * nodes[:-1] + y[:, None, None] * parents
                     + before[:, None, None] * nodes[1:])
        roots.append(nodes[0])
    h, c = torch.stack(roots).unbind(1)
    return {"h": h, "c": c}, {"merges": merges}, (h * t["R"]).sum() + (c * t["S"]).sum()


def spinn(t, given):
    h, c, scores, chosen = [], [], t["x"].new_zeros(2 * T - 1, N, 2), np.full((2 * T - 1, N), -100)
    none = t["x"].new_zeros(H)
    for n, length in enumerate(LENGTHS):
        buffer, stack, rows = leaves(t, n), [], []
        track, cell = t["x"].new_zeros(1, K), t["x"].new_zeros(1, K)
        for step in range(2 * length - 1):
            top, second = (stack[-i] if len(stack) >= i else (none, none) for i in (1, 2))
            seen = torch.cat([buffer[0][0] if buffer else none, top[0], second[0]])
            track, cell = torch.lstm_cell(seen[None], (track, cell), t["tracking.weight_ih"], t["tracking.weight_hh"],
                                          t["tracking.bias_ih"], t["tracking.bias_hh"])
            score = F.linear(track[0], t["transition.weight"], t["transition.bias"])
            rows.append(score)
            reduces = given[step, n] if given is not None else not buffer or len(stack) > 1 and score[1] > score[0]
            if reduces:
                stack[-2:] = [compose(t, second, top, track[0])]
            else:
                stack.append(buffer.pop(0))
            chosen[step, n] = int(reduces)
        root, = stack
        h.append(root[0])
        c.append(root[1])
        scores = scores + F.pad(torch.stack(rows)[:, None], (0, 0, n, N - 1 - n, 0, 2 * (T - length)))
    h, c = torch.stack(h), torch.stack(c)
    weighted = scores * t["Q"]
    return ({"h": h, "c": c, "weighted": weighted}, {"transitions": chosen},
            (h * t["R"]).sum() + (c * t["S"]).sum() + weighted.sum())


def matrix_vector(t):
    h = 5
    vectors, matrices = {}, {}
    for n, made in enumerate(TREES):
        for i in range(LENGTHS[n]):
            vectors[i, n], matrices[i, n] = t["x"][i, n], t["matrices"][i, n].view(h, h)
        for s, (l, r) in enumerate(made):
            (a, b), (A, B) = (vectors[l, n], vectors[r, n]), (matrices[l, n], matrices[r, n])
            node = LENGTHS[n] + s
            vectors[node, n] = torch.tanh(t["vector.weight"] @ torch.cat([B @ a, A @ b]) + t["vector.bias"])
            matrices[node, n] = t["matrix.weight"] @ torch.cat([A, B])
    v, m = everywhere(vectors, (h,)) * t["R"], everywhere(matrices, (h * h,)) * t["S"]
    return {"weighted_vectors": v, "weighted_matrices": m}, {}, v.sum() + m.sum()


def everywhere(nodes, shape):
    """(2 T - 1, N, *shape) by the engine's numbers, of nodes by (node, sequence)"""
    rows = [torch.zeros(shape, dtype=torch.float64) for _ in range((2 * T - 1) * N)]
    for (node, n), value in nodes.items():
        rows[number(n, node)] = value.reshape(shape)
    return torch.stack(rows).view(2 * T - 1, N, *shape)


def encoded(t):
    """nodes and errors of each tree"""
    nodes, errors = {}, {}
    for n, made in enumerate(TREES):
        sizes = [1] * LENGTHS[n]
        nodes.update({(i, n): t["x"][i, n] for i in range(LENGTHS[n])})
        for s, (l, r) in enumerate(made):
            a, b = nodes[l, n], nodes[r, n]
            p = torch.tanh(t["encoder.weight"] @ torch.cat([a, b]) + t["encoder.bias"])
            y = p / torch.sqrt((p * p).sum() + 1e-12)
            again = t["decoder.weight"] @ y + t["decoder.bias"]
            h = len(a)
            sizes.append(sizes[l] + sizes[r])
            errors[LENGTHS[n] + s, n] = (sizes[l] * ((a - again[:h]) ** 2).sum()
                                         + sizes[r] * ((b - again[h:]) ** 2).sum()) / sizes[-1]
            nodes[LENGTHS[n] + s, n] = y
    return nodes, errors


def autoencoder(t):
    nodes, errors = encoded(t)
    weighted, lost = everywhere(nodes, (H,)) * t["R"], everywhere(errors, ())[T:]
    return {"weighted": weighted, "errors": lost}, {}, weighted.sum() + (lost * t["S"]).sum()


def unfolding(t):
    nodes, _ = encoded(t)
    lost = {}

    def unfold(n, node, decoded):
        if node < LENGTHS[n]:
            lost[node, n] = lost.get((node, n), 0) + ((decoded - t["x"][node, n]) ** 2).sum()
            return
        both = torch.tanh(t["decoder.weight"] @ decoded + t["decoder.bias"]).chunk(2)
        for child, made in zip(TREES[n][node - LENGTHS[n]], both):
            unfold(n, child, made)

    for n, length in enumerate(LENGTHS):
        for node in range(length, 2 * length - 1):
            unfold(n, node, nodes[node, n])
    result = everywhere(lost, ())[:T]
    return {"unfolded": result}, {}, (result * t["R"]).sum()


def spans(length, made):
    below = [{i} for i in range(length)]
    for l, r in made:
        below.append(below[l] | below[r])
    return below


def merges_of(tree):
    """canonical: where each pair begins, when trees of nested pairs are built from left to right"""
    made, waiting = [], 0

    def build(node):
        nonlocal waiting
        if isinstance(node, tuple):
            build(node[0])
            build(node[1])
            waiting -= 1
            made.append(waiting - 1)
        else:
            waiting += 1

    build(tree)
    return made


def parser(t, beam):
    """the loss of the best trees that a beam search finds, which counts the margin in; greedy with a beam of 1"""
    def leaf(n, i):
        return torch.tanh(t["trees.weight_ih"] @ t["x"][n * T + i] + t["trees.bias"])

    def parent(a, b):
        u_l, u_r = t["trees.weight_hh"]
        return torch.tanh(u_l @ a + u_r @ b + t["trees.bias"])

    def below(tree):
        return below(tree[0]) | below(tree[1]) if isinstance(tree, tuple) else {tree}

    found, parents = np.full((beam, T - 1, N), -1), np.full(2 * N * (2 * T - 1), -2)
    scores, penalties = np.zeros((beam, N)), np.zeros((beam, N))
    positions = np.zeros_like(parents)
    wanted_scores, found_scores = [], []
    for n, length in enumerate(LENGTHS):
        wanted = spans(length, TREES[n])

        def state(tree):
            return parent(state(tree[0]), state(tree[1])) if isinstance(tree, tuple) else leaf(n, tree)

        def score(tree):
            return (score(tree[0]) + score(tree[1]) + t["score.weight"][0] @ state(tree) if isinstance(tree, tuple)
                    else torch.zeros((), dtype=torch.float64))

        def penalty(tree):
            return (penalty(tree[0]) + penalty(tree[1]) + KAPPA * (below(tree) not in wanted)
                    if isinstance(tree, tuple) else 0)

        def total(forest):
            return sum(score(tree).item() + penalty(tree) for tree in forest)

        forests = [tuple(range(length))]  # each the trees that are left, from left to right
        for _ in range(length - 1):
            after = {forest[:i] + (forest[i:i + 2],) + forest[i + 2:] for forest in forests for i in range(len(forest) - 1)}
            forests = sorted(after, key=total, reverse=True)[:beam]
        for b, (tree,) in enumerate(forests):
            found[b, :length - 1, n] = merges_of(tree)
            scores[b, n], penalties[b, n] = score(tree).item(), penalty(tree)
        found_scores.append(score(forests[0][0]))
        nodes, right = [leaf(n, i) for i in range(length)], 0
        for l, r in TREES[n]:
            nodes.append(parent(nodes[l], nodes[r]))
            right = right + t["score.weight"][0] @ nodes[-1]
        wanted_scores.append(right)
        for tree, made in ((n, TREES[n]), (N + n, pairs(length, found[0, :length - 1, n]))):
            place = lambda node: tree * T + node if node < length else 2 * N * T + tree * (T - 1) + node - length
            parents[place(2 * length - 2)] = -1
            for s, children in enumerate(made):
                for side, child in enumerate(children):
                    parents[place(child)] = place(length + s)
                    positions[place(child)] = side
    margins = penalties[0]
    loss = sum(F.relu(torch.as_tensor(f + m - w)) for f, m, w in zip(found_scores, margins, wanted_scores)) / N
    assert sum(margins) > 0
    if beam > 1:  # something else than what is found greedily, and better
        greedy, _, _ = parser(t, 1)
        assert (scores[0] + margins > greedy["scores"][0].numpy() + greedy["penalties"][0].numpy() + 0.01).any()
    return ({"scores": torch.tensor(scores), "penalties": torch.tensor(penalties), "margins": torch.tensor(margins)},
            {"found": found, "parents": parents, "positions": positions,
             "wanted": np.array([[*merges, *[-1] * (T - 1 - len(merges))] for merges in MERGES]).T}, loss)


def cases():
    """name, inputs and parameters, factors (shape or mask times random numbers), integers, what is computed"""
    x = {"x": (T, N, I)}
    leaf = {"leaf.weight": (2 * H, I), "leaf.bias": (2 * H,)}
    cell = {"cell.weight_left": (5 * H, H), "cell.weight_right": (5 * H, H), "cell.bias": (5 * H,)}
    ends = {"R": np.ones((N, H)), "S": np.ones((N, H))}
    lengths = {"lengths": np.array(LENGTHS)}
    for name, temperature in (("gumbel", 1), ("gumbel_half", 0.5)):
        yield name, x | leaf | cell | {"query": (H,)}, ends, lengths, lambda t, c=temperature: gumbel(t, c)
    tracking = {"tracking.weight_ih": (4 * K, 3 * H), "tracking.weight_hh": (4 * K, K), "tracking.bias_ih": (4 * K,),
                "tracking.bias_hh": (4 * K,), "transition.weight": (2, K), "transition.bias": (2,),
                "cell.weight_ih": (5 * H, K)}
    seen = ends | {"Q": np.repeat(taken()[:, :, None], 2, 2)}
    given = transitions()
    yield "spinn_given", x | leaf | cell | tracking, seen, lengths, lambda t: spinn(t, given)
    yield "spinn_predicted", x | leaf | cell | tracking, seen, lengths, lambda t: spinn(t, None)
    h = 5
    mask = exists()[:, :, None]
    yield ("matrix_vector", {"x": (T, N, h), "matrices": (T, N, h * h), "vector.weight": (h, 2 * h),
                             "vector.bias": (h,), "matrix.weight": (h, 2 * h)},
           {"R": mask * np.ones(h), "S": mask * np.ones(h * h)}, steps(), matrix_vector)
    coder = {"x": (T, N, H), "encoder.weight": (H, 2 * H), "encoder.bias": (H,), "decoder.weight": (2 * H, H),
             "decoder.bias": (2 * H,)}
    yield "autoencoder", coder, {"R": mask * np.ones(H), "S": exists()[T:]}, steps(), autoencoder
    yield "unfolding_autoencoder", coder, {"R": exists()[:T]}, steps(), unfolding
    scorer = {"x": (N * T, I), "trees.weight_ih": (H, I), "trees.bias": (H,), "trees.weight_hh": (2, H, H),
              "score.weight": (1, H)}
    yield "parser", scorer, {}, lengths, lambda t: parser(t, 1)
    yield "parser_beam", scorer, {}, lengths, lambda t: parser(t, 4)


def generate(out):
    for at, (name, shapes, factors, integers, compute) in enumerate(cases()):
        random = np.random.default_rng(3000 + at)
        draw = lambda shape: random.normal(0.1, 0.6, shape).astype(np.float32)
        given = {k: draw(s) for k, s in shapes.items()}
        fixed = {k: draw(mask.shape) * mask.astype(np.float32) for k, mask in factors.items()}
        t = {k: torch.tensor(v, dtype=torch.float64, requires_grad=True) for k, v in given.items()}
        results, found, loss = compute(t | {k: torch.tensor(v, dtype=torch.float64) for k, v in fixed.items()})
        loss.backward()
        results |= {"loss": loss.reshape(1)}
        results |= {"grad." + k: v.grad if v.grad is not None else torch.zeros_like(v) for k, v in t.items()}
        write(out / "structure" / (name + ".safetensors"), {"compute": "structure"},
              given | fixed | {k: v.astype(np.int64) for k, v in (integers | found).items()}
              | {k: v.detach().numpy().astype(np.float32) for k, v in results.items()})


if __name__ == "__main__":
    torch.set_num_threads(1)
    generate(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
