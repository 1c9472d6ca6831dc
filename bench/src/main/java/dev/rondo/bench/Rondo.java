package dev.rondo.bench;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.StreamingSession;
import dev.rondo.nn.Module;
import dev.rondo.nn.PackedSequence;
import dev.rondo.nn.RNNBase;
import dev.rondo.tensor.Shape;
import java.util.Arrays;
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
        Input x = Input.floats("x", "T", "N", Integer.toString(shape.input()));
        return new Stream(Model.of(shape.module(), x), shape, threads, true);
    }

    private static final class Stream implements Contender {
        private final Model model;
        private final LayerShape shape;
        private final int threads;
        private final boolean isOwner;
        private final StreamingSession session;

        Stream(Model model, LayerShape shape, int threads, boolean isOwner) {
            this.model = model;
            this.shape = shape;
            this.threads = threads;
            this.isOwner = isOwner;
            session = model.stream(threads, shape.sequence());
            session.input().copyFrom(shape.values());
        }

        @Override
        public void run() {
            session.step();
        }

        @Override
        public float[] output() {
            return session.output().toFloatArray();
        }

        @Override
        public Contender another() {
            return new Stream(model, shape, threads, false);
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
