"""Makes the .keras files of the tests, and what Keras computes with them.

    pip install keras==3.15.1 torch==2.13.0 safetensors && KERAS_BACKEND=torch python generate.py

Each NAME.keras comes with NAME_0.safetensors and NAME_1.safetensors: inputs and outputs by their names. Members of the
archives are compressed, but for one: Keras stores them as they are.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import re
import zipfile

import keras
import numpy as np
import torch
from keras import layers as L
from safetensors.torch import save_file

RANDOM = np.random.default_rng(11)
SEQUENCES = dict(return_sequences=True)
STATES = dict(return_state=True)
BACKWARDS = dict(go_backwards=True)


def recurrent(x):
    """One layer of each kind."""
    all = {
        "simple": L.SimpleRNN(4, **SEQUENCES)(x),
        "simple_last": L.SimpleRNN(5, activation="relu", use_bias=False)(x),
        "simple_back": L.SimpleRNN(3, activation="sigmoid", **SEQUENCES, **BACKWARDS)(x),
        "simple_linear": L.SimpleRNN(3, activation=None, **SEQUENCES, zero_output_for_mask=True)(x),
        "lstm_plain": L.LSTM(4, dropout=0.2, recurrent_dropout=0.1)(x),
        "lstm_hard": L.LSTM(3, activation="relu6", recurrent_activation="hard_sigmoid", **SEQUENCES)(x),
        "lstm_back": L.LSTM(5, use_bias=False, **SEQUENCES, **BACKWARDS)(x),
        "lstm_back_last": L.LSTM(3, zero_output_for_mask=True, **BACKWARDS)(x),
        "gru_plain": L.GRU(4, **SEQUENCES)(x),
        "gru_before": L.GRU(5, reset_after=False)(x),
        "gru_before_back": L.GRU(3, reset_after=False, use_bias=False, **SEQUENCES, **BACKWARDS)(x),
        "gru_bare": L.GRU(4, use_bias=False, zero_output_for_mask=True)(x),
        "gru_soft": L.GRU(3, activation="softsign", recurrent_activation="softplus", **SEQUENCES, **BACKWARDS)(x),
        "gru_soft_before": L.GRU(3, reset_after=False, activation="gelu", recurrent_activation="tanh")(x),
    }
    for name, layer in {
        "simple_states": L.SimpleRNN(3, **STATES, **BACKWARDS),
        "lstm_states": L.LSTM(4, **STATES, **SEQUENCES),
        "lstm_states_back": L.LSTM(4, **STATES, **BACKWARDS),
        "lstm_states_hard": L.LSTM(3, activation="elu", **STATES, **BACKWARDS),
        "gru_states": L.GRU(4, zero_output_for_mask=True, **STATES, **SEQUENCES, **BACKWARDS),
    }.items():
        for i, output in enumerate(layer(x)):
            all[f"{name}_{i}"] = output
    return all


def bidirectional(x):
    """Two directions, joined in each way."""
    all = {}
    for mode in ["concat", "sum", "mul", "ave", None]:
        for name, layer in {
            "lstm": L.LSTM(4, **SEQUENCES),
            "gru": L.GRU(3),
            "simple": L.SimpleRNN(3, activation="elu", **SEQUENCES, **STATES),
            "other": L.LSTM(3),
        }.items():
            back = L.GRU(3, reset_after=False, **BACKWARDS) if name == "other" else None
            outputs = L.Bidirectional(layer, merge_mode=mode, backward_layer=back)(x)
            for i, output in enumerate(outputs if isinstance(outputs, (list, tuple)) else [outputs]):
                all[f"{name}_{mode}_{i}"] = output
    back = L.LSTM(6, activation="softsign", **SEQUENCES, **BACKWARDS)
    all["unequal"] = L.Bidirectional(L.LSTM(4, **SEQUENCES), backward_layer=back)(x)
    back = L.GRU(4, **SEQUENCES)
    all["turned"] = L.Bidirectional(L.GRU(4, **SEQUENCES, **BACKWARDS), backward_layer=back)(x)
    return all


def model(inputs, outputs, name):
    return keras.Model(inputs, outputs, name=name)


def plain():
    x = keras.Input((None, 3), name="x")
    return model(x, recurrent(x), "plain")


def masked():
    x = keras.Input((None, 3), name="x")
    return model(x, recurrent(L.Masking(0.5)(x)), "masked")


def directions():
    x = keras.Input((None, 3), name="x")
    return model(x, bidirectional(x), "directions")


def masked_directions():
    ids = keras.Input((None,), name="ids", dtype="int32")
    return model(ids, bidirectional(L.Embedding(6, 3, mask_zero=True)(ids)), "masked_directions")


def activations():
    x = keras.Input((None, 3), name="x")
    names = ["linear", "relu", "tanh", "sigmoid", "elu", "gelu", "exponential", "celu", "selu", "silu", "softsign",
             "softplus", "mish", "relu6", "hard_tanh", "hard_sigmoid", "hard_silu", "leaky_relu"]
    outputs = {}
    for name in names:
        outputs[f"cell_{name}"] = L.SimpleRNN(3, activation=name, **SEQUENCES)(x)
        outputs[f"layer_{name}"] = L.Activation(name)(x)
        outputs[f"dense_{name}"] = L.Dense(2, activation=name)(x)
    for name in ["softmax", "log_softmax"]:
        outputs[f"dense_{name}"] = L.Dense(4, activation=name, use_bias=False)(x)
    outputs["relu_layer"] = L.ReLU(max_value=0.8, negative_slope=0.1, threshold=0.2)(x)
    outputs["relu_plain"] = L.ReLU()(x)
    outputs["leaky_layer"] = L.LeakyReLU(0.3)(x)
    outputs["elu_layer"] = L.ELU(0.7)(x)
    outputs["softmax_layer"] = L.Softmax()(x)
    outputs["softmax_steps"] = L.Softmax(axis=1)(x)
    return model(x, outputs, "activations")


def shapes():
    """All that goes around recurrent layers, with and without masks."""
    x = keras.Input((None, 4), name="x")
    y = keras.Input((None, 4), name="y")
    v = keras.Input((4,), name="v")
    image = keras.Input((3, 4), name="image")
    frames = keras.Input((None, 5, 2), name="frames")
    a, b = L.Masking(0.5)(x), L.Masking(-0.5)(y)
    outputs = {
        "add": L.Add()([x, y, a]),
        "subtract": L.Subtract()([x, y]),
        "multiply": L.Multiply()([x, v]),
        "average": L.Average()([x, y, b]),
        "maximum": L.Maximum()([x, y]),
        "minimum": L.Minimum()([x, y]),
        "concat": L.Concatenate()([x, y]),
        "mean": L.GlobalAveragePooling1D()(x),
        "mean_kept": L.GlobalAveragePooling1D(keepdims=True)(a),
        "mean_both": L.GlobalAveragePooling1D()(L.Add()([a, b])),
        "mean_concat": L.GlobalAveragePooling1D()(L.Concatenate()([a, b])),
        "mean_steps": L.GlobalAveragePooling1D()(L.Concatenate(axis=1)([a, y, b])),
        "mean_half": L.GlobalAveragePooling1D()(L.Concatenate()([a, y])),
        "mean_dense": L.GlobalAveragePooling1D()(L.LayerNormalization()(L.Dropout(0.5)(L.Dense(3)(a)))),
        "mean_lost": L.GlobalAveragePooling1D()(L.RepeatVector(3)(L.LSTM(3)(a))),
        "largest": L.GlobalMaxPooling1D()(a),
        "largest_kept": L.GlobalMaxPooling1D(keepdims=True)(x),
        "norm": L.LayerNormalization(epsilon=0.01)(x),
        "norm_scaled": L.LayerNormalization(axis=2, center=False)(y),
        "norm_moved": L.LayerNormalization(scale=False)(v),
        "flat": L.Flatten()(image),
        "reshaped": L.Reshape((2, -1))(image),
        "permuted": L.Permute((2, 1))(image),
        "repeated": L.RepeatVector(3)(v),
        "noisy": L.GaussianNoise(0.1)(L.SpatialDropout1D(0.2)(x)),
        "timed": L.TimeDistributed(L.Dense(3, activation="tanh"))(a),
        "timed_lstm": L.TimeDistributed(L.LSTM(3))(frames),
        "timed_masked": L.TimeDistributed(L.GRU(3))(L.Masking(0.5)(frames)),
        "timed_flat": L.GRU(3)(L.TimeDistributed(L.Flatten())(frames)),
        "timed_both": L.TimeDistributed(L.Bidirectional(L.SimpleRNN(2, **SEQUENCES)))(frames),
    }
    return model([x, y, v, image, frames], outputs, "shapes")


def tagger():
    network = keras.Sequential([
        keras.Input((None,), name="ids", dtype="int32"),
        L.Embedding(20, 6, mask_zero=True),
        L.Dropout(0.1),
        L.Bidirectional(L.LSTM(5, dropout=0.1, **SEQUENCES)),
        L.GRU(6, **SEQUENCES),
        L.LayerNormalization(),
        L.TimeDistributed(L.Dense(4, activation="softmax")),
    ], name="tagger")
    network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    ids = RANDOM.integers(1, 20, (4, 6))
    network.fit(ids, ids % 4, epochs=1, verbose=0)
    return network


def translator():
    """An encoder whose states a decoder begins with, twice over shared layers; a mask as an input, and nested models."""
    source = keras.Input((None,), name="source", dtype="int64")
    target = keras.Input((None, 3), name="target")
    mask = keras.Input((None,), name="mask", dtype="bool")
    words = L.Embedding(9, 5, mask_zero=True)(source)
    _, h, c = L.LSTM(4, return_state=True, name="encoder")(words)
    bridge = keras.Sequential([keras.Input((4,)), L.Dense(4, activation="tanh"), L.Dense(4)], name="bridge")
    decoder = L.LSTM(4, return_sequences=True, return_state=True, name="decoder")
    first, h1, c1 = decoder(target, initial_state=[bridge(h), bridge(c)])
    second, h2, c2 = decoder(target, initial_state=[h1, c1], mask=mask)
    inner_x = keras.Input((None, 4))
    inner = keras.Model(inner_x, [L.GRU(3, **SEQUENCES)(inner_x), L.GlobalMaxPooling1D()(inner_x)], name="inner")
    steps, top = inner(L.Masking(0.25)(second))
    both = L.Bidirectional(L.GRU(4, **STATES), merge_mode="sum")(target, initial_state=[h2, h1])
    return model([source, target, mask], [first, second, h2, c2, steps, top, *both, L.GlobalAveragePooling1D()(steps)],
                 "translator")


def stateful():
    return keras.Sequential([
        keras.Input(batch_shape=(2, None, 3), name="x"),
        L.LSTM(4, stateful=True, **SEQUENCES),
        L.Bidirectional(L.GRU(3, stateful=True, **SEQUENCES)),
        L.SimpleRNN(4, activation="softsign", stateful=True, **SEQUENCES),
        L.GRU(3, **SEQUENCES),
        L.Dense(2),
    ], name="stateful")


def value(input, n, t):
    """An array for an input: some steps are masked, with padding behind, before, and in between."""
    shape = [n, t, *input.shape[2:]] if input.shape[1] is None else [n, *input.shape[1:]]
    name = input.name
    if name in ("mask", "source", "ids"):
        ids = RANDOM.integers(0, 2 if name == "mask" else 6, shape)
        ids[0, : t // 2] = 0
        ids[-1, t // 2 :] = 0
        return ids.astype("bool" if name == "mask" else "int64")
    values = RANDOM.normal(size=shape).astype("float32")
    if name in ("x", "y", "frames"):
        steps = RANDOM.random(shape[:-1]) < 0.4
        steps[0] = True  # no step of the first sample counts
        if n > 2:
            steps[1] = False
        if name != "y":
            values[steps] = 0.5
        elif n > 2:
            values[steps & RANDOM.integers(0, 2, steps.shape).astype(bool)] = -0.5
    return values


def names(network):
    """The outputs' names as Rondo has them."""
    if isinstance(network, keras.Sequential):
        return [network.layers[-1].name]
    outputs = network.output if isinstance(network.output, (list, tuple)) else [network.output]
    found = []
    for output in outputs:
        layer, name, i = output._keras_history[0].name, None, 0
        while name is None or name in found:
            name = layer if i == 0 else f"{layer}_{i}"
            i += 1
        found.append(name)
    return found


def compressed(file):
    with zipfile.ZipFile(file) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)


def main():
    keras.utils.set_random_seed(7)
    for make in [plain, masked, directions, masked_directions, activations, shapes, tagger, translator, stateful]:
        keras.utils.clear_session()
        network = make()
        for variable in network.weights:
            if re.search("kernel|bias|gamma|beta|embeddings", variable.path):
                variable.assign(RANDOM.normal(scale=0.6, size=variable.shape))
        file = f"{network.name}.keras"
        network.save(file)
        network = keras.models.load_model(file)
        if network.name != "tagger":
            compressed(file)
        for k, (n, t) in enumerate([(2, 5), (3, 8)] if network.name != "stateful" else [(2, 3), (2, 1), (2, 4)]):
            inputs = {input.name: value(input, n, t) for input in network.inputs}
            given = {name: torch.tensor(array) for name, array in inputs.items()}
            with torch.no_grad():
                results = network(list(given.values()) if len(given) > 1 else given[network.inputs[0].name],
                                  training=False)
            if not isinstance(results, dict):
                results = list(results) if isinstance(results, (list, tuple)) else [results]
                results = dict(zip(names(network), results, strict=True))
            tensors = {name: tensor.to(torch.uint8) if tensor.dtype == torch.bool else tensor
                       for name, tensor in (given | results).items()}
            save_file({name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()},
                      f"{network.name}_{k}.safetensors")


if __name__ == "__main__":
    main()
