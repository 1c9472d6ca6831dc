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

    /// A bar on the terminal, or nothing where messages go elsewhere.
    static Progress of(Terminal terminal, String task, long total, String unit) {
        if (!terminal.errIsTerminal()) {
            return _ -> {};
        }
        ProgressBar bar = new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(total)
                .setUnit(" " + unit, 1)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(INTERVAL_MILLIS)
                .setConsumer(new ConsoleProgressBarConsumer(terminal.err(), WIDTH))
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
