package dev.rondo.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.format.Json;
import dev.rondo.format.JsonField;
import dev.rondo.format.MalformedFileException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TokenizerTest {
    private static final List<String> TEXTS = List.of(
            "low low low low low",
            "lower lower newest newest newest",
            "newest newest newest widest widest widest",
            "𝄞 ö");

    private static Tokenizer reread(Tokenizer tokenizer) {
        return Tokenizer.of(JsonField.of(Json.parse(tokenizer.toJson().pretty(), "t"), "t"));
    }

    private static void assertRoundTrip(Tokenizer tokenizer, String text) {
        assertEquals(text, tokenizer.decode(tokenizer.encode(text)));
        assertEquals(text, reread(tokenizer).decode(tokenizer.encode(text)));
        assertArrayEquals(tokenizer.encode(text), reread(tokenizer).encode(text));
        assertEquals(tokenizer.size(), reread(tokenizer).size());
    }

    @Test
    void textsComeBack() {
        for (Tokenizer tokenizer :
                List.of(new Bytes(), Characters.learn(TEXTS), Words.learn(TEXTS, 100), BytePairs.learn(TEXTS, 30))) {
            TEXTS.forEach(text -> assertRoundTrip(tokenizer, text));
            assertEquals("", tokenizer.decode(new long[] {Tokenizer.START, Tokenizer.END}));
            assertEquals(0, tokenizer.encode("").length);
            assertThrows(IllegalArgumentException.class, () -> tokenizer.decode(new long[] {tokenizer.size()}));
            assertThrows(IllegalArgumentException.class, () -> tokenizer.label(-1));
        }
        assertRoundTrip(new Bytes(), "any\u0000thing � at all 漢");
    }

    @Test
    void whatIsUnknownIsMarked() {
        assertEquals(
                "l�w", Characters.learn(TEXTS).decode(Characters.learn(TEXTS).encode("lüw")));
        assertEquals(
                "low � low", Words.learn(TEXTS, 9).decode(Words.learn(TEXTS, 9).encode(" low  high low")));
        BytePairs pairs = BytePairs.learn(TEXTS, 40);
        assertEquals("lowe� low", pairs.decode(pairs.encode("lowex  low")));
    }

    @Test
    void theMostFrequentWordsAreKept() {
        Words words = Words.learn(TEXTS, 2);
        assertEquals(5, words.size());
        assertArrayEquals(new long[] {3, 4, 0, 0}, words.encode("newest low widest lower"));
    }

    /// The paper's algorithm, which counts all pairs anew for each merge, joins the same pieces.
    @Test
    void bytePairsAreThosePlainCountingFinds() {
        Random random = new Random(7);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            StringBuilder word = new StringBuilder();
            for (int k = 0; k <= random.nextInt(9); k++) {
                word.append((char) ('a' + random.nextInt(4)));
            }
            texts.add(word + " " + "aab".repeat(random.nextInt(3)));
        }
        BytePairs learned = BytePairs.learn(texts, 60);
        List<String> expected = plainMerges(texts, 60 - 3 - 5); // a, b, c, d and the mark
        List<String> merges = JsonField.of(learned.toJson(), "t").get("merges").elements().stream()
                .map(JsonField::asString)
                .toList();
        assertEquals(expected, merges);
        List<String> shuffled = new ArrayList<>(texts);
        Collections.shuffle(shuffled, new Random(1));
        assertEquals(learned.toJson(), BytePairs.learn(shuffled, 60).toJson());
    }

    private static List<String> plainMerges(List<String> texts, int times) {
        Map<List<String>, Integer> words = new HashMap<>();
        for (String text : texts) {
            for (String word : text.strip().split("\\s+")) {
                words.merge(List.of(("▁" + word).split("")), 1, Integer::sum);
            }
        }
        List<String> merges = new ArrayList<>();
        List<String> made = new ArrayList<>();
        while (made.size() < times) {
            Map<String, Integer> counts = new HashMap<>();
            words.forEach((pieces, count) -> {
                for (int i = 0; i + 1 < pieces.size(); i++) {
                    counts.merge(pieces.get(i) + " " + pieces.get(i + 1), count, Integer::sum);
                }
            });
            String best = counts.keySet().stream()
                    .min((a, b) -> counts.get(a).equals(counts.get(b)) ? a.compareTo(b) : counts.get(b) - counts.get(a))
                    .orElseThrow();
            merges.add(best);
            if (!made.contains(best.replace(" ", ""))) {
                made.add(best.replace(" ", ""));
            }
            String[] parts = best.split(" ");
            Map<List<String>, Integer> next = new HashMap<>();
            words.forEach((pieces, count) -> {
                List<String> joined = new ArrayList<>();
                for (int i = 0; i < pieces.size(); i++) {
                    boolean fits = i + 1 < pieces.size()
                            && pieces.get(i).equals(parts[0])
                            && pieces.get(i + 1).equals(parts[1]);
                    joined.add(fits ? parts[0] + parts[1] : pieces.get(i));
                    i += fits ? 1 : 0;
                }
                next.merge(joined, count, Integer::sum);
            });
            words = next;
        }
        return merges;
    }

    /// Frequent words become one piece each, and a piece never reaches over words.
    @Test
    void frequentWordsBecomePieces() {
        BytePairs pairs = BytePairs.learn(TEXTS, 30);
        assertEquals(1, pairs.encode("newest").length);
        assertEquals("▁newest", pairs.label(pairs.encode("newest")[0]));
        assertTrue(pairs.encode("lowest").length < 6);
        assertEquals(pairs.encode("low").length + pairs.encode("newest").length, pairs.encode("low newest").length);
    }

    @Test
    void damagedFilesAreNamed() {
        for (String json : List.of(
                "{\"type\": \"letters\"}",
                "{\"type\": \"words\"}",
                "{\"type\": \"words\", \"vocabulary\": [\"a\", \"a\"]}",
                "{\"type\": \"byte pairs\", \"characters\": [\"a\"], \"merges\": [\"a\"]}",
                "{\"type\": \"characters\", \"vocabulary\": 3}")) {
            MalformedFileException e = assertThrows(
                    MalformedFileException.class, () -> Tokenizer.of(JsonField.of(Json.parse(json, "t"), "t")));
            assertTrue(e.getMessage().startsWith("t"), e.getMessage());
        }
    }
}
