package dev.rondo.nn;

import dev.rondo.program.Value;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Modules in a chain: each reads what the one before gives. Source: PyTorch's `nn.Sequential`.
///
/// x and y: as the first and the last module have them.
public final class Sequential extends Module {
    private final List<Module> chain;

    /// A chain whose modules are named by their positions: `0`, `1`, ….
    public Sequential(Module... chain) {
        this(numbered(chain));
    }

    /// A chain of named modules, in the map's order.
    public Sequential(Map<String, ? extends Module> chain) {
        chain.forEach(this::register);
        this.chain = List.copyOf(chain.values());
    }

    private static Map<String, Module> numbered(Module... chain) {
        Map<String, Module> named = new LinkedHashMap<>();
        for (Module module : chain) {
            named.put(Integer.toString(named.size()), module);
        }
        return named;
    }

    @Override
    public Value forward(Value x) {
        Value y = x;
        for (Module module : chain) {
            y = module.forward(y);
        }
        return y;
    }
}
