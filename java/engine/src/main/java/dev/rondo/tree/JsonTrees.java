package dev.rondo.tree;

import dev.rondo.format.Json;
import dev.rondo.format.JsonField;
import dev.rondo.format.MalformedFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Trees in JSON, flat, so that no tree is too deep for it: an array of objects, one a tree.
///
/// ```json
/// [{"parents": [-1, 0, 0], "labels": ["S", "NP", null], "tokens": [null, "cats", "sleep"]}]
/// ```
///
/// `parents` has the number of each node's parent within the tree, -1 for the root. `labels` and `tokens` may be
/// missing.
///
/// Threads: any.
public final class JsonTrees {
    private JsonTrees() {}

    /// The trees of a file.
    ///
    /// @throws IOException            if the file cannot be read
    /// @throws MalformedFileException naming the field at fault
    public static Trees read(Path file) throws IOException {
        return of(JsonField.read(file));
    }

    /// The trees of a text.
    ///
    /// @param file name of the file that the text is from, for messages
    /// @throws MalformedFileException naming the field at fault
    public static Trees parse(String text, String file) {
        return of(JsonField.of(Json.parse(text, file), file));
    }

    private static Trees of(JsonField array) {
        return Trees.join(array.elements().stream().map(JsonTrees::tree).toList());
    }

    private static Trees tree(JsonField tree) {
        JsonField field = tree.get("parents");
        int[] parents = field.elements().stream().mapToInt(JsonField::asInt).toArray();
        if (parents.length == 0) {
            throw field.malformed("is empty, but a tree has a root");
        }
        for (String name : tree.members().keySet()) {
            if (!name.equals("parents") && !name.equals("labels") && !name.equals("tokens")) {
                throw tree.get(name).malformed("is none of parents, labels and tokens");
            }
        }
        List<@Nullable String> labels = texts(tree, "labels", parents.length);
        List<@Nullable String> tokens = texts(tree, "tokens", parents.length);
        try {
            return Trees.of(parents, new int[] {0}, labels, tokens);
        } catch (IllegalArgumentException e) {
            throw field.malformed("is no tree: " + e.getMessage());
        }
    }

    private static @Nullable List<@Nullable String> texts(JsonField tree, String name, int nodes) {
        JsonField field = tree.find(name).orElse(null);
        if (field == null) {
            return null;
        }
        List<@Nullable String> texts = new ArrayList<>();
        for (JsonField element : field.elements()) {
            texts.add(element.isNull() ? null : element.asString());
        }
        if (texts.size() != nodes) {
            throw field.malformed("has " + texts.size() + " elements for " + nodes + " nodes");
        }
        return texts;
    }

    /// Trees as a JSON value: what [#parse] reads.
    public static Json write(Trees trees) {
        List<Json> array = new ArrayList<>();
        for (int t = 0; t < trees.size(); t++) {
            Trees tree = trees.tree(t);
            List<Json> parents = new ArrayList<>();
            List<Json> labels = new ArrayList<>();
            List<Json> tokens = new ArrayList<>();
            for (int node = 0; node < tree.nodes(); node++) {
                parents.add(new Json.IntegerValue(tree.parent(node)));
                labels.add(text(tree.label(node)));
                tokens.add(text(tree.token(node)));
            }
            Map<String, Json> members = new LinkedHashMap<>();
            members.put("parents", new Json.ArrayValue(parents));
            members.put("labels", new Json.ArrayValue(labels));
            members.put("tokens", new Json.ArrayValue(tokens));
            array.add(new Json.ObjectValue(members));
        }
        return new Json.ArrayValue(array);
    }

    private static Json text(@Nullable String text) {
        return text == null ? new Json.NullValue() : new Json.StringValue(text);
    }
}
