package dev.rondo.nn;

import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.Collections;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;

/// The distribution that a parameter's first values come from.
///
/// {@snippet :
/// network.initialize(42, name -> switch (name) {
///     case "lstm.weight_hh_l0" -> Initializer.blocks(4, Initializer.orthogonal());
///     case "lstm.bias_ih_l0" -> Initializer.forgetGate(1);
///     case "lstm.bias_hh_l0" -> Initializer.constant(0);
///     default -> null; // the layer's own
/// });
/// }
///
/// Source: PyTorch's `torch.nn.init`.
@FunctionalInterface
public interface Initializer {
    /// Fills a tensor of F32.
    ///
    /// @throws IllegalArgumentException if the distribution has nothing to say about this shape
    void fill(Tensor tensor, RandomGenerator random);

    private static Initializer each(ToDoubleFunction<RandomGenerator> next) {
        return (tensor, random) -> {
            for (long i = 0; i < tensor.shape().elements(); i++) {
                tensor.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) next.applyAsDouble(random));
            }
        };
    }

    /// Uniform between `-bound` and `bound`.
    static Initializer uniform(double bound) {
        return uniform(-bound, bound);
    }

    /// Uniform between two values.
    static Initializer uniform(double low, double high) {
        return each(random -> low + (high - low) * random.nextDouble());
    }

    /// Normal with mean 0 and variance 1.
    static Initializer normal() {
        return normal(1);
    }

    /// Normal with mean 0 and this standard deviation.
    static Initializer normal(double std) {
        return each(random -> std * random.nextGaussian());
    }

    /// Always the same value.
    static Initializer constant(double value) {
        return each(_ -> value);
    }

    /// Uniform with the variance `2 / (fan in + fan out)` of a weight (out, in). Source: Glorot and Bengio
    /// 2010.
    static Initializer xavierUniform() {
        return (tensor, random) -> uniform(Math.sqrt(3) * xavier(tensor)).fill(tensor, random);
    }

    /// Normal with the variance of [#xavierUniform].
    static Initializer xavierNormal() {
        return (tensor, random) -> normal(xavier(tensor)).fill(tensor, random);
    }

    private static double xavier(Tensor tensor) {
        Shape shape = matrix(tensor, "Xavier's");
        return Math.sqrt(2.0 / (shape.size(0) + shape.size(1)));
    }

    /// Uniform with the variance `2 / fan in` of a weight (out, in) before a relu. Source: He et al. 2015,
    /// arXiv 1502.01852.
    static Initializer kaimingUniform() {
        return (tensor, random) -> uniform(Math.sqrt(3) * kaiming(tensor)).fill(tensor, random);
    }

    /// Normal with the variance of [#kaimingUniform].
    static Initializer kaimingNormal() {
        return (tensor, random) -> normal(kaiming(tensor)).fill(tensor, random);
    }

    private static double kaiming(Tensor tensor) {
        return Math.sqrt(2.0 / matrix(tensor, "Kaiming's").size(1));
    }

    /// A random matrix with orthonormal columns, or rows where those are fewer. Source: Saxe, McClelland and
    /// Ganguli 2013, arXiv 1312.6120.
    static Initializer orthogonal() {
        return (tensor, random) -> {
            Shape shape = matrix(tensor, "the orthogonal");
            int rows = Math.toIntExact(shape.size(0));
            int columns = Math.toIntExact(shape.size(1));
            double[][] basis = orthonormal(Math.min(rows, columns), Math.max(rows, columns), random);
            for (int row = 0; row < rows; row++) {
                for (int column = 0; column < columns; column++) {
                    double value = rows < columns ? basis[row][column] : basis[column][row];
                    tensor.data().setAtIndex(ValueLayout.JAVA_FLOAT, (long) row * columns + column, (float) value);
                }
            }
        };
    }

    /// So many orthonormal vectors of this size, all directions alike: by Gram and Schmidt's method, twice for
    /// what rounding leaves of the others.
    private static double[][] orthonormal(int count, int size, RandomGenerator random) {
        double[][] vectors = new double[count][size];
        for (int i = 0; i < count; i++) {
            double[] vector = vectors[i];
            for (int k = 0; k < size; k++) {
                vector[k] = random.nextGaussian();
            }
            for (int pass = 0; pass < 2; pass++) {
                for (int j = 0; j < i; j++) {
                    addScaled(vector, -dot(vector, vectors[j]), vectors[j]);
                }
            }
            addScaled(vector, 1 / Math.sqrt(dot(vector, vector)) - 1, vector);
        }
        return vectors;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int k = 0; k < a.length; k++) {
            sum += a[k] * b[k];
        }
        return sum;
    }

    private static void addScaled(double[] to, double factor, double[] summand) {
        for (int k = 0; k < to.length; k++) {
            to[k] += factor * summand[k];
        }
    }

    private static Shape matrix(Tensor tensor, String whose) {
        if (tensor.shape().rank() != 2) {
            throw new IllegalArgumentException(
                    whose + " initialisation is of matrices, not of shape " + tensor.shape());
        }
        return tensor.shape();
    }

    /// Equal parts of the first dimension, such as the gates of a recurrent weight, each filled by itself.
    static Initializer blocks(int count, Initializer each) {
        return blocks(Collections.nCopies(count, each).toArray(Initializer[]::new));
    }

    /// Equal parts of the first dimension, such as the gates of a recurrent weight, filled one by one.
    static Initializer blocks(Initializer... parts) {
        return (tensor, random) -> {
            Shape shape = tensor.shape();
            if (shape.rank() == 0 || shape.size(0) % parts.length != 0) {
                throw new IllegalArgumentException(
                        "shape " + shape + " has not " + parts.length + " equal parts in its first dimension");
            }
            Shape part = shape.with(0, shape.size(0) / parts.length);
            long bytes = part.elements() * tensor.type().byteSize();
            for (int i = 0; i < parts.length; i++) {
                parts[i].fill(new Tensor(part, tensor.type(), tensor.data().asSlice(i * bytes, bytes)), random);
            }
        };
    }

    /// An LSTM's bias (4*H) with this value for the forget gate and 0 for the others. The gate's bias is the
    /// sum of `bias_ih` and `bias_hh`, so the other one of them wants zeros. Source: Gers, Schmidhuber and
    /// Cummins 2000; Jozefowicz, Zaremba and Sutskever 2015.
    static Initializer forgetGate(double bias) {
        return blocks(constant(0), constant(bias), constant(0), constant(0));
    }
}
