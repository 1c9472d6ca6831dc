package dev.rondo.bench;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class InterruptionsTest {
    @Test
    void slowCallsAreNoFasterThanMost() {
        Interruptions.Result result = Interruptions.measure(3, 20_000);
        assertTrue(result.median() > 0, result.toString());
        assertTrue(result.median() <= result.percentile99(), result.toString());
        assertTrue(result.percentile99() <= result.percentile999(), result.toString());
    }
}
