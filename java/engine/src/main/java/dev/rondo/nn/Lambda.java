package dev.rondo.nn;

import dev.rondo.program.Value;
import java.util.function.UnaryOperator;

/// A function without parameters as a module: `new Lambda(Functional::tanh)`.
public final class Lambda extends Module {
    private final UnaryOperator<Value> function;

    public Lambda(UnaryOperator<Value> function) {
        this.function = function;
    }

    @Override
    public Value forward(Value x) {
        return function.apply(x);
    }
}
