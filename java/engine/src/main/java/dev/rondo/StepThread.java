package dev.rondo;

import static java.lang.System.Logger.Level.WARNING;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A thread that computes the steps of a [StreamBatcher], with sessions of its own.
final class StepThread extends Thread {
    private static final System.Logger LOG = System.getLogger("dev.rondo");

    private final StreamQueue queue;
    private final List<BatchedSession> sessions; // by rows, ascending
    private final BatchListener listener;
    private boolean listenerHasFailed;

    StepThread(String name, StreamQueue queue, List<BatchedSession> sessions, BatchListener listener) {
        super(name);
        setDaemon(true);
        this.queue = queue;
        this.sessions = sessions;
        this.listener = listener;
    }

    @Override
    public void run() {
        List<BatchedStream> streams = new ArrayList<>();
        while (queue.take(streams)) {
            long begin = System.nanoTime();
            step(streams);
            long end = System.nanoTime();
            tell(streams, begin, end);
            queue.finish(streams);
            streams.clear();
        }
    }

    private void step(List<BatchedStream> streams) {
        Throwable failure = failureOf(streams);
        if (failure instanceof IllegalArgumentException && streams.size() > 1) {
            // One frame is at fault, and the others shall not suffer for it.
            streams.forEach(stream -> stream.failure = failureOf(List.of(stream)));
        } else {
            streams.forEach(stream -> stream.failure = failure);
        }
    }

    private @Nullable Throwable failureOf(List<BatchedStream> streams) {
        try {
            session(streams.size()).step(streams);
            return null;
        } catch (Throwable e) { // the callers', who wait for it
            return e;
        }
    }

    private BatchedSession session(int rows) {
        int i = 0;
        while (sessions.get(i).rows() < rows) {
            i++;
        }
        return sessions.get(i);
    }

    private void tell(List<BatchedStream> streams, long begin, long end) {
        try {
            for (int i = 0; i < streams.size(); i++) {
                listener.dequeued(begin - streams.get(i).queuedAt);
            }
            listener.stepped(streams.size(), end - begin);
        } catch (RuntimeException e) {
            if (!listenerHasFailed) { // or a log would fill with them
                LOG.log(WARNING, "a batch listener has failed, which is told once", e);
            }
            listenerHasFailed = true;
        }
    }
}
