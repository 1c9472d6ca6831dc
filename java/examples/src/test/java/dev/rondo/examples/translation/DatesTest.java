package dev.rondo.examples.translation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.text.Characters;
import dev.rondo.text.Tokenizer;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DatesTest {
    private final Dates dates = new Dates();

    /// A text means one date, whatever language it is in.
    @Test
    void noTextIsAmbiguous() {
        Map<String, String> meanings = new HashMap<>();
        for (Sentence sentence : dates.drawAll(60_000, false, new Random(5))) {
            String known = meanings.putIfAbsent(sentence.source(), sentence.target());
            assertEquals(known == null ? sentence.target() : known, sentence.target(), sentence.source());
        }
    }

    @Test
    void heldOutDatesAreNeverLearned() {
        Set<String> learned = new HashSet<>();
        dates.drawAll(50_000, false, new Random(1)).forEach(sentence -> learned.add(sentence.target()));
        List<Sentence> heldOut = dates.drawAll(5000, true, new Random(2));
        heldOut.forEach(sentence -> assertTrue(!learned.contains(sentence.target()), sentence.target()));
        long days = LocalDate.of(1950, 1, 1)
                .datesUntil(LocalDate.of(2050, 1, 1))
                .filter(Dates::isHeldOut)
                .count();
        assertEquals(0.1, days / 36525.0, 0.01);
    }

    @Test
    void theAlphabetHasAllCharacters() {
        Characters characters = Characters.learn(dates.alphabet());
        for (Sentence sentence : dates.drawAll(20_000, true, new Random(3))) {
            for (long id : characters.encode(sentence.source())) {
                assertTrue(id != Tokenizer.UNKNOWN, sentence.source());
            }
        }
    }

    @Test
    void everyLanguageHasItsForms() {
        Set<String> texts = new HashSet<>();
        for (int i = 0; i < 3000; i++) {
            texts.add(dates.draw(Dates.LOCALES.indexOf(java.util.Locale.FRENCH), false, new Random(i))
                    .source());
        }
        assertTrue(texts.stream().anyMatch(text -> text.matches("lundi [0-9]{1,2} mars [0-9]{4}")));
        assertTrue(texts.stream().anyMatch(text -> text.matches("\\[fr] [0-9]{2}/[0-9]{2}/[0-9]{4}")));
    }
}
