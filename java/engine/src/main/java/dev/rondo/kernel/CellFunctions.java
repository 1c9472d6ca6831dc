package dev.rondo.kernel;

import dev.rondo.bindings.kernels.rondo_function;
import dev.rondo.bindings.kernels.rondo_functions;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// What a recurrent cell is made of where it is not the usual one.
///
/// @param gate      of an RNN's only gate; of an LSTM's i, f, o and a GRU's r, z
/// @param candidate of an LSTM's or a GRU's candidate
/// @param output    of an LSTM's cell state where it becomes the hidden state
/// @param clip      the largest magnitude of an argument, or infinity
/// @param coupled   whether an LSTM's forget gate is 1 minus its input gate
public record CellFunctions(Function gate, Function candidate, Function output, float clip, boolean coupled) {
    /// A function of the kernels' header.
    ///
    /// @param kind  `RONDO_RELU` and so on
    /// @param alpha its first parameter, where it has one
    /// @param beta  its second parameter, where it has one
    public record Function(int kind, float alpha, float beta) {
        private void write(MemorySegment function) {
            rondo_function.kind(function, kind);
            rondo_function.alpha(function, alpha);
            rondo_function.beta(function, beta);
        }
    }

    MemorySegment struct(Arena arena) {
        MemorySegment functions = rondo_functions.allocate(arena);
        gate.write(rondo_functions.gate(functions));
        candidate.write(rondo_functions.candidate(functions));
        output.write(rondo_functions.output(functions));
        rondo_functions.clip(functions, clip);
        rondo_functions.coupled(functions, coupled ? 1 : 0);
        return functions;
    }
}
