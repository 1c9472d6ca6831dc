package dev.rondo.nn;

import dev.rondo.program.Activation;
import dev.rondo.program.Value;

/// A module with a gated path around it:
///
/// ```
/// g = σ(W x + b)      y = g f(x) + (1 - g) x
/// ```
///
/// - x and y: (…, W), of one shape, which f keeps
/// - parameters: those of f, as `module.…`; `gate.weight` (W, W), `gate.bias` (W)
/// - first values: those of [Linear]
///
/// Source: Srivastava, Greff and Schmidhuber 2015, arXiv 1505.00387; between recurrent layers Zhang et al. 2015, arXiv
/// 1510.08983.
public final class Highway extends Module {
    private final Module module;
    private final Linear gate;

    /// @param width W, of x and y
    public Highway(Module module, int width) {
        this.module = register("module", module);
        this.gate = register("gate", new Linear(width, width, true, Activation.SIGMOID));
    }

    @Override
    public Value forward(Value x) {
        Value change = Functional.subtract(Bypass.require(this, x, module.forward(x)), x);
        return Functional.add(x, Functional.multiply(gate.forward(x), change));
    }
}
