package dev.rondo.train;

import dev.rondo.format.Safetensors;
import dev.rondo.nn.Module;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/// A copy of a module's parameters as they were at the best validation.
final class BestWeights {
    private final Module module;
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    /// None yet.
    BestWeights(Module module) {
        this.module = module;
    }

    boolean exist() {
        return !tensors.isEmpty();
    }

    /// Copies the parameters as they are now.
    void keep() {
        module.parameters()
                .forEach((name, parameter) -> tensors.computeIfAbsent(
                                name, _ -> Tensor.allocate(Arena.ofAuto(), parameter.shape(), DataType.F32))
                        .copyFrom(parameter.tensor()));
    }

    /// Gives the module what was kept, if anything was.
    void load() {
        module.parameters().forEach((name, parameter) -> {
            if (tensors.containsKey(name)) {
                parameter.load(tensors.get(name));
            }
        });
    }

    void write(Path file, long step) throws IOException {
        Safetensors.write(file, tensors, Map.of("step", Long.toString(step)));
    }

    void read(Path file) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Safetensors.read(file, arena)
                    .tensors()
                    .forEach((name, tensor) -> tensors.put(
                            name,
                            Tensor.allocate(Arena.ofAuto(), tensor.shape(), tensor.type())
                                    .copyFrom(tensor)));
        }
    }
}
