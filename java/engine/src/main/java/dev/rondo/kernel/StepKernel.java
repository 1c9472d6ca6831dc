package dev.rondo.kernel;

import static dev.rondo.bindings.kernels.Kernels.*;

import dev.rondo.bindings.NativeLibraries;
import dev.rondo.bindings.kernels.rondo_step;
import dev.rondo.program.Step;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// The element-wise part of one step of a recurrent cell in training, and of its gradient. Builds without native code
/// have none, and leave training to oneDNN's primitives.
public enum StepKernel {
    RNN_TANH {
        @Override
        Step step(MemorySegment step, boolean backward) {
            return rnn(RONDO_RNN_TANH(), step, backward);
        }
    },
    RNN_RELU {
        @Override
        Step step(MemorySegment step, boolean backward) {
            return rnn(RONDO_RNN_RELU(), step, backward);
        }
    },
    RNN_LOGISTIC {
        @Override
        Step step(MemorySegment step, boolean backward) {
            return rnn(RONDO_RNN_LOGISTIC(), step, backward);
        }
    },
    LSTM {
        @Override
        Step step(MemorySegment step, boolean backward) {
            return backward ? () -> rondo_lstm_step_backward_f32(step) : () -> rondo_lstm_step_f32(step);
        }
    },
    LBR_GRU {
        @Override
        Step step(MemorySegment step, boolean backward) {
            return backward ? () -> rondo_lbr_gru_step_backward_f32(step) : () -> rondo_lbr_gru_step_f32(step);
        }
    },
    /// The first half of a GRU that resets before the product, which is the second on the way back.
    GRU_RESET {
        @Override
        Step step(MemorySegment step, boolean backward) {
            return backward ? () -> rondo_gru_reset_backward_f32(step) : () -> rondo_gru_reset_f32(step);
        }
    },
    GRU {
        @Override
        Step step(MemorySegment step, boolean backward) {
            return backward ? () -> rondo_gru_step_backward_f32(step) : () -> rondo_gru_step_f32(step);
        }
    };

    /// Whether this build has them.
    public static boolean isAvailable() {
        return NativeLibraries.load().hasKernels();
    }

    /// The step, prepared to run many times.
    public final Step forward(StepArguments arguments, Arena arena) {
        return step(struct(arguments, arena), false);
    }

    /// Its gradient, prepared to run many times.
    public final Step backward(StepArguments arguments, Arena arena) {
        return step(struct(arguments, arena), true);
    }

    abstract Step step(MemorySegment step, boolean backward);

    private static Step rnn(int cell, MemorySegment step, boolean backward) {
        return backward ? () -> rondo_rnn_step_backward_f32(cell, step) : () -> rondo_rnn_step_f32(cell, step);
    }

    private static MemorySegment struct(StepArguments a, Arena arena) {
        MemorySegment step = rondo_step.allocate(arena);
        rondo_step.batch(step, a.batch());
        rondo_step.hidden(step, a.hidden());
        rondo_step.gates(step, a.gates().data());
        rondo_step.products(step, a.products().data());
        rondo_step.src(step, a.src().data());
        rondo_step.src_batch(step, a.src().sample());
        rondo_step.attention(step, a.attention().data());
        rondo_step.attention_batch(step, a.attention().sample());
        rondo_step.src_cell(step, a.srcCell().data());
        rondo_step.src_cell_batch(step, a.srcCell().sample());
        rondo_step.dst(step, a.dst().data());
        rondo_step.dst_batch(step, a.dst().sample());
        rondo_step.cell(step, a.cell().data());
        rondo_step.diff_dst(step, a.diffDst().data());
        rondo_step.diff_dst_batch(step, a.diffDst().sample());
        rondo_step.diff_state(step, a.diffState().data());
        rondo_step.diff_cell(step, a.diffCell().data());
        rondo_step.diff_attention(step, a.diffAttention().data());
        rondo_step.diff_attention_batch(step, a.diffAttention().sample());
        return step;
    }
}
