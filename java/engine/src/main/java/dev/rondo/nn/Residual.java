package dev.rondo.nn;

import dev.rondo.program.Value;

/// A module with a path around it: `y = x + f(x)`.
///
/// - x and y: of one shape, which f keeps
/// - parameters: those of f, as `module.…`
///
/// {@snippet :
/// Module stack = new Sequential(new LSTM(40, 64), new Residual(new LSTM(64, 64)), new Residual(new LSTM(64, 64)));
/// }
///
/// Source: He et al. 2015, arXiv 1512.03385; between recurrent layers Wu et al. 2016, arXiv 1609.08144 (GNMT).
public final class Residual extends Module {
    private final Module module;

    public Residual(Module module) {
        this.module = register("module", module);
    }

    @Override
    public Value forward(Value x) {
        return Functional.add(x, Bypass.require(this, x, module.forward(x)));
    }
}
