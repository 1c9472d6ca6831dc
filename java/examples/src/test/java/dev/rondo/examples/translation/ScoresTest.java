package dev.rondo.examples.translation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class ScoresTest {
    private static final List<String> WRITTEN =
            List.of("The dog bit the man.", "It wasn't surprising.", "The man had just bitten him.");
    private static final List<List<String>> REFERENCES = List.of(
            List.of("The dog bit the man.", "The dog had bit the man."),
            List.of("It was not unexpected.", "No one was surprised."),
            List.of("The man bit him first.", "The man had bitten the dog."));

    /// The example of sacreBLEU's documentation, and its figures.
    @Test
    void areThoseOfSacreBleu() {
        assertEquals(48.53, Bleu.of(WRITTEN, REFERENCES), 0.005);
        assertEquals(59.73, ChrF.of(WRITTEN, REFERENCES), 0.005);
    }

    /// No-break and wide spaces part words, and what is too long for its reference does not count; the figures are
    /// those of sacreBLEU 2.6.
    @Test
    void spacesAndShortTextsAreAsInSacreBleu() {
        List<String> written =
                List.of("Impossible d’ouvrir le fichier\u00a0: 3,5\u202f%", "Ja, gut", "Das ist\u3000alles.");
        List<List<String>> references = List.of(
                List.of("Impossible d'ouvrir le fichier : 3,5\u202f% (1990-95)"),
                List.of("Ja"),
                List.of("Das ist alles !"));
        assertEquals(42.643420022, Bleu.of(written, references), 1e-8);
        assertEquals(74.064499020, ChrF.of(written, references), 1e-8);
    }

    @Test
    void boundsAreReached() {
        List<List<String>> same = WRITTEN.stream().map(List::of).toList();
        assertEquals(100, Bleu.of(WRITTEN, same), 1e-9);
        assertEquals(100, ChrF.of(WRITTEN, same), 1e-9);
        List<String> other = List.of("xyz", "xyz", "xyz");
        assertEquals(0, Bleu.of(other, same));
        assertEquals(0, ChrF.of(List.of("ξ", "ξ", "ξ"), same));
        assertEquals(0, Bleu.of(List.of("", "", ""), same));
    }

    /// Three of five words, two of four pairs, one of three triples, none of two: smoothed to a half of one; no
    /// penalty.
    @Test
    void smoothsAsByHand() {
        double expected = Math.pow(3 / 5.0 * 2 / 4 * 1 / 3 * (1 / (2.0 * 2)), 0.25);
        assertEquals(100 * expected, Bleu.of(List.of("a b c x y"), List.of(List.of("a b c d e"))), 1e-9);
    }

    @Test
    void wordsAreThoseOfMteval() {
        assertEquals(
                List.of("\"", "Hello", ",", "\"", "he", "said", ":", "3,5", "%", "of", "1990", "-", "95", "."),
                Bleu.tokens("&quot;Hello,\" he said: 3,5% of 1990-95."));
    }
}
