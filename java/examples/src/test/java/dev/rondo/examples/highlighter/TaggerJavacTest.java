package dev.rondo.examples.highlighter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.source.tree.AnnotationTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.PrimitiveTypeTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import dev.rondo.examples.Corpus;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/// The tagger agrees with the compiler about real sources. They are read as ISO 8859-1, so that characters are bytes.
class TaggerJavacTest {
    private record Parsed(CompilationUnitTree unit, SourcePositions positions) {}

    private static Parsed parse(String name, String source) throws IOException {
        JavaFileObject file = new SimpleJavaFileObject(URI.create("string:///" + name), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return source;
            }
        };
        JavacTask task = (JavacTask) ToolProvider.getSystemJavaCompiler()
                .getTask(null, null, _ -> {}, List.of("-proc:none"), null, List.of(file));
        return new Parsed(task.parse().iterator().next(), Trees.instance(task).getSourcePositions());
    }

    private static final class Checker extends TreeScanner<Void, Void> {
        private final Parsed parsed;
        private final String source;
        private final byte[] classes;
        private int checked;

        Checker(Parsed parsed, String source, byte[] classes) {
            this.parsed = parsed;
            this.source = source;
            this.classes = classes;
        }

        private void assertIs(Tree tree, long start, long end, Set<TokenClass> expected) {
            for (int i = (int) start; i < end; i++) {
                TokenClass actual = TokenClass.values()[classes[i]];
                assertTrue(
                        expected.contains(actual),
                        () -> tree.getKind() + " at byte " + start + " of "
                                + parsed.unit.getSourceFile().getName() + ": " + actual);
            }
            checked++;
        }

        private void assertIs(Tree tree, TokenClass... expected) {
            long start = parsed.positions.getStartPosition(parsed.unit, tree);
            long end = parsed.positions.getEndPosition(parsed.unit, tree);
            assertIs(tree, start, end, EnumSet.copyOf(List.of(expected)));
        }

        /// The compiler takes a sign before a number for a part of it.
        private void assertIsNumber(Tree tree) {
            long start = parsed.positions.getStartPosition(parsed.unit, tree);
            long end = parsed.positions.getEndPosition(parsed.unit, tree);
            while ("- ".indexOf(source.charAt((int) start)) >= 0) {
                start++;
            }
            assertIs(tree, start, end, EnumSet.of(TokenClass.NUMBER));
        }

        /// The compiler takes a sum of literals for one.
        private void assertIsString(Tree tree) {
            long start = parsed.positions.getStartPosition(parsed.unit, tree);
            long end = parsed.positions.getEndPosition(parsed.unit, tree);
            assertIs(tree, start, start + 1, EnumSet.of(TokenClass.STRING));
            assertIs(tree, end - 1, end, EnumSet.of(TokenClass.STRING));
            for (long i = start; i < end; i++) {
                boolean isPlus = source.charAt((int) i) == '+';
                Set<TokenClass> between = EnumSet.of(TokenClass.STRING, TokenClass.WHITESPACE, TokenClass.COMMENT);
                if (isPlus) {
                    between.add(TokenClass.OPERATOR);
                }
                assertIs(tree, i, i + 1, between);
            }
        }

        @Override
        public Void visitLiteral(LiteralTree tree, Void nothing) {
            switch (tree.getKind()) {
                case CHAR_LITERAL -> assertIs(tree, TokenClass.STRING);
                case STRING_LITERAL -> assertIsString(tree);
                case BOOLEAN_LITERAL, NULL_LITERAL -> assertIs(tree, TokenClass.KEYWORD);
                default -> assertIsNumber(tree);
            }
            return null;
        }

        @Override
        public Void visitPrimitiveType(PrimitiveTypeTree tree, Void nothing) {
            assertIs(tree, TokenClass.KEYWORD);
            return null;
        }

        @Override
        public Void visitAnnotation(AnnotationTree tree, Void nothing) {
            assertIs(tree.getAnnotationType(), TokenClass.ANNOTATION);
            return scan(tree.getArguments(), null);
        }

        @Override
        public Void visitIdentifier(IdentifierTree tree, Void nothing) {
            String name = tree.getName().toString();
            boolean isWord = source.startsWith(name, (int) parsed.positions.getStartPosition(parsed.unit, tree));
            if (name.equals("this") || name.equals("super")) {
                assertIs(tree, TokenClass.KEYWORD);
            } else if (isWord) { // record components and such have trees that are not written out
                assertIs(tree, TokenClass.TYPE, TokenClass.METHOD, TokenClass.IDENTIFIER);
            }
            return null;
        }
    }

    @Test
    void agreesWithTheCompiler() throws IOException {
        Corpus sources = Corpus.ofJava(name -> name.startsWith("java.base/java/lang/")
                || name.startsWith("java.base/java/text/")
                || name.startsWith("dev.rondo"));
        int checked = 0;
        for (int i = 0; i < sources.texts().size(); i += 10) {
            Corpus.Text text = sources.texts().get(i);
            String source = new String(text.bytes(), StandardCharsets.ISO_8859_1);
            byte[] classes = Tagger.classes(text.bytes());
            Parsed parsed = parse(text.name(), source);
            Checker checker = new Checker(parsed, source, classes);
            checker.scan(parsed.unit, null);
            checked += checker.checked;

            String bare = blank(source, classes, TokenClass.COMMENT);
            assertEquals(
                    outline(parsed), outline(parse(text.name(), bare)), text.name() + " without what seem comments");
            String code = blank(bare, classes, TokenClass.STRING);
            assertFalse(code.contains("//") || code.contains("/*") || code.matches("(?s).*[\"'].*"), text.name());
        }
        assertTrue(checked > 5000, "only " + checked + " trees");
    }

    /// All trees with their positions.
    private static List<String> outline(Parsed parsed) {
        List<String> outline = new ArrayList<>();
        new TreeScanner<Void, Void>() {
            @Override
            public Void scan(Tree tree, Void nothing) {
                if (tree != null) {
                    outline.add(tree.getKind() + " " + parsed.positions.getStartPosition(parsed.unit, tree) + " "
                            + parsed.positions.getEndPosition(parsed.unit, tree));
                }
                return super.scan(tree, null);
            }
        }.scan(parsed.unit, null);
        return outline;
    }

    /// The source with spaces in place of a class's bytes, line breaks kept.
    private static String blank(String source, byte[] classes, TokenClass tokenClass) {
        StringBuilder blanked = new StringBuilder(source);
        IntStream.range(0, classes.length)
                .filter(i -> classes[i] == tokenClass.ordinal() && source.charAt(i) != '\n')
                .forEach(i -> blanked.setCharAt(i, ' '));
        return blanked.toString();
    }
}
