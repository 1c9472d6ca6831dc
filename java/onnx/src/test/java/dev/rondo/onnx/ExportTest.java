package dev.rondo.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.nn.Attention;
import dev.rondo.nn.BatchFirst;
import dev.rondo.nn.Bidirectional;
import dev.rondo.nn.Bridge;
import dev.rondo.nn.ChildSumTreeLSTM;
import dev.rondo.nn.CoupledLSTMCell;
import dev.rondo.nn.Decoder;
import dev.rondo.nn.DeepTransition;
import dev.rondo.nn.DeepTransitionCell;
import dev.rondo.nn.DenseConnection;
import dev.rondo.nn.Dropout;
import dev.rondo.nn.Embedding;
import dev.rondo.nn.Encoder;
import dev.rondo.nn.Functional;
import dev.rondo.nn.GRU;
import dev.rondo.nn.GRUCell;
import dev.rondo.nn.GumbelTreeLSTM;
import dev.rondo.nn.Highway;
import dev.rondo.nn.IndRNN;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.LSTMCell;
import dev.rondo.nn.Lambda;
import dev.rondo.nn.LayerNorm;
import dev.rondo.nn.Linear;
import dev.rondo.nn.LookAhead;
import dev.rondo.nn.LookAheadConvolution;
import dev.rondo.nn.MatrixVectorRNN;
import dev.rondo.nn.MinGRU;
import dev.rondo.nn.MinLSTM;
import dev.rondo.nn.Module;
import dev.rondo.nn.NaryTreeLSTM;
import dev.rondo.nn.PackedSequence;
import dev.rondo.nn.QRNN;
import dev.rondo.nn.RNN;
import dev.rondo.nn.Recurrence;
import dev.rondo.nn.RecursiveAutoencoder;
import dev.rondo.nn.RecursiveParser;
import dev.rondo.nn.Residual;
import dev.rondo.nn.Reversed;
import dev.rondo.nn.SLSTMCell;
import dev.rondo.nn.SPINN;
import dev.rondo.nn.SRU;
import dev.rondo.nn.Seq2Seq;
import dev.rondo.nn.Sequential;
import dev.rondo.nn.TreeGRU;
import dev.rondo.nn.TreeRNN;
import dev.rondo.nn.TreeTensorNetwork;
import dev.rondo.nn.Zoneout;
import dev.rondo.onnx.graph.ElementType;
import dev.rondo.op.MatMul;
import dev.rondo.program.Activation;
import dev.rondo.program.Merge;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Models of layers, written, run in ONNX Runtime, and read again: three times the same outputs.
class ExportTest {
    private static final long SEED = 5;

    @TempDir
    private Path folder;

    /// @param parts the layers that the model is a chain of, if it is one
    private record Net(String name, Model model, List<Module> parts) {
        Net(String name, Model model) {
            this(name, model, List.of());
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static Net chain(String name, Input input, Module... chain) {
        Module module = new Sequential(chain);
        module.initialize(SEED);
        return new Net(
                name,
                Model.of(module, input),
                Stream.concat(Stream.of(module), Stream.of(chain)).toList());
    }

    static List<Net> chains() {
        Input x = Input.floats("x", "T", "N", "6");
        Input batchFirst = Input.floats("x", "N", "T", "6");
        Recurrence sizes = Recurrence.of(6, 5);
        List<Net> nets = new ArrayList<>();
        nets.add(chain("LSTM", x, new LSTM(sizes)));
        nets.add(chain(
                "stacked LSTM",
                batchFirst,
                new LSTM(sizes.layers(3).bidirectional().batchFirst())));
        nets.add(chain("LSTM without bias", x, new LSTM(sizes.withoutBias())));
        nets.add(chain("reversed LSTM", x, new LSTM(sizes.reversed())));
        nets.add(chain("LSTM with peepholes", x, new LSTM(sizes.bidirectional(), true)));
        nets.add(chain(
                "LSTM with a projection", x, new LSTM(sizes.bidirectional().projected(3))));
        nets.add(chain(
                "stacked LSTM with a projection and peepholes",
                batchFirst,
                new LSTM(sizes.layers(2).projected(3).batchFirst(), true)));
        nets.add(chain("summed GRU", x, new GRU(sizes.bidirectional(Merge.SUM))));
        nets.add(chain("layers of two widths", x, new GRU(sizes.layers(List.of(4, 7)))));
        nets.add(chain("GRU of the paper", batchFirst, new GRU(sizes.batchFirst(), GRU.Reset.BEFORE_PRODUCT, false)));
        for (RNN.Nonlinearity nonlinearity : RNN.Nonlinearity.values()) {
            nets.add(chain("RNN " + nonlinearity, x, new RNN(sizes.bidirectional(), nonlinearity)));
        }
        nets.add(chain(
                "tagger",
                Input.ids("ids", "N", "T"),
                new Embedding(20, 6),
                new Dropout(0.5),
                new LSTM(sizes.bidirectional().batchFirst()),
                new LayerNorm(10),
                new Linear(10, 4, true, Activation.GELU),
                new Linear(4, 3, false, null),
                new Lambda(Functional::logSoftmax)));
        nets.add(chain(
                "plain norm", x, new LayerNorm(6, 1e-3f, false, false), new Linear(6, 3, false, Activation.TANH)));
        nets.add(chain("norm without bias", x, new LayerNorm(6, 1e-3f, true, false)));
        nets.add(chain(
                "regularised",
                Input.ids("ids", "T", "N"),
                new Embedding(20, 6, 3, 0.1, SEED),
                new Dropout(0.2, true),
                new LSTM(sizes.layers(2).lockedDropout(0.3).weightDrop(0.2)),
                new GRU(Recurrence.of(5, 4).layers(2).dropout(0.3))));
        for (Activation activation : Activation.values()) {
            nets.add(chain(
                    activation.name(),
                    x,
                    new Lambda(value -> Functional.activation(Functional.sigmoid(value), activation))));
        }
        Embedding shared = new Embedding(20, 6);
        nets.add(chain("tied weights", Input.ids("ids", "T", "N"), shared, new RNN(6, 6), new Linear(shared)));
        return nets;
    }

    static List<Net> functions() {
        List<Net> nets = new ArrayList<>();
        nets.add(chain("last step", Input.floats("x", "T", "N", "6"), new Lambda(x -> {
            return x.slice(0, x.shape().size(0) - 2, x.shape().size(0)).select(0, 1);
        })));
        nets.add(chain(
                "parts",
                Input.floats("x", "N", "T", "6"),
                new Lambda(x -> Functional.concat(
                        List.of(
                                x.slice(1, 1, 3).transpose(0, 1),
                                x.slice(1, 0, 2).transpose(0, 1)),
                        -1))));
        nets.add(chain(
                "reshaped",
                Input.floats("x", "N", "T", "6"),
                new Lambda(x ->
                        x.reshape(x.shape().size(0), x.shape().size(1), 2, 3).permute(0, 2, 1, 3))));
        nets.add(chain(
                "sums",
                Input.floats("x", "N", "T", "6"),
                new Lambda(x -> Functional.add(
                        Functional.sum(x, 1).reshape(x.shape().size(0), 1, 6),
                        Functional.multiply(Functional.sum(x), 0.1)))));
        nets.add(chain(
                "means",
                Input.floats("x", "N", "T", "6"),
                new Lambda(x -> Functional.add(
                        Functional.mean(x, 1), Functional.mean(x, 2).slice(1, 0, 1)))));
        nets.add(chain("arithmetic", Input.floats("x", "N", "6"), new Lambda(x -> {
            Value y = Functional.divide(Functional.subtract(x, Functional.square(x)), Functional.exp(x));
            return Functional.maximum(Functional.minimum(y, x), Functional.multiply(Functional.detach(x), y));
        })));
        nets.add(chain("attention", Input.floats("x", "N", "T", "6"), new Lambda(x -> {
            Value scores = x.recorder().record(new MatMul(x, x.transpose(1, 2))).output();
            return x.recorder()
                    .record(new MatMul(Functional.softmax(scores), x))
                    .output();
        })));
        return nets;
    }

    static List<Net> several() {
        LSTM lstm = new LSTM(Recurrence.of(6, 5).layers(2).bidirectional());
        lstm.initialize(SEED);
        Input x = Input.floats("x", "T", "N", "6");
        Input lengths = Input.ids("lengths", "N");
        List<Net> nets = new ArrayList<>();
        nets.add(new Net(
                "states",
                Model.of(List.of(x, Input.floats("h0", "4", "N", "5"), Input.floats("c0", "4", "N", "5")), in -> {
                    LSTM.Output out = lstm.forward(in.get("x"), in.get("h0"), in.get("c0"));
                    return Map.of("y", out.output(), "hn", out.hN(), "cn", out.cN());
                })));
        for (GRU.Reset reset : GRU.Reset.values()) {
            GRU augru = new GRU(Recurrence.of(6, 5).bidirectional(), reset, true);
            augru.initialize(SEED);
            nets.add(new Net(
                    "attention, " + reset,
                    Model.of(List.of(x, Input.floats("a", "T", "N"), Input.floats("h0", "2", "N", "5")), in -> {
                        GRU.Output out = augru.forward(in.get("x"), in.get("h0"), in.get("a"));
                        return Map.of("y", out.output(), "hn", out.hN());
                    })));
        }
        nets.add(new Net("lengths", Model.of(List.of(x, lengths), in -> {
            LSTM.Output out = lstm.forward(new PackedSequence(in.get("x"), in.get("lengths")));
            Value mask = Functional.sequenceMask(in.get("lengths"), out.output().shape());
            return Map.of("y", out.output(), "hn", out.hN(), "cn", out.cN(), "mask", mask);
        })));
        nets.add(new Net("lengths of a module", Model.of(lstm, x, lengths)));
        nets.add(new Net("indices", Model.of(List.of(x, Input.ids("ids", "K")), in -> {
            return Map.of("y", Functional.indexSelect(in.get("x"), 1, in.get("ids")), "x again", in.get("x"));
        })));
        return nets;
    }

    @ParameterizedTest
    @MethodSource({"chains", "functions", "several"})
    void givesTheSameThreeTimes(Net net) throws IOException {
        Path file = folder.resolve("net.onnx");
        OnnxExport.write(net.model(), net.name(), file);

        for (int[] sizes : new int[][] {{7, 3}, {4, 1}}) {
            Map<String, Tensor> inputs = inputs(net.model(), sizes[0], sizes[1]);
            Map<String, Tensor> own = run(net.model(), inputs);
            Map<String, ElementType> types = new LinkedHashMap<>();
            inputs.forEach((name, tensor) ->
                    types.put(name, tensor.type() == DataType.F32 ? ElementType.FLOAT : ElementType.INT64));
            Map<String, Tensor> foreign = Comparison.onnxRuntime(Files.readAllBytes(file), inputs, types);
            Comparison.assertClose(net + " in ONNX Runtime", own, foreign, 2e-5);
            Comparison.assertClose(net + " read again", own, Comparison.rondo(file, inputs), 1e-6);
        }
        net.model().close();
    }

    private static Map<String, Tensor> inputs(Model model, int steps, int samples) {
        Random random = new Random(SEED);
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        for (Input input : model.inputs()) {
            Shape shape = Shape.of(input.dimensions().stream()
                    .mapToLong(dimension -> switch (dimension) {
                        case "T" -> steps;
                        case "N" -> samples;
                        case "K" -> 5;
                        default -> Long.parseLong(dimension);
                    })
                    .toArray());
            int count = (int) shape.elements();
            if (input.type() == DataType.F32) {
                float[] values = new float[count];
                for (int i = 0; i < count; i++) {
                    values[i] = 2 * random.nextFloat() - 1;
                }
                inputs.put(input.name(), Tensor.of(shape, values));
            } else {
                int most = input.dimensions().contains("K") ? samples : steps; // lengths, ids or samples
                long[] values = random.longs(count, 1, most + 1L).toArray();
                if (input.dimensions().contains("K")) {
                    Arrays.setAll(values, i -> values[i] - 1);
                }
                inputs.put(input.name(), Tensor.of(shape, values));
            }
        }
        return inputs;
    }

    private static Map<String, Tensor> run(Model model, Map<String, Tensor> inputs) {
        try (Session session =
                model.session(inputs.values().stream().map(Tensor::shape).toArray(Shape[]::new))) {
            inputs.forEach((name, tensor) -> session.input(name).copyFrom(tensor));
            session.run();
            Map<String, Tensor> outputs = new LinkedHashMap<>();
            session.outputs()
                    .forEach((name, tensor) -> outputs.put(
                            name,
                            Tensor.allocate(Arena.ofAuto(), tensor.shape(), tensor.type())
                                    .copyFrom(tensor)));
            return outputs;
        }
    }

    // What ArchitecturesExportTest and Seq2SeqExportTest write, or see refused.
    private static final Set<Class<?>> ELSEWHERE = Set.of(
            Attention.class,
            BatchFirst.class,
            Bidirectional.class,
            Bridge.class,
            CoupledLSTMCell.class,
            Decoder.class,
            DeepTransition.class,
            DeepTransitionCell.class,
            DenseConnection.class,
            Encoder.class,
            GRUCell.class,
            Highway.class,
            IndRNN.class,
            LookAhead.class,
            LookAheadConvolution.class,
            LSTMCell.class,
            MinGRU.class,
            MinLSTM.class,
            QRNN.class,
            Residual.class,
            Reversed.class,
            Seq2Seq.class,
            SLSTMCell.class,
            SRU.class,
            Zoneout.class);

    // Trees are data, for which ONNX has no operators: ArchitecturesExportTest sees some refused.
    private static final Set<Class<?>> TREES = Set.of(
            TreeRNN.class,
            NaryTreeLSTM.class,
            ChildSumTreeLSTM.class,
            TreeGRU.class,
            TreeTensorNetwork.class,
            GumbelTreeLSTM.class,
            RecursiveParser.class,
            RecursiveAutoencoder.class,
            MatrixVectorRNN.class,
            MatrixVectorRNN.Words.class,
            SPINN.class);

    /// What the chains leave out would be a layer that nobody has tried to write.
    @Test
    void triesEveryLayer() throws ReflectiveOperationException, IOException, URISyntaxException {
        Set<Class<?>> tried = chains().stream()
                .flatMap(net -> net.parts().stream())
                .map(Object::getClass)
                .collect(Collectors.toCollection(HashSet::new));
        tried.addAll(ELSEWHERE);
        tried.addAll(TREES);
        Set<Class<?>> layers = new HashSet<>();
        for (Class<?> type : classesBeside(Module.class)) {
            if (Module.class.isAssignableFrom(type) && !Modifier.isAbstract(type.getModifiers())) {
                layers.add(type);
            }
        }
        assertTrue(layers.contains(Linear.class), "finds layers: " + layers);
        assertEquals(layers, tried);
    }

    /// The public classes of a class's package, from where it was loaded itself.
    private static List<Class<?>> classesBeside(Class<?> one)
            throws ReflectiveOperationException, IOException, URISyntaxException {
        Path source =
                Path.of(one.getProtectionDomain().getCodeSource().getLocation().toURI());
        String folder = one.getPackageName().replace('.', '/');
        List<Class<?>> classes = new ArrayList<>();
        try (FileSystem jar = Files.isDirectory(source) ? null : FileSystems.newFileSystem(source);
                Stream<Path> files = Files.list(jar == null ? source.resolve(folder) : jar.getPath(folder))) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (name.endsWith(".class") && !name.contains("-")) {
                    Class<?> type = Class.forName(one.getPackageName() + "." + name.replace(".class", ""));
                    if (Modifier.isPublic(type.getModifiers())) {
                        classes.add(type);
                    }
                }
            }
        }
        return classes;
    }

    @Test
    void keepsOpenSizesAndNames() throws IOException {
        Path file = folder.resolve("net.onnx");
        Net net = chain("tagger", Input.ids("ids", "N", "T"), new Embedding(9, 6), new Linear(6, 3));
        OnnxExport.write(net.model(), "tagger", Map.of("classes", "a b c"), file);

        OnnxModel read = OnnxModel.read(file);

        assertEquals("tagger", read.name());
        assertEquals(List.of(Input.ids("ids", "N", "T")), read.inputs());
        assertEquals(List.of("output"), read.outputs());
        assertEquals("a b c", read.metadata().get("classes"));
        assertEquals(Map.of("", 20L), read.opsets());
    }

    @Test
    void refusesWhatOnnxLacks() {
        Path file = folder.resolve("net.onnx");
        Input x = Input.floats("x", "T", "N", "6");
        LSTM lstm = new LSTM(Recurrence.of(6, 5).projected(2));
        Net projected = new Net("projected", Model.of(lstm, x, Input.ids("lengths", "N")));
        Net counted = chain(
                "counted",
                x,
                new Lambda(
                        value -> Functional.multiply(value, 2.0 + value.shape().size(0))));

        assertTrue(assertThrows(IllegalArgumentException.class, () -> OnnxExport.write(projected.model(), "n", file))
                .getMessage()
                .contains("lstm over sequences of unequal lengths"));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> OnnxExport.write(counted.model(), "n", file))
                .getMessage()
                .contains("sizes"));
        assertFalse(Files.exists(file));
    }
}
