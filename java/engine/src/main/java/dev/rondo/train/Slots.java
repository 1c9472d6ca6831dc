package dev.rondo.train;

import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.Map;

/// The inputs and carried states of an objective, before it is recorded.
final class Slots {
    record Slot(Shape shape, DataType type) {}

    final Map<String, Slot> inputs = new LinkedHashMap<>();
    final Map<String, Shape> states = new LinkedHashMap<>();

    void input(String name, Shape shape, DataType type) {
        requireNew(name);
        inputs.put(name, new Slot(shape, type));
    }

    void state(String name, Shape shape) {
        requireNew(name);
        states.put(name, shape);
    }

    private void requireNew(String name) {
        if (inputs.containsKey(name) || states.containsKey(name)) {
            throw new IllegalArgumentException("there are two inputs or states named " + name);
        }
    }
}
