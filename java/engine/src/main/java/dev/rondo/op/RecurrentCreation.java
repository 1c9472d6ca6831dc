package dev.rondo.op;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.onednn.MemoryDescriptor;
import dev.rondo.onednn.Primitive;
import java.lang.foreign.MemorySegment;

/// Creates oneDNN's primitives for one direction of one recurrent layer: the one place where the cells' functions and
/// the order of their arguments stand.
record RecurrentCreation(RecurrentDescriptor d, Layouts l) {
    /// Layouts of a primitive's arguments, [MemoryDescriptor#NONE] for those not given.
    record Layouts(
            MemoryDescriptor srcLayer,
            MemoryDescriptor attention,
            MemoryDescriptor srcIter,
            MemoryDescriptor srcIterC,
            MemoryDescriptor weightsLayer,
            MemoryDescriptor weightsIter,
            MemoryDescriptor peephole,
            MemoryDescriptor projection,
            MemoryDescriptor bias,
            MemoryDescriptor dstLayer,
            MemoryDescriptor dstIter,
            MemoryDescriptor dstIterC) {}

    /// @param kind `dnnl_forward_inference` or `dnnl_forward_training`
    Primitive forward(int kind) {
        int direction = direction();
        return Primitive.create(
                "the creation of a recurrent primitive", d.toString(), null, (slot, engine, attr) -> switch (d.cell()) {
                    case RNN_TANH, RNN_RELU, RNN_LOGISTIC ->
                        dnnl_vanilla_rnn_forward_primitive_desc_create(
                                slot,
                                engine,
                                kind,
                                activation(),
                                direction,
                                l.srcLayer().address(),
                                l.srcIter().address(),
                                l.weightsLayer().address(),
                                l.weightsIter().address(),
                                l.bias().address(),
                                l.dstLayer().address(),
                                l.dstIter().address(),
                                dnnl_rnn_flags_undef(),
                                0f,
                                0f,
                                attr);
                    case LSTM ->
                        dnnl_lstm_forward_primitive_desc_create(
                                slot,
                                engine,
                                kind,
                                direction,
                                l.srcLayer().address(),
                                l.srcIter().address(),
                                l.srcIterC().address(),
                                l.weightsLayer().address(),
                                l.weightsIter().address(),
                                l.peephole().address(),
                                l.projection().address(),
                                l.bias().address(),
                                l.dstLayer().address(),
                                l.dstIter().address(),
                                l.dstIterC().address(),
                                dnnl_rnn_flags_undef(),
                                attr);
                    case GRU ->
                        dnnl_gru_forward_primitive_desc_create(
                                slot,
                                engine,
                                kind,
                                direction,
                                l.srcLayer().address(),
                                l.srcIter().address(),
                                l.weightsLayer().address(),
                                l.weightsIter().address(),
                                l.bias().address(),
                                l.dstLayer().address(),
                                l.dstIter().address(),
                                dnnl_rnn_flags_undef(),
                                attr);
                    case LBR_GRU ->
                        dnnl_lbr_gru_forward_primitive_desc_create(
                                slot,
                                engine,
                                kind,
                                direction,
                                l.srcLayer().address(),
                                l.srcIter().address(),
                                l.weightsLayer().address(),
                                l.weightsIter().address(),
                                l.bias().address(),
                                l.dstLayer().address(),
                                l.dstIter().address(),
                                dnnl_rnn_flags_undef(),
                                attr);
                    case AUGRU ->
                        dnnl_augru_forward_primitive_desc_create(
                                slot,
                                engine,
                                kind,
                                direction,
                                l.srcLayer().address(),
                                l.srcIter().address(),
                                l.attention().address(),
                                l.weightsLayer().address(),
                                l.weightsIter().address(),
                                l.bias().address(),
                                l.dstLayer().address(),
                                l.dstIter().address(),
                                dnnl_rnn_flags_undef(),
                                attr);
                    case LBR_AUGRU ->
                        dnnl_lbr_augru_forward_primitive_desc_create(
                                slot,
                                engine,
                                kind,
                                direction,
                                l.srcLayer().address(),
                                l.srcIter().address(),
                                l.attention().address(),
                                l.weightsLayer().address(),
                                l.weightsIter().address(),
                                l.bias().address(),
                                l.dstLayer().address(),
                                l.dstIter().address(),
                                dnnl_rnn_flags_undef(),
                                attr);
                });
    }

    /// @param diff    layouts of the gradients of the arguments
    /// @param forward the primitive whose pass this one goes back through
    Primitive backward(Layouts diff, Primitive forward) {
        int kind = dnnl_backward();
        int direction = direction();
        MemorySegment hint = forward.descriptor();
        return Primitive.create(
                "the creation of a backward recurrent primitive",
                d.toString().replace("_fwd_inf_", "_bwd_"),
                null,
                (slot, engine, attr) -> switch (d.cell()) {
                    case RNN_TANH, RNN_RELU, RNN_LOGISTIC ->
                        dnnl_vanilla_rnn_backward_primitive_desc_create(
                                slot,
                                engine,
                                kind,
                                activation(),
                                direction,
                                l.srcLayer().address(),
                                l.srcIter().address(),
                                l.weightsLayer().address(),
                                l.weightsIter().address(),
                                l.bias().address(),
                                l.dstLayer().address(),
                                l.dstIter().address(),
                                diff.srcLayer().address(),
                                diff.srcIter().address(),
                                diff.weightsLayer().address(),
                                diff.weightsIter().address(),
                                diff.bias().address(),
                                diff.dstLayer().address(),
                                diff.dstIter().address(),
                                dnnl_rnn_flags_undef(),
                                0f,
                                0f,
                                hint,
                                attr);
                    case LSTM ->
                        dnnl_lstm_backward_primitive_desc_create(
                                slot,
                                engine,
                                kind,
                                direction,
                                l.srcLayer().address(),
                                l.srcIter().address(),
                                l.srcIterC().address(),
                                l.weightsLayer().address(),
                                l.weightsIter().address(),
                                l.peephole().address(),
                                l.projection().address(),
                                l.bias().address(),
                                l.dstLayer().address(),
                                l.dstIter().address(),
                                l.dstIterC().address(),
                                diff.srcLayer().address(),
                                diff.srcIter().address(),
                                diff.srcIterC().address(),
                                diff.weightsLayer().address(),
                                diff.weightsIter().address(),
                                diff.peephole().address(),
                                diff.projection().address(),
                                diff.bias().address(),
                                diff.dstLayer().address(),
                                diff.dstIter().address(),
                                diff.dstIterC().address(),
                                dnnl_rnn_flags_undef(),
                                hint,
                                attr);
                    case GRU ->
                        dnnl_gru_backward_primitive_desc_create(
                                slot,
                                engine,
                                kind,
                                direction,
                                l.srcLayer().address(),
                                l.srcIter().address(),
                                l.weightsLayer().address(),
                                l.weightsIter().address(),
                                l.bias().address(),
                                l.dstLayer().address(),
                                l.dstIter().address(),
                                diff.srcLayer().address(),
                                diff.srcIter().address(),
                                diff.weightsLayer().address(),
                                diff.weightsIter().address(),
                                diff.bias().address(),
                                diff.dstLayer().address(),
                                diff.dstIter().address(),
                                dnnl_rnn_flags_undef(),
                                hint,
                                attr);
                    case LBR_GRU ->
                        dnnl_lbr_gru_backward_primitive_desc_create(
                                slot,
                                engine,
                                kind,
                                direction,
                                l.srcLayer().address(),
                                l.srcIter().address(),
                                l.weightsLayer().address(),
                                l.weightsIter().address(),
                                l.bias().address(),
                                l.dstLayer().address(),
                                l.dstIter().address(),
                                diff.srcLayer().address(),
                                diff.srcIter().address(),
                                diff.weightsLayer().address(),
                                diff.weightsIter().address(),
                                diff.bias().address(),
                                diff.dstLayer().address(),
                                diff.dstIter().address(),
                                dnnl_rnn_flags_undef(),
                                hint,
                                attr);
                    case AUGRU, LBR_AUGRU -> throw new IllegalStateException("no gradient of " + d);
                });
    }

    private int direction() {
        return switch (d.direction()) {
            case LEFT_TO_RIGHT -> dnnl_unidirectional_left2right();
            case RIGHT_TO_LEFT -> dnnl_unidirectional_right2left();
        };
    }

    private int activation() {
        return switch (d.cell()) {
            case RNN_TANH -> dnnl_eltwise_tanh();
            case RNN_RELU -> dnnl_eltwise_relu();
            case RNN_LOGISTIC -> dnnl_eltwise_logistic();
            default -> throw new IllegalStateException(d.cell() + " has fixed activations");
        };
    }
}
