package dev.rondo.onnx.graph;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.rondo.format.MalformedFileException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads `.onnx` files. Field numbers are those of onnx.proto.
///
/// A message may be at most 2 GiB long, which is the format's own limit; larger models have their tensors in files
/// beside it. Depth and number of fields are bounded, and tensors are allocated only after the file is known to hold
/// their elements.
public final class DocumentReader {
    private static final long LARGEST = Integer.MAX_VALUE - 8L;

    private final String file;
    private final ExternalData external;

    private DocumentReader(Path file) {
        this.file = file.toString();
        this.external = new ExternalData(file);
    }

    /// Reads a file.
    ///
    /// @throws IOException            if it cannot be read
    /// @throws MalformedFileException if its content is at fault
    public static Document read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            Files.size(file); // says what is wrong where there is nothing
            throw new FileSystemException(file.toString(), null, "is not a regular file");
        }
        if (Files.size(file) > LARGEST) {
            throw new MalformedFileException(
                    file.toString(), "is longer than the 2 GiB of a protocol buffer's message");
        }
        return new DocumentReader(file).parse(Files.readAllBytes(file));
    }

    private Document parse(byte[] bytes) throws IOException {
        Wire wire = new Wire(bytes);
        List<Graph> graphs = new ArrayList<>();
        Map<String, Long> opsets = new LinkedHashMap<>();
        Map<String, String> metadata = new LinkedHashMap<>();
        String[] producer = {"", ""};
        try {
            wire.fields(number -> {
                switch (number) {
                    case 2, 3 -> producer[number - 2] = wire.text();
                    case 7 -> graphs.add(graph(wire));
                    case 8 -> opset(wire, opsets);
                    case 14 -> TensorMessage.readEntry(wire, metadata);
                    default -> {}
                }
            });
        } catch (InvalidProtocolBufferException e) {
            throw new MalformedFileException(file, "is no sound ONNX file: " + e.getMessage(), e);
        }
        if (graphs.size() != 1 || opsets.isEmpty()) {
            throw new MalformedFileException(
                    file, "is no ONNX model: it has " + (graphs.size() == 1 ? "no operator set" : "no graph"));
        }
        return new Document(graphs.getFirst(), opsets, (producer[0] + " " + producer[1]).strip(), metadata);
    }

    private static void opset(Wire wire, Map<String, Long> into) throws IOException {
        String[] domain = {""};
        long[] version = {0};
        wire.message(number -> {
            switch (number) {
                case 1 -> domain[0] = wire.text();
                case 2 -> version[0] = wire.integer();
                default -> {}
            }
        });
        into.put(normal(domain[0]), version[0]);
    }

    private static String normal(String domain) {
        return domain.equals("ai.onnx") ? "" : domain;
    }

    private Graph graph(Wire wire) throws IOException {
        List<Node> nodes = new ArrayList<>();
        Map<String, Constant> constants = new LinkedHashMap<>();
        List<Graph.Slot> inputs = new ArrayList<>();
        List<Graph.Slot> outputs = new ArrayList<>();
        String[] name = {""};
        wire.message(number -> {
            switch (number) {
                case 1 -> nodes.add(node(wire));
                case 2 -> name[0] = wire.text();
                case 5 -> {
                    TensorMessage tensor = new TensorMessage(file, external);
                    tensor.read(wire);
                    if (constants.put(tensor.name(), tensor.decode()) != null) {
                        throw new MalformedFileException(
                                file, "has two tensors named " + MalformedFileException.quote(tensor.name()));
                    }
                }
                case 11 -> inputs.add(slot(wire));
                case 12 -> outputs.add(slot(wire));
                case 15 -> throw new MalformedFileException(file, "has sparse tensors, which Rondo does not read");
                default -> {}
            }
        });
        inputs.removeIf(input -> constants.containsKey(input.name())); // which IR 3 lists among the inputs
        return new Graph(name[0], List.copyOf(nodes), constants, List.copyOf(inputs), List.copyOf(outputs));
    }

    private Node node(Wire wire) throws IOException {
        List<String> inputs = new ArrayList<>();
        List<String> outputs = new ArrayList<>();
        Map<String, Attribute> attributes = new LinkedHashMap<>();
        String[] texts = {"", "", ""}; // name, domain, operator
        wire.message(number -> {
            switch (number) {
                case 1 -> inputs.add(wire.text());
                case 2 -> outputs.add(wire.text());
                case 3 -> texts[0] = wire.text();
                case 4 -> texts[2] = wire.text();
                case 5 -> attribute(wire, attributes);
                case 7 -> texts[1] = normal(wire.text());
                default -> {}
            }
        });
        return new Node(texts[0], texts[1], texts[2], List.copyOf(inputs), List.copyOf(outputs), attributes);
    }

    private void attribute(Wire wire, Map<String, Attribute> into) throws IOException {
        AttributeMessage message = new AttributeMessage();
        wire.message(number -> message.read(number, wire));
        into.put(message.name, message.value());
    }

    /// An attribute's fields. Older files do not say its type, so that the field that is there decides.
    private final class AttributeMessage {
        private static final int INTS = 7;
        private static final int FLOATS = 6;
        private static final int STRINGS = 8;

        private String name = "";
        private Attribute single = new Attribute.Other();
        private final List<Float> floats = new ArrayList<>();
        private final LongList integers = new LongList();
        private final List<String> texts = new ArrayList<>();
        private long type;

        void read(int number, Wire wire) throws IOException {
            switch (number) {
                case 1 -> name = wire.text();
                case 2 -> single = new Attribute.FloatValue(wire.real());
                case 3 -> single = new Attribute.IntValue(wire.integer());
                case 4 -> single = new Attribute.TextValue(text(wire));
                case 5 -> {
                    TensorMessage tensor = new TensorMessage(file, external);
                    tensor.read(wire);
                    single = new Attribute.TensorValue(tensor.decode());
                }
                case 6 -> single = new Attribute.GraphValue(graph(wire));
                case 7 -> wire.reals(floats);
                case 8 -> wire.integers(integers);
                case 9 -> texts.add(text(wire));
                case 20 -> type = wire.integer();
                default -> {}
            }
        }

        private static String text(Wire wire) throws IOException {
            return StandardCharsets.UTF_8.decode(wire.bytes()).toString();
        }

        Attribute value() {
            if (type == INTS || integers.size() > 0) {
                List<Long> values = new ArrayList<>(integers.size());
                for (int i = 0; i < integers.size(); i++) {
                    values.add(integers.get(i));
                }
                return new Attribute.IntValues(values);
            }
            if (type == FLOATS || !floats.isEmpty()) {
                return new Attribute.FloatValues(floats);
            }
            if (type == STRINGS || !texts.isEmpty()) {
                return new Attribute.TextValues(texts);
            }
            return single instanceof Attribute.Other && type >= 1 && type <= 3 ? zero() : single;
        }

        /// Fields that are zero may be left out.
        private Attribute zero() {
            return switch ((int) type) {
                case 1 -> new Attribute.FloatValue(0);
                case 2 -> new Attribute.IntValue(0);
                default -> new Attribute.TextValue("");
            };
        }
    }

    private static Graph.Slot slot(Wire wire) throws IOException {
        String[] name = {""};
        long[] type = {0};
        List<List<String>> shapes = new ArrayList<>();
        wire.message(number -> {
            switch (number) {
                case 1 -> name[0] = wire.text();
                case 2 ->
                    wire.message(kind -> {
                        if (kind == 1) { // a tensor's
                            wire.message(field -> {
                                switch (field) {
                                    case 1 -> type[0] = wire.integer();
                                    case 2 -> shapes.add(dimensions(wire));
                                    default -> {}
                                }
                            });
                        }
                    });
                default -> {}
            }
        });
        return new Graph.Slot(name[0], ElementType.of(type[0]), shapes.isEmpty() ? null : shapes.getFirst());
    }

    private static List<String> dimensions(Wire wire) throws IOException {
        List<String> dimensions = new ArrayList<>();
        wire.message(number -> {
            if (number == 1) {
                String[] dimension = {""};
                wire.message(field -> {
                    switch (field) {
                        case 1 -> dimension[0] = Long.toString(wire.integer());
                        case 2 -> dimension[0] = wire.text();
                        default -> {}
                    }
                });
                dimensions.add(dimension[0]);
            }
        });
        return dimensions;
    }
}
