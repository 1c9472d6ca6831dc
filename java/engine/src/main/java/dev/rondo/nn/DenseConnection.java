package dev.rondo.nn;

import dev.rondo.program.Value;
import java.util.List;

/// A module whose input goes on beside its output: `y = [x, f(x)]`. In a chain of them, each layer reads what all
/// layers below give.
///
/// - x: (…, W); f(x): (…, V), alike but for the last dimension; y: (…, W + V)
/// - parameters: those of f, as `module.…`
///
/// {@snippet :
/// Module stack = new Sequential(
///         new DenseConnection(new LSTM(40, 64)), new DenseConnection(new LSTM(104, 64)), new Linear(168, 10));
/// }
///
/// Source: Huang et al. 2016, arXiv 1608.06993; between recurrent layers Ding et al. 2018, arXiv 1802.00889.
public final class DenseConnection extends Module {
    private final Module module;

    public DenseConnection(Module module) {
        this.module = register("module", module);
    }

    @Override
    public Value forward(Value x) {
        Value y = module.forward(x);
        Bypass.require(this, x.select(-1, 0), y.select(-1, 0));
        return Functional.concat(List.of(x, y), -1);
    }
}
