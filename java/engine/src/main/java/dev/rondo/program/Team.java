package dev.rondo.program;

import dev.rondo.onednn.Engine;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Steps that run at once: the first on the caller's thread, each other one on a thread of its own, which sleeps
/// between the runs.
///
/// Threads: one calls.
public final class Team implements AutoCloseable {
    private final Member[] members;

    private static final class Member extends Thread {
        volatile @Nullable Thread caller; // null: nothing to do
        volatile boolean closed;

        @Nullable
        Step step; // published by caller

        @Nullable
        Throwable failure; // published by caller

        Member(int index) {
            super("rondo-team-" + index);
            setDaemon(true);
        }

        @Override
        public void run() {
            Engine.setThreads(1);
            while (!closed) {
                Thread waiting = caller;
                if (waiting == null) {
                    LockSupport.park(this);
                    Thread.interrupted(); // nobody interrupts it but to end the process; parking must go on
                    continue;
                }
                failure = null;
                try {
                    step.run();
                } catch (Throwable e) { // handed to the caller
                    failure = e;
                }
                caller = null;
                LockSupport.unpark(waiting);
            }
        }
    }

    /// @param size threads, the caller's among them
    public Team(int size) {
        this.members = new Member[size - 1];
        for (int i = 0; i < members.length; i++) {
            members[i] = new Member(i + 1);
            members[i].start();
        }
    }

    /// Runs as many steps as the team has threads, or fewer. What the first of those that failed threw is thrown when
    /// all have ended.
    public void run(Step... steps) {
        for (int i = 1; i < steps.length; i++) {
            Member member = members[i - 1];
            member.step = steps[i];
            member.caller = Thread.currentThread();
            LockSupport.unpark(member);
        }
        Throwable failure = null;
        try {
            steps[0].run();
        } catch (Throwable e) { // the others have to end before it is thrown
            failure = e;
        }
        boolean interrupted = false;
        for (int i = 1; i < steps.length; i++) {
            Member member = members[i - 1];
            while (member.caller != null) {
                LockSupport.park(this);
                interrupted |= Thread.interrupted(); // or parking would not wait
            }
            failure = failure == null ? member.failure : failure;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        switch (failure) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalStateException(failure); // nothing that runs throws anything checked
        }
    }

    @Override
    public void close() {
        boolean interrupted = false;
        for (Member member : members) {
            member.closed = true;
            LockSupport.unpark(member);
        }
        for (Member member : members) {
            while (member.isAlive()) {
                try {
                    member.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
