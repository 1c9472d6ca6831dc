package dev.rondo.program;

/// Which part of a stream a program runs over, which matters to layers that look ahead.
public enum StreamPart {
    /// Its first frames: results for the last of them have to wait.
    BEGINNING,
    /// Frames behind those of another run.
    MIDDLE,
    /// The end: results for all frames that have none yet.
    END
}
