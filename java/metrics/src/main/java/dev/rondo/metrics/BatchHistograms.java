package dev.rondo.metrics;

import dev.rondo.BatchListener;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/// Histograms of a batcher's queue and steps, with two significant digits.
///
/// {@snippet :
/// BatchHistograms histograms = new BatchHistograms();
/// StreamBatcher batcher = StreamBatcher.of(model).listener(histograms).start();
/// BatchHistograms.Interval minute = histograms.interval(); // once a minute
/// System.out.println(minute.queueNanos().getValueAtPercentile(99) / 1e6 + " ms in the queue");
/// }
///
/// Threads: any. Recording waits for nobody.
public final class BatchHistograms implements BatchListener {
    private static final int DIGITS = 2;

    /// What happened between two looks.
    ///
    /// @param queueNanos how long each frame was in the queue
    /// @param batch      frames of each step
    /// @param stepNanos  how long each step took
    public record Interval(Histogram queueNanos, Histogram batch, Histogram stepNanos) {}

    private final Recorder queueNanos = new Recorder(DIGITS);
    private final Recorder batch = new Recorder(DIGITS);
    private final Recorder stepNanos = new Recorder(DIGITS);

    /// Nothing recorded yet.
    public BatchHistograms() {}

    @Override
    public void dequeued(long nanos) {
        queueNanos.recordValue(nanos);
    }

    @Override
    public void stepped(int frames, long nanos) {
        batch.recordValue(frames);
        stepNanos.recordValue(nanos);
    }

    /// What has happened since the last look.
    public Interval interval() {
        return new Interval(
                queueNanos.getIntervalHistogram(), batch.getIntervalHistogram(), stepNanos.getIntervalHistogram());
    }
}
