package dev.rondo;

import dev.rondo.tensor.Shape;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// Sessions of one model kept by their shapes, so that calls of shapes that come again do not prepare them
/// again. It keeps so many that nobody uses at the time, and closes those that were used least recently.
///
/// {@snippet :
/// try (PlanCache plans = new PlanCache(model, 16)) {
///     float[] logits = plans.run(session -> {
///         session.input().copyFrom(ids);
///         session.run();
///         return session.output().toFloatArray();
///     }, Shape.of(1, ids.length));
///     System.out.println(plans.hitRate());
/// }
/// }
///
/// Threads: any. Callers at the same time have sessions of their own; closing waits for nobody: sessions in use
/// are closed when they come back.
public final class PlanCache implements AutoCloseable {
    private final Model model;
    private final int threads;
    private final int capacity;
    private final Map<List<Shape>, Deque<Session>> idle = new LinkedHashMap<>(16, 0.75f, true); // oldest use first
    private int count;
    private long hits;
    private long misses;
    private boolean closed;

    /// Sessions with one thread.
    ///
    /// @param model    stays the caller's
    /// @param capacity sessions to keep
    public PlanCache(Model model, int capacity) {
        this(model, 1, capacity);
    }

    /// Sessions whose instructions may use several threads.
    ///
    /// @param model    stays the caller's
    /// @param threads  as in [Model#session(int, Shape...)]
    /// @param capacity sessions to keep
    /// @throws IllegalArgumentException if none are to be kept
    public PlanCache(Model model, int threads, int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("a cache keeps one session at least, not " + capacity);
        }
        this.model = model;
        this.threads = threads;
        this.capacity = capacity;
    }

    /// Calls a function with a session of these shapes that nobody else uses meanwhile.
    ///
    /// @param use    fills the inputs, runs, and takes what it needs from the outputs; neither the session nor
    ///               its memory may be used once it has returned
    /// @param shapes of the inputs
    /// @return what the function returns
    /// @throws IllegalStateException    if the cache or the model is closed
    /// @throws IllegalArgumentException if a shape does not fit its input
    public <R> R run(Function<Session, R> use, Shape... shapes) {
        List<Shape> key = List.of(shapes);
        Session session = take(key);
        if (session == null) {
            session = model.session(threads, shapes);
        }
        try {
            return use.apply(session);
        } finally {
            giveBack(key, session).forEach(Session::close);
        }
    }

    private synchronized Session take(List<Shape> key) {
        requireOpen();
        Deque<Session> known = idle.get(key);
        if (known == null) {
            misses++;
            return null;
        }
        hits++;
        count--;
        Session session = known.pop();
        if (known.isEmpty()) {
            idle.remove(key);
        }
        return session;
    }

    /// @return what is to be closed
    private synchronized List<Session> giveBack(List<Shape> key, Session session) {
        if (closed) {
            return List.of(session);
        }
        idle.computeIfAbsent(key, _ -> new ArrayDeque<>()).push(session);
        if (++count <= capacity) {
            return List.of();
        }
        count--;
        var oldest = idle.entrySet().iterator().next();
        Session evicted = oldest.getValue().removeLast();
        if (oldest.getValue().isEmpty()) {
            idle.remove(oldest.getKey());
        }
        return List.of(evicted);
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the cache is closed");
        }
    }

    /// Calls that found a session.
    public synchronized long hits() {
        return hits;
    }

    /// Calls that had to prepare one.
    public synchronized long misses() {
        return misses;
    }

    /// Hits among all calls, from 0 to 1; 0 before the first.
    public synchronized double hitRate() {
        return hits == 0 ? 0 : (double) hits / (hits + misses);
    }

    /// Sessions that are kept and not in use.
    public synchronized int size() {
        return count;
    }

    /// Closes the sessions. Closing twice is harmless.
    @Override
    public void close() {
        List<Session> open = new ArrayList<>();
        synchronized (this) {
            closed = true;
            idle.values().forEach(open::addAll);
            idle.clear();
            count = 0;
        }
        open.forEach(Session::close);
    }
}
