package dev.rondo.keras.file;

import dev.rondo.format.Json;
import dev.rondo.format.JsonField;
import dev.rondo.format.MalformedFileException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// A layer as the file describes it: a class, a name, and attributes. Whoever makes the layer reads those that it knows
/// and then says so ([#requireAllKnown]): one that nobody has read is refused.
public final class LayerConfig {
    // What only training needs, or says where things come from.
    private static final Pattern WITHOUT_EFFECT = Pattern.compile(
            ".*_(initializer|regularizer|constraint)|name|trainable|dtype|seed|dropout|recurrent_dropout|unroll"
                    + "|implementation|use_cudnn|unit_forget_bias|autocast|build_input_shape");
    // Whatever these ask for, Rondo has it not.
    private static final Set<String> REFUSED = Set.of("lora_rank", "lora_alpha", "quantization_config", "rms_scaling");
    private static final Set<String> PRECISIONS = Set.of("float32", "mixed_bfloat16", "mixed_float16");

    private final String file;
    private final JsonField entry;
    private final JsonField config;
    private final String className;
    private final String name;
    private final Set<String> known = new TreeSet<>();

    /// @param entry an object with `module`, `class_name` and `config`
    /// @param file  name of the file, for messages
    public LayerConfig(JsonField entry, String file) {
        this.file = file;
        this.entry = entry;
        this.className = entry.get("class_name").asString();
        this.config = entry.get("config");
        this.name = config.find("name").map(JsonField::asString).orElse(className);
        String module = entry.find("module")
                .filter(field -> !field.isNull())
                .map(JsonField::asString)
                .orElse("keras");
        boolean isOwn = entry.find("registered_name")
                .filter(field -> !field.isNull())
                .map(JsonField::asString)
                .filter(registered -> !registered.equals(className))
                .isPresent();
        if (isOwn || !module.equals("keras") && !module.startsWith("keras.")) {
            throw malformed("is a class of its author's own, which Rondo does not know");
        }
        if (config.find("dtype").isPresent() && !className.equals("InputLayer") && !isFunction()) {
            requirePrecision(config.get("dtype"));
        }
    }

    private void requirePrecision(JsonField type) {
        if (type.isNull()) {
            return;
        }
        boolean isPolicy = !(type.value() instanceof Json.StringValue);
        String precision = isPolicy
                ? type.get("config").find("name").map(JsonField::asString).orElse("")
                : type.asString();
        if (!PRECISIONS.contains(precision)) {
            throw malformed("computes in " + MalformedFileException.quote(precision) + "; Rondo computes in float32");
        }
    }

    /// Name of the file, for messages.
    public String file() {
        return file;
    }

    /// The layer's class.
    public String className() {
        return className;
    }

    /// The layer's name.
    public String name() {
        return name;
    }

    /// Whether it is a function of `keras.ops` rather than a layer.
    public boolean isFunction() {
        return entry.find("module")
                .filter(field -> !field.isNull())
                .map(JsonField::asString)
                .orElse("")
                .contains(".ops.");
    }

    /// The calls of the layer in a graph.
    public List<JsonField> calls() {
        return entry.find("inbound_nodes").map(JsonField::elements).orElse(List.of());
    }

    /// An exception that names the layer.
    ///
    /// @param problem continues a sentence that begins with the layer
    public MalformedFileException malformed(String problem) {
        return new MalformedFileException(
                file, "layer " + MalformedFileException.quote(name) + " (" + className + ") " + problem);
    }

    /// An attribute, if it is there and not null.
    public Optional<JsonField> find(String attribute) {
        known.add(attribute);
        return config.find(attribute).filter(field -> !field.isNull());
    }

    /// An attribute that has to be there.
    public JsonField get(String attribute) {
        known.add(attribute);
        return config.get(attribute);
    }

    /// A size: an integer from 1.
    public int size(String attribute) {
        int size = get(attribute).asInt();
        if (size < 1) {
            throw malformed("has " + attribute + " " + size + ", which is not positive");
        }
        return size;
    }

    /// A truth.
    public boolean flag(String attribute, boolean otherwise) {
        return find(attribute).map(JsonField::asBoolean).orElse(otherwise);
    }

    /// A number.
    public double number(String attribute, double otherwise) {
        return find(attribute).map(JsonField::asDouble).orElse(otherwise);
    }

    /// An integer.
    public int integer(String attribute, int otherwise) {
        return find(attribute).map(JsonField::asInt).orElse(otherwise);
    }

    /// A word.
    public String text(String attribute, String otherwise) {
        return find(attribute).map(JsonField::asString).orElse(otherwise);
    }

    /// A layer inside this one.
    public LayerConfig layer(String attribute) {
        return new LayerConfig(get(attribute), file);
    }

    /// Attributes that this layer does not need.
    public void ignore(String... attributes) {
        known.addAll(List.of(attributes));
    }

    /// The number of dimensions of the input that the layer was built for, or 0 where the file does not tell.
    public int inputRank() {
        return entry.find("build_config")
                .filter(field -> !field.isNull())
                .flatMap(build -> build.find("input_shape"))
                .filter(field -> !field.isNull())
                .map(shape -> shape.elements().size())
                .orElse(0);
    }

    /// @throws MalformedFileException naming an attribute that nobody has read
    public void requireAllKnown() {
        config.members().forEach((attribute, value) -> {
            boolean isOff = value.isNull() || value.value().equals(new Json.BooleanValue(false));
            boolean isKnown = known.contains(attribute)
                    || WITHOUT_EFFECT.matcher(attribute).matches()
                    || REFUSED.contains(attribute) && isOff;
            if (!isKnown) {
                throw malformed(
                        "has the attribute " + MalformedFileException.quote(attribute) + ", which Rondo does not know");
            }
        });
    }
}
