package dev.rondo.examples.language;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RepeatsTest {
    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void guessesWhatFollowedBefore() {
        short[] guesses = Repeats.of(bytes("abcdefgh-abcdefgX."));

        for (int i = 0; i <= 13; i++) { // "-abcde" does not lead anywhere, "abcde" does
            assertEquals(0, guesses[i], "position " + i);
        }
        assertEquals(1 + 'f', guesses[14]);
        assertEquals(1 + 'g', guesses[15]);
        assertEquals(1 + 'h', guesses[16], "which will be wrong");
        assertEquals(0, guesses[17]);
    }

    @Test
    void takesTheLatestPlaceAndTellsHowMuchIsEqual() {
        short[] guesses = Repeats.of(bytes("12345A 12345B 12345"));
        short[] last = Repeats.of(bytes("12345A 12345B 12345?"));

        assertEquals(1 + 'B', last[19]);
        assertArrayEquals(guesses, Arrays.copyOf(last, 19));

        short[] run = Repeats.of(bytes("x".repeat(100)));
        assertEquals(1 + 'x', run[6]);
        assertEquals(1 + 256 + 'x', run[9]);
        assertEquals(1 + 2 * 256 + 'x', run[20]);
        assertEquals(1 + 3 * 256 + 'x', run[99]);
        assertTrue(Repeats.COUNT > run[99]);
    }

    @Test
    void looksBackThirtyTwoKibibytes() {
        byte[] near = new byte[33_000];
        new Random(8).nextBytes(near);
        byte[] far = near.clone();
        System.arraycopy(near, 500, near, 32_900, 20);
        System.arraycopy(far, 10, far, 32_900, 20);

        assertTrue(Repeats.of(near)[32_905] > 0);
        assertEquals(0, Repeats.of(far)[32_905]);
    }

    @Test
    void seesThePastAlone() {
        byte[] text = new byte[400];
        Random random = new Random(9);
        for (int i = 0; i < text.length; i++) {
            text[i] = (byte) ('a' + random.nextInt(2));
        }
        short[] guesses = Repeats.of(text);
        for (int changed = 0; changed < text.length; changed += 7) {
            byte[] other = text.clone();
            other[changed] = 'c';
            short[] otherGuesses = Repeats.of(other);
            assertArrayEquals(Arrays.copyOf(guesses, changed + 1), Arrays.copyOf(otherGuesses, changed + 1));
        }
    }
}
