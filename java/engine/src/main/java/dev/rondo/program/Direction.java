package dev.rondo.program;

/// The order in which a recurrent layer visits the steps. Outputs stay at the time of their inputs.
public enum Direction {
    /// From the first step to the last.
    LEFT_TO_RIGHT("l2r"),
    /// From the last step to the first.
    RIGHT_TO_LEFT("r2l");

    private final String word;

    Direction(String word) {
        this.word = word;
    }

    @Override
    public String toString() {
        return word;
    }
}
