package dev.rondo.op;

import dev.rondo.kernel.CellFunctions;
import dev.rondo.kernel.Kernels;
import dev.rondo.kernel.RecurrentArguments;
import dev.rondo.kernel.RecurrentArguments.Strided;
import dev.rondo.kernel.RecurrentKernel;
import dev.rondo.program.Direction;
import dev.rondo.program.Emitter;
import dev.rondo.program.ReplayMemory;
import dev.rondo.program.Step;
import dev.rondo.program.Team;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One direction of a recurrent layer on Rondo's own kernel, all steps in one call; several threads share the units.
///
/// @param functions what the cell is made of, or null for the usual functions
/// @param lengths   numbers of steps of the sequences (N), I64, or null where all have T
/// @param lookup    what the input begins with, or null
/// @param parents   what sequences go on from, or null
record KernelDirection(
        Emitter emitter,
        OneDirection part,
        @Nullable CellFunctions functions,
        @Nullable Value lengths,
        @Nullable Lookup lookup,
        @Nullable Parents parents) {
    // A step with fewer multiplications than this is slower on two threads than on one.
    private static final long SMALLEST_SHARED_STEP = 100_000;

    private static final String ROAD = System.getProperty("dev.rondo.recurrent", "fastest");

    /// Whether this is the road for a layer, where oneDNN has one as well.
    static boolean serves(RecurrentDescriptor d) {
        return isAllowed() && !d.isProjected() && d.batch() <= RecurrentKernel.largestBatch(d.steps());
    }

    /// Whether this is a road at all.
    ///
    /// @throws IllegalArgumentException if the system property `dev.rondo.recurrent` has an unknown value
    static boolean isAllowed() {
        return switch (ROAD) {
            case "fastest" -> RecurrentKernel.isAvailable();
            case "onednn" -> false;
            default ->
                throw new IllegalArgumentException(
                        "the system property dev.rondo.recurrent is fastest or onednn, not " + ROAD);
        };
    }

    void emit() {
        RecurrentDescriptor d = part.descriptor();
        Cell cell = d.cell();
        OneDirection.State initial = part.initial();
        OneDirection.State last = part.last();
        int parts = parts();
        Value x = part.denseRows(emitter);
        Tensor inputWeight = part.weights().inputWeight().constant();
        Tensor stateWeight = part.weights().stateWeight().constant();
        MemorySegment inputWeights = emitter.weights()
                .packForKernel(
                        cell + " " + part.inputRole() + (lookup == null ? "" : " beside ids") + " in " + parts,
                        List.of(inputWeight),
                        arena -> kernel().packInput(WeightLayout.gates(cell, besideIds()), parts, arena));
        MemorySegment table = lookup == null ? MemorySegment.NULL : table(parts);
        MemorySegment stateWeights = emitter.weights()
                .packForKernel(
                        cell + " state in " + parts,
                        List.of(stateWeight),
                        arena -> kernel().packState(WeightLayout.gates(cell, stateWeight), parts, arena));
        MemorySegment bias =
                part.bias(emitter, cell.biases(), d.hidden()).packed().data(); // (G, H), and b' behind
        MemorySegment stateBias = cell.biases() > cell.gates()
                ? bias.asSlice(cell.gates() * d.hidden() * Float.BYTES)
                : MemorySegment.NULL;
        Value peephole = part.weights().peepholeWeight();
        Value scratch = emitter.workspace(RecurrentKernel.scratchBytes(d.steps(), d.batch(), d.input(), d.hidden()));
        emitter.kernel(
                functions == null ? d.toString() : d + " with its own functions",
                Kernels.available() + (parts == 1 ? "" : " on " + parts + " threads"),
                present(
                        x,
                        lookup == null ? null : lookup.ids(),
                        parents == null ? null : parents.rows(),
                        part.attention(),
                        initial.h(),
                        initial.c(),
                        peephole,
                        lengths),
                present(part.output(), last.h(), last.c(), scratch),
                memory -> {
                    Step[] steps = RecurrentKernel.of(
                            new RecurrentArguments(
                                    kernel(),
                                    d.direction() == Direction.RIGHT_TO_LEFT,
                                    d.steps(),
                                    d.batch(),
                                    d.input(),
                                    d.hidden(),
                                    Strided.sequence(memory, x),
                                    inputWeights,
                                    Strided.sequence(memory, lookup == null ? null : lookup.ids()),
                                    table,
                                    bias,
                                    stateWeights,
                                    stateBias,
                                    peephole == null ? MemorySegment.NULL : memory.segment(peephole),
                                    functions,
                                    lengths == null ? MemorySegment.NULL : memory.segment(lengths),
                                    parents == null ? MemorySegment.NULL : memory.segment(parents.rows()),
                                    Strided.sequence(memory, part.attention()),
                                    Strided.state(memory, initial.h()),
                                    Strided.state(memory, initial.c()),
                                    Strided.sequence(memory, part.output()),
                                    Strided.state(memory, last.h()),
                                    Strided.state(memory, last.c()),
                                    memory.segment(scratch)),
                            parts,
                            memory.arena());
                    return checked(memory, parts == 1 ? steps[0] : together(memory.team(), steps));
                });
    }

    private static Step together(Team team, Step[] steps) {
        return () -> team.run(steps);
    }

    /// The kernel believes lengths, ids and parents.
    private Step checked(ReplayMemory memory, Step step) {
        Step last = parents == null ? step : parents.checked(memory, step);
        Step first = lookup == null ? last : lookup.checked(memory, last);
        if (lengths == null) {
            return first;
        }
        MemorySegment given = memory.segment(lengths);
        RecurrentDescriptor d = part.descriptor();
        return () -> {
            Lengths.check(given, d.batch(), d.steps());
            first.run();
        };
    }

    /// The input's weights without those that are in the table.
    private Tensor besideIds() {
        Tensor all = part.inputWeight();
        return lookup == null ? all : columns(all, lookup.width(), all.shape().size(1));
    }

    private MemorySegment table(int parts) {
        Tensor vectors = lookup.table().constant();
        Tensor inputWeight = part.weights().inputWeight().constant();
        return emitter.weights()
                .packForKernel(
                        part.descriptor().cell() + " table in " + parts,
                        List.of(vectors, inputWeight),
                        arena -> kernel().table(
                                        vectors,
                                        WeightLayout.gates(
                                                part.descriptor().cell(), columns(inputWeight, 0, lookup.width())),
                                        parts,
                                        arena));
    }

    private static Tensor columns(Tensor matrix, long from, long to) {
        long rows = matrix.shape().size(0);
        Tensor columns = Tensor.allocate(Arena.ofAuto(), Shape.of(rows, to - from), DataType.F32);
        long bytes = (to - from) * Float.BYTES;
        for (long row = 0; row < rows; row++) {
            long at = (row * matrix.shape().size(1) + from) * Float.BYTES;
            MemorySegment.copy(matrix.data(), at, columns.data(), row * bytes, bytes);
        }
        return columns;
    }

    /// The threads meet after every step, so a step has to be worth it.
    private int parts() {
        RecurrentDescriptor d = part.descriptor();
        long products = d.cell().gates() * d.hidden() * d.hidden() * d.batch();
        return products < SMALLEST_SHARED_STEP ? 1 : emitter.threads();
    }

    private static List<Value> present(@Nullable Value... values) {
        return Stream.of(values).filter(value -> value != null).toList();
    }

    private RecurrentKernel kernel() {
        return switch (part.descriptor().cell()) {
            case RNN_TANH -> RecurrentKernel.RNN_TANH;
            case RNN_RELU -> RecurrentKernel.RNN_RELU;
            case RNN_LOGISTIC -> RecurrentKernel.RNN_LOGISTIC;
            case LSTM -> RecurrentKernel.LSTM;
            case GRU, AUGRU -> RecurrentKernel.GRU;
            case LBR_GRU, LBR_AUGRU -> RecurrentKernel.LBR_GRU;
        };
    }
}
