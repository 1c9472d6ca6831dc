package dev.rondo.train;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Executions that run at once: the first on the caller's thread, each other one on a thread of its own, which
/// sleeps between the runs.
///
/// Threads: one calls.
final class Team implements AutoCloseable {
    private final Execution[] executions;
    private final Member[] members;

    private static final class Member extends Thread {
        final Execution execution;
        final int index;
        volatile @Nullable Thread caller; // null: nothing to do
        volatile boolean closed;
        long number; // published by caller

        @Nullable
        Throwable failure; // published by caller

        Member(Execution execution, int index) {
            super("rondo-replica-" + index);
            this.execution = execution;
            this.index = index;
            setDaemon(true);
        }

        @Override
        public void run() {
            while (!closed) {
                Thread waiting = caller;
                if (waiting == null) {
                    LockSupport.park(this);
                    Thread.interrupted(); // nobody interrupts it but to end the process; parking must go on
                    continue;
                }
                failure = null;
                try {
                    execution.run(number + index);
                } catch (Throwable e) { // handed to the caller
                    failure = e;
                }
                caller = null;
                LockSupport.unpark(waiting);
            }
        }
    }

    Team(Execution[] executions) {
        this.executions = executions;
        this.members = new Member[executions.length - 1];
        for (int i = 0; i < members.length; i++) {
            members[i] = new Member(executions[i + 1], i + 1);
            members[i].start();
        }
    }

    /// Runs all; execution r uses the random numbers of run `number + r`. What the first of those that failed
    /// threw is thrown when all have ended.
    void run(long number) {
        for (Member member : members) {
            member.number = number;
            member.caller = Thread.currentThread();
            LockSupport.unpark(member);
        }
        Throwable failure = null;
        try {
            executions[0].run(number);
        } catch (Throwable e) { // the others have to end before it is thrown
            failure = e;
        }
        boolean interrupted = false;
        for (Member member : members) {
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
