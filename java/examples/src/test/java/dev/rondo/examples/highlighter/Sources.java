package dev.rondo.examples.highlighter;

import dev.rondo.examples.Corpus;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;

/// Java sources for tests.
final class Sources {
    private Sources() {}

    static String source(int number) {
        String body = IntStream.rangeClosed(0, number).mapToObj("""
                            /// Gives %1$d, or what comes after it.
                            @Deprecated(since = "%1$d")
                            static int next%1$d(List<String> names) {
                                var first = names.getFirst(); // the first of them
                                return first.equals("a\\"%1$d") ? 0x%1$dF : '%1$d' + MAX * %1$d;
                            }
                        """::formatted).reduce("", String::concat);
        return """
                /* Made up for a test. */
                package made.up.number%1$d;

                import java.util.List;

                public sealed class Made%1$d permits Other {
                    private static final int MAX = 1_000;

                %2$s}
                """.formatted(number, body);
    }

    static Corpus corpus(int... numbers) {
        List<Corpus.Text> texts = IntStream.of(numbers)
                .mapToObj(number ->
                        new Corpus.Text(number + ".java", source(number).getBytes(StandardCharsets.UTF_8)))
                .toList();
        return new Corpus("made up", texts);
    }

    static LabelledText text(int... numbers) {
        return LabelledText.of(
                corpus(numbers).texts().stream().map(Corpus.Text::bytes).toList());
    }
}
