package dev.rondo.bench;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.nn.GRU;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.Module;
import dev.rondo.nn.PackedSequence;
import dev.rondo.nn.RNN;
import dev.rondo.nn.RNNBase;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The engine as an application uses it: one model, a session for each thread.
public final class Rondo implements Library {
    @Override
    public String name() {
        return "rondo";
    }

    @Override
    public int rank() {
        return 0;
    }

    @Override
    public boolean hasLayer(LayerShape shape) {
        return true;
    }

    @Override
    public boolean hasStream(LayerShape shape) {
        return true;
    }

    @Override
    public Contender layer(LayerShape shape, int threads) {
        Module module = shape.module();
        Input x = Input.floats("x", "T", "N", Integer.toString(shape.input()));
        if (!shape.isRagged()) {
            return new Layer(Model.of(module, x), shape, threads, true);
        }
        RNNBase recurrent = (RNNBase) module;
        Model model = Model.of(List.of(x, Input.ids("lengths", "N")), in -> {
            PackedSequence packed = new PackedSequence(in.get("x"), in.get("lengths"));
            return Map.of("output", recurrent.forward(packed).output());
        });
        return new Layer(model, shape, threads, true);
    }

    private static final class Layer implements Contender {
        private final Model model;
        private final LayerShape shape;
        private final int threads;
        private final boolean isOwner;
        private final Session session;

        Layer(Model model, LayerShape shape, int threads, boolean isOwner) {
            this.model = model;
            this.shape = shape;
            this.threads = threads;
            this.isOwner = isOwner;
            if (shape.isRagged()) {
                session = model.session(threads, shape.sequence(), Shape.of(shape.batch()));
                session.input("lengths")
                        .copyFrom(Arrays.stream(shape.lengths()).asLongStream().toArray());
            } else {
                session = model.session(threads, shape.sequence());
            }
            session.input("x").copyFrom(shape.values());
        }

        @Override
        public void run() {
            session.run();
        }

        @Override
        public float[] output() {
            return session.output().toFloatArray();
        }

        @Override
        public Contender another() {
            return new Layer(model, shape, threads, false);
        }

        @Override
        public void close() {
            if (isOwner) {
                model.close();
            } else {
                session.close();
            }
        }
    }

    @Override
    public Contender stream(LayerShape shape, int threads) {
        Module module = shape.module();
        Shape state = Shape.of(1, shape.batch(), shape.hidden());
        String hidden = Integer.toString(shape.hidden());
        Input x = new Input("x", DataType.F32, List.of("1", "N", Integer.toString(shape.input())));
        Input h = Input.floats("h", "1", "N", hidden);
        boolean hasCell = shape.cell().equals("lstm");
        List<Input> inputs = hasCell ? List.of(x, h, Input.floats("c", "1", "N", hidden)) : List.of(x, h);
        Model model = Model.of(inputs, in -> step(module, in));
        Shape[] shapes = hasCell ? new Shape[] {shape.sequence(), state, state} : new Shape[] {shape.sequence(), state};
        return new Stream(model, shapes, shape, threads, true);
    }

    /// One step: the next states by the names of the states that it reads.
    private static Map<String, Value> step(Module module, Map<String, Value> in) {
        Value x = in.get("x");
        Value h = in.get("h");
        Map<String, Value> out = new LinkedHashMap<>();
        switch (module) {
            case LSTM lstm -> {
                RNNBase.Output output = lstm.forward(x, h, in.get("c"));
                out.put("h", output.hN());
                out.put("c", output.cN());
            }
            case GRU gru -> out.put("h", gru.forward(x, h).hN());
            case RNN rnn -> out.put("h", rnn.forward(x, h).hN());
            default -> throw new IllegalArgumentException("not recurrent: " + module);
        }
        return out;
    }

    private static final class Stream implements Contender {
        private final Model model;
        private final Shape[] shapes;
        private final LayerShape shape;
        private final int threads;
        private final boolean isOwner;
        private final Session session;
        private final Tensor[] from; // states that a step has computed, and where the next one reads them
        private final Tensor[] to;

        Stream(Model model, Shape[] shapes, LayerShape shape, int threads, boolean isOwner) {
            this.model = model;
            this.shapes = shapes;
            this.shape = shape;
            this.threads = threads;
            this.isOwner = isOwner;
            session = model.session(threads, shapes);
            session.input("x").copyFrom(shape.values());
            from = session.outputs().values().toArray(Tensor[]::new);
            to = session.outputs().keySet().stream().map(session::input).toArray(Tensor[]::new);
        }

        @Override
        public void run() {
            session.run();
            for (int i = 0; i < from.length; i++) {
                to[i].data().copyFrom(from[i].data());
            }
        }

        @Override
        public float[] output() {
            return session.output("h").toFloatArray();
        }

        @Override
        public Contender another() {
            return new Stream(model, shapes, shape, threads, false);
        }

        @Override
        public void close() {
            if (isOwner) {
                model.close();
            } else {
                session.close();
            }
        }
    }
}
