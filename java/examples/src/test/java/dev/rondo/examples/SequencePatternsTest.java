package dev.rondo.examples;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.nn.Losses;
import dev.rondo.nn.Module;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.train.Optimizer;
import dev.rondo.train.TrainingStep;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Every pattern learns a task that takes it: which of four symbols a step is, was first, or will be.
class SequencePatternsTest {
    private static final int STEPS = 5;
    private static final int BATCH = 16;
    private static final int CLASSES = 4;

    private final Random random = new Random(4);
    private final long[][] symbols = new long[STEPS][BATCH];
    private final float[] x = new float[STEPS * BATCH * CLASSES]; // one-hot

    private void draw() {
        Arrays.fill(x, 0);
        for (int t = 0; t < STEPS; t++) {
            for (int n = 0; n < BATCH; n++) {
                symbols[t][n] = random.nextInt(CLASSES);
                x[(t * BATCH + n) * CLASSES + (int) symbols[t][n]] = 1;
            }
        }
    }

    private static long[] flat(long[][] rows) {
        return Arrays.stream(rows).flatMapToLong(Arrays::stream).toArray();
    }

    private long[][] backwards() {
        long[][] turned = new long[STEPS][];
        for (int t = 0; t < STEPS; t++) {
            turned[t] = symbols[STEPS - 1 - t];
        }
        return turned;
    }

    private interface Filler {
        void fill(TrainingStep step);
    }

    private void learns(TrainingStep step, Filler filler) {
        try (step) {
            float loss = Float.MAX_VALUE;
            for (int i = 0; i < 400 && loss > 0.2f; i++) {
                draw();
                filler.fill(step);
                loss = step.run();
            }
            assertTrue(loss < 0.2f, "loss " + loss);
        }
    }

    private static TrainingStep.Builder training(Module module, Shape x, Shape y) {
        module.initialize(1);
        return TrainingStep.of(module, Optimizer.adam(2e-2))
                .input("x", x, DataType.F32)
                .input("y", y, DataType.I64)
                .clipNorm(1);
    }

    private static final Shape SEQUENCE = Shape.of(STEPS, BATCH, CLASSES);

    @Test
    void manyToOne() {
        SequencePatterns.ManyToOne network = new SequencePatterns.ManyToOne(CLASSES, 16, CLASSES);
        TrainingStep step = training(network, SEQUENCE, Shape.of(BATCH))
                .record(in -> Losses.crossEntropy(network.forward(in.get("x")), in.get("y")));
        learns(step, one -> {
            one.input("x").copyFrom(x);
            one.input("y").copyFrom(symbols[0]); // the first symbol
        });
    }

    @Test
    void oneToMany() {
        SequencePatterns.OneToMany network = new SequencePatterns.OneToMany(CLASSES, 16, CLASSES, STEPS);
        TrainingStep step = training(network, Shape.of(BATCH, CLASSES), Shape.of(STEPS, BATCH))
                .record(in -> Losses.crossEntropy(network.forward(in.get("x")), in.get("y")));
        learns(step, one -> {
            one.input("x").copyFrom(Arrays.copyOf(x, BATCH * CLASSES));
            long[][] counts = new long[STEPS][BATCH]; // counting from the symbol
            for (int t = 0; t < STEPS; t++) {
                for (int n = 0; n < BATCH; n++) {
                    counts[t][n] = (symbols[0][n] + t) % CLASSES;
                }
            }
            one.input("y").copyFrom(flat(counts));
        });
    }

    @Test
    void aligned() {
        SequencePatterns.Aligned network = new SequencePatterns.Aligned(CLASSES, 16, CLASSES);
        TrainingStep step = training(network, SEQUENCE, Shape.of(STEPS, BATCH))
                .record(in -> Losses.crossEntropy(network.forward(in.get("x")), in.get("y")));
        learns(step, one -> {
            one.input("x").copyFrom(x);
            long[][] next = symbols.clone(); // the symbol behind, the first one behind the last
            for (int t = 0; t < STEPS; t++) {
                next[t] = symbols[(t + 1) % STEPS];
            }
            one.input("y").copyFrom(flat(next));
        });
    }

    @Test
    void unaligned() {
        SequencePatterns.Unaligned network = new SequencePatterns.Unaligned(CLASSES, 32, CLASSES);
        TrainingStep step = training(network, SEQUENCE, Shape.of(STEPS, BATCH))
                .input("before", Shape.of(STEPS, BATCH), DataType.I64)
                .record(in -> Losses.crossEntropy(network.forward(in.get("x"), in.get("before")), in.get("y")));
        learns(step, one -> {
            one.input("x").copyFrom(x);
            long[][] turned = backwards();
            long[][] before = new long[STEPS][];
            before[0] = new long[BATCH];
            System.arraycopy(turned, 0, before, 1, STEPS - 1);
            one.input("y").copyFrom(flat(turned));
            one.input("before").copyFrom(flat(before));
        });
    }
}
