package dev.rondo.fuzz;

import java.io.IOException;

/// What Jazzer calls: with the target's name first, then with bytes.
public final class Fuzzer {
    private static Target target;

    private Fuzzer() {}

    /// Takes the target's name.
    public static void fuzzerInitialize(String[] arguments) {
        target = Target.valueOf(arguments[0]);
    }

    /// Fails if the target does with these bytes what it may not.
    public static void fuzzerTestOneInput(byte[] bytes) throws IOException {
        target.check(bytes);
    }
}
