package dev.rondo.bench;

import java.util.Map;

/// A layer's weights for oneDNN: directions side by side, gates in its order, one bias.
///
/// @param shape   the layer's shape
/// @param weights by PyTorch's names
record OneDnnWeights(LayerShape shape, Map<String, float[]> weights) {
    OneDnnWeights(LayerShape shape) {
        this(shape, shape.weights());
    }

    /// Rows of the bias: a GRU that resets after the product has a fourth, the bias of that product.
    int biases() {
        return shape.cell().equals("gru") ? 4 : shape.gates();
    }

    /// (D, G*H, W), gates i, f, g, o or z, r, n.
    float[] gates(String name) {
        float[] forward = weights.get(name);
        float[] result = new float[shape.directions() * forward.length];
        int block = forward.length / shape.gates();
        for (int direction = 0; direction < shape.directions(); direction++) {
            float[] source = weights.get(name + (direction == 1 ? "_reverse" : ""));
            for (int gate = 0; gate < shape.gates(); gate++) {
                int to = direction * forward.length + gate * block;
                System.arraycopy(source, source(gate) * block, result, to, block);
            }
        }
        return result;
    }

    private int source(int gate) {
        return shape.gates() == 3 && gate < 2 ? 1 - gate : gate; // PyTorch's GRU has r, z, n
    }

    /// (D, biases, H).
    float[] bias() {
        int hidden = shape.hidden();
        int gates = shape.gates();
        float[] input = gates("bias_ih_l0"); // (D, G*H)
        float[] state = gates("bias_hh_l0");
        float[] result = new float[shape.directions() * biases() * hidden];
        for (int direction = 0; direction < shape.directions(); direction++) {
            for (int gate = 0; gate < gates; gate++) {
                int from = (direction * gates + gate) * hidden;
                int to = (direction * biases() + gate) * hidden;
                boolean isApart = biases() > gates && gate == gates - 1;
                for (int j = 0; j < hidden; j++) {
                    result[to + j] = input[from + j] + (isApart ? 0 : state[from + j]);
                    if (isApart) {
                        result[to + hidden + j] = state[from + j];
                    }
                }
            }
        }
        return result;
    }
}
