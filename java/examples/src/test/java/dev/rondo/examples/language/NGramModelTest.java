package dev.rondo.examples.language;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NGramModelTest {
    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /// The definition, by searching the text.
    private static double expected(String learned, String context, char b) {
        int total = 0;
        int hits = 0;
        StringBuilder kinds = new StringBuilder();
        for (int i = context.length(); i < learned.length(); i++) {
            if (learned.startsWith(context, i - context.length())) {
                char next = learned.charAt(i);
                total++;
                hits += next == b ? 1 : 0;
                kinds.append(kinds.indexOf("" + next) < 0 ? "" + next : "");
            }
        }
        double shorter = context.isEmpty() ? 1.0 / 256 : expected(learned, context.substring(1), b);
        return total == 0 ? shorter : (hits + kinds.length() * shorter) / (total + kinds.length());
    }

    @Test
    void isWittenAndBells() {
        Random random = new Random(11);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 3000; i++) { // enough for its tables to grow
            text.append((char) (random.nextInt(4) == 0 ? random.nextInt(256) : 'a' + random.nextInt(3)));
        }
        NGramModel model = new NGramModel(4);
        model.learn(bytes(text.toString()));

        for (String context : new String[] {"", "a", "ab", "abc", "ca", "\u00ff\u0000z", text.substring(50, 53)}) {
            for (char b : new char[] {'a', 'c', '\u00ff', text.charAt(53)}) {
                double probability = model.probability(bytes(context), context.length(), b);
                assertEquals(expected(text.toString(), context, b), probability, 1e-12, context + " " + (int) b);
            }
        }
    }

    @Test
    void givesProbabilities() {
        NGramModel model = new NGramModel(5);
        model.learn(bytes("to be or not to be, that is the question"));
        for (String context : new String[] {"", "t", "to b", "o be", "what", "\u0000\u0000\u0000\u0000"}) {
            double sum = 0;
            for (int b = 0; b < 256; b++) {
                double probability = model.probability(bytes(context), context.length(), b);
                assertTrue(probability > 0);
                sum += probability;
            }
            assertEquals(1, sum, 1e-12, context);
        }
    }

    @Test
    void needsFewBitsForWhatItKnows() {
        byte[] text = bytes("abcdefgh".repeat(500));
        NGramModel model = new NGramModel(5);
        assertEquals(8.0 * text.length, model.bits(text), 1e-6);

        model.learn(text);

        assertTrue(model.bits(text) / text.length < 0.1);
        assertThrows(IllegalArgumentException.class, () -> new NGramModel(7));
    }
}
