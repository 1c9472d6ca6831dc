package dev.rondo.kernel;

/// What changes from one step of an optimizer to the next, for all of its parameters.
///
/// Threads: one at a time, the one that runs the step.
public final class UpdateSchedule {
    private double learningRate;
    private long step;
    private float gradientScale = 1;

    /// @param learningRate of the first step
    public UpdateSchedule(double learningRate) {
        this.learningRate = learningRate;
    }

    /// The factor of the step's length.
    public double learningRate() {
        return learningRate;
    }

    /// Changes the learning rate for the steps to come.
    public void learningRate(double rate) {
        learningRate = rate;
    }

    /// The number of the present step: 1 for the first.
    public long step() {
        return step;
    }

    /// Sets the number of steps done.
    public void step(long done) {
        step = done;
    }

    /// What gradients are multiplied by, because of clipping.
    public float gradientScale() {
        return gradientScale;
    }

    /// Sets what gradients are multiplied by.
    public void gradientScale(float scale) {
        gradientScale = scale;
    }
}
