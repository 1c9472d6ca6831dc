package dev.rondo.examples.highlighter;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;

/// The endless series of windows that the highlighter learns from, each within one file. The seed and a window's number
/// say what it is, so a resumed training finds its place.
///
/// Most begin anywhere, but of those that are nearly all comment only a third is kept. Others lie around what is rare,
/// begin at a top-level declaration, since hardly a file of the corpus begins without a licence, or have a text block
/// ([TextBlocks]).
///
/// Threads: any.
final class Windows {
    /// Bytes of a window.
    static final int SIZE = 256;

    private static final double TEXT_BLOCK = 1.0 / 12;
    private static final double DECLARATION = 1.0 / 40;
    private static final double RARE = 1.0 / 4;
    private static final double NEARLY_ALL = 0.95;
    private static final double COMMENTS_KEPT = 1.0 / 3;

    private final LabelledText text;
    private final long seed;
    private final TextBlocks textBlocks;
    private final int[] declarations;
    private final List<int[]> rare;

    /// @param text of which all files have [#SIZE] bytes at least
    Windows(LabelledText text, long seed) {
        this.text = text;
        this.seed = seed;
        this.textBlocks = new TextBlocks(text);
        this.declarations = text.positions(this::isTopLevel);
        Stream<IntPredicate> constructs = Stream.of(
                at -> text.is(at, TokenClass.STRING),
                at -> text.is(at, TokenClass.NUMBER),
                at -> text.is(at, TokenClass.KEYWORD),
                at -> text.is(at, TokenClass.ANNOTATION),
                at -> at > 0 && text.at(at - 1) == '(' && text.is(at, TokenClass.KEYWORD), // casts
                startOf(".", TokenClass.ANNOTATION),
                startOf("\"\"\"\n", TokenClass.STRING),
                startOf("'", TokenClass.STRING),
                startOf("0x", TokenClass.NUMBER),
                startOf("_", TokenClass.KEYWORD),
                startOf("record ", TokenClass.KEYWORD),
                startOf("sealed ", TokenClass.KEYWORD),
                startOf("non-sealed ", TokenClass.KEYWORD),
                startOf("permits ", TokenClass.KEYWORD),
                startOf("yield ", TokenClass.KEYWORD),
                startOf("when ", TokenClass.KEYWORD),
                startOf("var ", TokenClass.KEYWORD));
        this.rare = constructs
                .map(text::positions)
                .filter(positions -> positions.length > 0)
                .toList();
    }

    private boolean isTopLevel(int at) {
        return at > 0
                && text.at(at - 1) == '\n'
                && (text.is(at, TokenClass.KEYWORD) || text.is(at, TokenClass.ANNOTATION));
    }

    private IntPredicate startOf(String construct, TokenClass tokenClass) {
        byte[] bytes = construct.getBytes(StandardCharsets.UTF_8);
        return at -> text.is(at, tokenClass) && text.startsWith(bytes, at);
    }

    /// The window of a number.
    Window get(long number) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed * 1_000_003 + number);
        double kind = random.nextDouble();
        if (kind < TEXT_BLOCK && textBlocks.exist()) {
            return textBlocks.window(random);
        }
        kind -= TEXT_BLOCK;
        if (kind >= 0 && kind < DECLARATION && declarations.length > 0) {
            return from(declarations[random.nextInt(declarations.length)]);
        }
        kind -= DECLARATION;
        if (kind >= 0 && kind < RARE && !rare.isEmpty()) {
            int[] places = rare.get(random.nextInt(rare.size()));
            int place = places[random.nextInt(places.length)];
            int begin = text.begin(text.fileOf(place));
            return from(Math.max(begin, place - random.nextInt(SIZE)));
        }
        while (true) {
            int start = within(random.nextInt(text.size()));
            boolean isComment = text.share(start, start + SIZE, TokenClass.COMMENT) > NEARLY_ALL;
            if (!isComment || random.nextDouble() < COMMENTS_KEPT) {
                return from(start);
            }
        }
    }

    private Window from(int place) {
        int start = within(place);
        return text.window(start, start + SIZE);
    }

    /// A window's start that leaves it within the file.
    private int within(int place) {
        return Math.min(place, text.end(text.fileOf(place)) - SIZE);
    }
}
