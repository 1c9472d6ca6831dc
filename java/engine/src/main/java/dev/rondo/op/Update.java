package dev.rondo.op;

import dev.rondo.kernel.Kernels;
import dev.rondo.kernel.TrainingKernels;
import dev.rondo.kernel.UpdateRule;
import dev.rondo.kernel.UpdateSchedule;
import dev.rondo.program.Emitter;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.Stream;

/// An optimizer's step for one parameter, in place.
public final class Update extends Op {
    private final UpdateRule rule;
    private final UpdateSchedule schedule;
    private final Value parameter;
    private final Value gradient;
    private final List<Value> state;

    /// @param parameter a variable
    /// @param gradient  of the parameter's shape
    /// @param state     variables of the parameter's shape, as many as the rule keeps
    public Update(UpdateRule rule, UpdateSchedule schedule, Value parameter, Value gradient, List<Value> state) {
        super(Stream.concat(Stream.of(parameter, Copy.dense(gradient)), state.stream())
                .toList());
        this.rule = rule;
        this.schedule = schedule;
        this.parameter = parameter;
        this.gradient = inputs().get(1);
        this.state = List.copyOf(state);
        gives(Stream.concat(Stream.of(parameter), state.stream()).toArray(Value[]::new));
    }

    @Override
    public void forward(Emitter emitter) {
        emitter.kernel(
                "update " + parameter.shape() + " by " + rule,
                Kernels.available().toString(),
                inputs(),
                outputs(),
                memory -> {
                    List<MemorySegment> arrays =
                            state.stream().map(memory::segment).toList();
                    return TrainingKernels.available()
                            .update(
                                    rule,
                                    schedule,
                                    memory.segment(parameter),
                                    memory.segment(gradient),
                                    arrays,
                                    parameter.shape().elements(),
                                    memory.arena());
                });
    }
}
