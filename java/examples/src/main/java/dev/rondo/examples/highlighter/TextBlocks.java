package dev.rondo.examples.highlighter;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/// Windows with a text block in place of a string literal: the corpus has too few of them to learn from. The block's
/// lines are lines of the corpus, code and comments, and bits of markup; the whole file is labelled anew.
final class TextBlocks {
    private static final byte[] QUOTES = "\"\"\"".getBytes(StandardCharsets.UTF_8);
    private static final byte[] CALL = ".formatted(x)".getBytes(StandardCharsets.UTF_8);
    private static final int LONGEST_LINE = 90;
    private static final int LONGEST_BODY = 225;

    /// In a table of strings nobody would write a text block; as much of the text before may be strings.
    private static final int TABLE_SIZE = 128;

    private static final double TABLE_SHARE = 0.3;

    private final LabelledText text;
    private final int[] literals;
    private final int[] lines;

    TextBlocks(LabelledText text) {
        this.text = text;
        this.literals = text.positions(this::isReplaceable);
        this.lines = text.positions(at -> at > 0 && text.at(at - 1) == '\n');
    }

    /// Whether there is a literal to replace, and something to replace it with.
    boolean exist() {
        return literals.length > 0 && lines.length > 0;
    }

    private boolean isReplaceable(int at) {
        if (text.at(at) != '"'
                || !text.is(at, TokenClass.STRING)
                || at == 0
                || text.is(at - 1, TokenClass.STRING)
                || text.startsWith(QUOTES, at)) {
            return false;
        }
        int file = text.fileOf(at);
        int begin = text.begin(file);
        int from = Math.max(at - TABLE_SIZE, begin);
        boolean isInTable = from == at || text.share(from, at, TokenClass.STRING) >= TABLE_SHARE;
        int remaining = at - begin + text.end(file) - end(at);
        return !isInTable && remaining >= Windows.SIZE;
    }

    /// The end of the literal that begins here.
    private int end(int literal) {
        int last = text.end(text.fileOf(literal));
        int end = literal;
        while (end < last && text.is(end, TokenClass.STRING)) {
            end++;
        }
        return end;
    }

    /// A window in which one end of a text block is, or both.
    Window window(RandomGenerator random) {
        int start = literals[random.nextInt(literals.length)];
        int file = text.fileOf(start);
        byte[] before = text.bytes(text.begin(file), start);
        byte[] block = block(random);
        byte[] call = random.nextInt(4) == 0 ? CALL : new byte[0];
        byte[] after = text.bytes(end(start), text.end(file));
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (byte[] part : new byte[][] {before, block, call, after}) {
            joined.writeBytes(part);
        }
        byte[] source = joined.toByteArray();
        byte[] classes = Tagger.classes(source);

        // Without its beginning a block is in sight only if its end is.
        int hidden = block.length < Windows.SIZE - 56 ? Math.min(40, block.length - 4) : 0;
        int from = before.length - random.nextInt(-hidden, Windows.SIZE - 8);
        from = Math.clamp(from, 0, source.length - Windows.SIZE);
        return new Window(
                Arrays.copyOfRange(source, from, from + Windows.SIZE),
                Arrays.copyOfRange(classes, from, from + Windows.SIZE));
    }

    private byte[] block(RandomGenerator random) {
        String indentation = " ".repeat(random.nextInt(25));
        List<String> body = new ArrayList<>();
        int count = 1 + random.nextInt(6);
        for (int i = 0; i < count; i++) {
            body.add(indentation + " ".repeat(pick(random, 0, 0, 2, 4)) + line(random));
        }
        String inside = String.join("\n", body);
        inside = inside.substring(0, Math.min(inside.length(), LONGEST_BODY));
        boolean needsLineBreak = inside.endsWith("\"") || inside.endsWith("\\");
        String end = needsLineBreak || random.nextDouble() < 0.6 ? "\n" + indentation : "";
        return ("\"\"\"\n" + inside + end + "\"\"\"").getBytes(StandardCharsets.ISO_8859_1);
    }

    /// A line of the corpus, or a bit of markup with words of that line.
    private String line(RandomGenerator random) {
        String line = corpusLine(random);
        if (random.nextDouble() < 0.6) {
            return line;
        }
        String[] words = Arrays.stream(line.split(" "))
                .filter(word -> word.matches("\\w+"))
                .toArray(String[]::new);
        if (words.length == 0) {
            words = new String[] {"x"};
        }
        String a = pick(random, words);
        String b = pick(random, words);
        int number = random.nextInt(1000);
        String tag = pick(random, "p", "div", "li", "h1", "td", "span");
        return switch (random.nextInt(10)) {
            case 0 -> "<" + tag + " class=\"" + a + "\">" + b + "</" + tag + ">";
            case 1 -> "<" + tag + ">" + String.join(" ", words) + "</" + tag + ">";
            case 2 -> "\"" + a + "\": \"" + b + "\",";
            case 3 -> "\"" + a + "\": " + number + ",";
            case 4 -> "{";
            case 5 -> "}";
            case 6 -> a + " \\\"\"\" " + b;
            case 7 -> "select " + a + " from " + b + " where " + a + " = " + number;
            case 8 -> a + " = %s // " + b;
            default -> "";
        };
    }

    /// A line that may be part of a text block; the star of a comment is mostly left out.
    private String corpusLine(RandomGenerator random) {
        while (true) {
            int start = lines[random.nextInt(lines.length)];
            int end = start;
            while (end < Math.min(text.size(), start + LONGEST_LINE) && text.at(end) != '\n') {
                end++;
            }
            String line = new String(text.bytes(start, end), StandardCharsets.ISO_8859_1).strip();
            if (line.startsWith("* ") && random.nextDouble() < 0.9) {
                line = line.substring(2);
            }
            if (!line.isEmpty() && !line.contains("\"\"\"") && !line.endsWith("\"") && !line.endsWith("\\")) {
                return line;
            }
        }
    }

    @SafeVarargs
    private static <T> T pick(RandomGenerator random, T... choices) {
        return choices[random.nextInt(choices.length)];
    }
}
