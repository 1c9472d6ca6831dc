package dev.rondo.cli;

import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/// How far a long task has come, shown while somebody is watching.
@FunctionalInterface
interface Progress extends AutoCloseable {
    int WIDTH = 79;
    int INTERVAL_MILLIS = 200;

    /// Tells how much is done by now.
    void reach(long done);

    /// Says in a few words what else there is to know.
    default void note(String text) {}

    @Override
    default void close() {}

    /// A bar on the terminal that estimates the time left, or nothing where messages go elsewhere.
    static Progress of(Terminal terminal, String task, long total, String unit) {
        return of(terminal, builder(task, total, unit));
    }

    /// A bar on the terminal with notes, which are to tell the time left, or nothing where messages go elsewhere.
    static Progress withNotes(Terminal terminal, String task, long total, String unit) {
        return of(terminal, builder(task, total, unit).hideEta());
    }

    private static ProgressBarBuilder builder(String task, long total, String unit) {
        return new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(total)
                .setUnit(" " + unit, 1)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(INTERVAL_MILLIS);
    }

    private static Progress of(Terminal terminal, ProgressBarBuilder builder) {
        if (!terminal.errIsTerminal()) {
            return _ -> {};
        }
        ProgressBar bar = builder.setConsumer(new ConsoleProgressBarConsumer(terminal.err(), WIDTH))
                .build();
        return new Progress() {
            @Override
            public void reach(long done) {
                bar.stepTo(done);
            }

            @Override
            public void note(String text) {
                bar.setExtraMessage(" " + text);
            }

            @Override
            public void close() {
                bar.close();
            }
        };
    }
}
