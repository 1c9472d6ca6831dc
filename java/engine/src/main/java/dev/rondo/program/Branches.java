package dev.rondo.program;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Which operations of a recording belong to branches that may run at once.
final class Branches {
    /// One of several branches.
    private record Branch(int group, int index) {}

    private final Map<Op, Branch> known = new IdentityHashMap<>();
    private @Nullable Branch current;
    private int groups;

    /// Records branches; those within a branch are nothing of their own.
    List<Value> record(List<Supplier<Value>> recordings) {
        if (current != null) {
            return recordings.stream().map(Supplier::get).toList();
        }
        List<Value> results = new ArrayList<>();
        groups++;
        try {
            for (Supplier<Value> recording : recordings) {
                current = new Branch(groups, results.size());
                results.add(recording.get());
            }
        } finally {
            current = null;
        }
        return results;
    }

    /// Takes an operation that is being recorded.
    void add(Op op) {
        if (current != null) {
            known.put(op, current);
        }
    }

    /// Emits operations, branches at once where there are the threads for it.
    void emit(List<Op> live, Emitter emitter) {
        boolean atOnce = emitter.threads() == 2 || emitter.threads() == 3; // more are better spent on each in turn
        for (int i = 0; i < live.size(); ) {
            Branch first = atOnce ? known.get(live.get(i)) : null;
            if (first == null) {
                live.get(i++).forward(emitter);
                continue;
            }
            Map<Integer, List<Op>> group = new LinkedHashMap<>();
            Branch next = first;
            while (next != null && next.group() == first.group()) {
                group.computeIfAbsent(next.index(), _ -> new ArrayList<>()).add(live.get(i++));
                next = i < live.size() ? known.get(live.get(i)) : null;
            }
            List<Runnable> emissions = new ArrayList<>();
            group.values().forEach(branch -> emissions.add(() -> branch.forEach(op -> op.forward(emitter))));
            emitter.parallel(emissions);
        }
    }
}
