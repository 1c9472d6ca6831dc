package dev.rondo.examples.highlighter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class WindowsTest {
    private static final int COUNT = 3000;

    private final LabelledText text = Sources.text(1, 2, 3, 4);

    private static String string(Window window) {
        return new String(window.text(), StandardCharsets.ISO_8859_1);
    }

    private static RandomGenerator random(long seed) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    @Test
    void theirNumberAndTheSeedSayWhatTheyAre() {
        Windows windows = new Windows(text, 5);
        Windows again = new Windows(text, 5);
        Windows other = new Windows(text, 6);

        for (long number : new long[] {0, 7, 100_000, 3}) {
            assertArrayEquals(windows.get(number).text(), again.get(number).text(), "window " + number);
            assertArrayEquals(windows.get(number).classes(), again.get(number).classes(), "window " + number);
        }
        assertFalse(LongStream.range(0, 10)
                .allMatch(number -> Arrays.equals(
                        windows.get(number).text(), other.get(number).text())));
    }

    @Test
    void areOfAFileWithItsClassesOrHaveATextBlock() {
        Windows windows = new Windows(text, 5);
        List<String> files = List.of(Sources.source(1), Sources.source(2), Sources.source(3), Sources.source(4));
        int made = 0;
        int declarations = 0;
        for (long number = 0; number < COUNT; number++) {
            Window window = windows.get(number);
            assertEquals(Windows.SIZE, window.text().length);
            assertEquals(Windows.SIZE, window.classes().length);
            String string = string(window);
            String file = files.stream()
                    .filter(each -> each.contains(string))
                    .findFirst()
                    .orElse(null);
            if (file == null) {
                made++;
                continue;
            }
            byte[] classes = Tagger.classes(file.getBytes(StandardCharsets.UTF_8));
            int start = file.indexOf(string);
            assertArrayEquals(
                    Arrays.copyOfRange(classes, start, start + Windows.SIZE), window.classes(), "window " + number);
            declarations += string.matches("(?s)(package|import|public) .*") ? 1 : 0;
        }
        assertTrue(made > COUNT / 24 && made < COUNT / 6, made + " with a text block");
        assertTrue(declarations > COUNT / 80, declarations + " from a declaration on");
    }

    @Test
    void textBlocksEndInSight() {
        TextBlocks blocks = new TextBlocks(text);
        assertTrue(blocks.exist());
        RandomGenerator random = random(11);
        for (int i = 0; i < COUNT; i++) {
            Window window = blocks.window(random);
            String string = string(window);
            int quotes = string.indexOf("\"\"\"");
            assertTrue(quotes >= 0, string);
            assertEquals(TokenClass.STRING.ordinal(), window.classes()[quotes], string);
        }
    }

    @Test
    void withoutALiteralThereAreNoTextBlocks() {
        byte[] source = "int x;\n".repeat(100).getBytes(StandardCharsets.UTF_8);
        LabelledText plain = LabelledText.of(List.of(source));
        assertFalse(new TextBlocks(plain).exist());
        Windows windows = new Windows(plain, 1);
        for (long number = 0; number < 100; number++) {
            assertFalse(string(windows.get(number)).contains("\""));
        }
    }

    @Test
    void findsTheFileOfAByte() {
        LabelledText some = LabelledText.of(List.of(new byte[0], new byte[2], new byte[0], new byte[0], new byte[1]));

        assertEquals(3, some.size());
        assertEquals(1, some.fileOf(0));
        assertEquals(1, some.fileOf(1));
        assertEquals(4, some.fileOf(2));
        assertEquals(2, some.end(1));
        assertEquals(2, some.begin(4));
    }
}
