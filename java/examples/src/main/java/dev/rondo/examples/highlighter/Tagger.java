package dev.rondo.examples.highlighter;

import java.util.Arrays;
import java.util.List;

/// Tells of every byte of a Java source file which [TokenClass] it is of. This is what the highlighter learns to
/// do without knowing any of the rules.
///
/// {@snippet :
/// byte[] classes = Tagger.classes("int x;".getBytes(StandardCharsets.UTF_8)); // 4 4 4 0 8 9
/// }
public final class Tagger {
    private final List<Token> tokens;
    private final ContextualKeywords contextual;
    private final byte[] classes;

    private Tagger(List<Token> all, byte[] classes) {
        this.tokens =
                all.stream().filter(token -> token.kind() != Token.Kind.COMMENT).toList();
        this.contextual = new ContextualKeywords(tokens);
        this.classes = classes;
    }

    /// The ordinal of each byte's class.
    ///
    /// @param source any bytes; UTF-8 for words that are not ASCII
    public static byte[] classes(byte[] source) {
        byte[] classes = new byte[source.length];
        Arrays.fill(classes, (byte) TokenClass.WHITESPACE.ordinal());
        List<Token> all = Lexer.tokens(source);
        Tagger tagger = new Tagger(all, classes);
        for (Token token : all) {
            switch (token.kind()) {
                case COMMENT -> tagger.mark(token, TokenClass.COMMENT);
                case STRING -> tagger.mark(token, TokenClass.STRING);
                case NUMBER -> tagger.mark(token, TokenClass.NUMBER);
                case OPERATOR -> tagger.mark(token, TokenClass.OPERATOR);
                case WORD, NONE -> {}
            }
        }
        tagger.markWords();
        return classes;
    }

    private void mark(Token token, TokenClass tokenClass) {
        Arrays.fill(classes, token.start(), token.end(), (byte) tokenClass.ordinal());
    }

    private void mark(int from, int to, TokenClass tokenClass) {
        for (int i = from; i < to; i++) {
            mark(tokens.get(i), tokenClass);
        }
    }

    private Token token(int index) {
        return index < tokens.size() ? tokens.get(index) : Token.NONE;
    }

    private void markWords() {
        int depth = 0; // of parentheses
        int caseDepth = -1; // where the open case label began
        int index = 0;
        while (index < tokens.size()) {
            Token token = tokens.get(index);
            int end = index + 1;
            switch (token.text()) {
                case "(" -> depth++;
                case ")" -> depth--;
                case "case" -> caseDepth = depth;
                case "->", ":" -> caseDepth = caseDepth == depth ? -1 : caseDepth;
                default -> {}
            }
            if (token.is("@")) {
                end = annotation(index);
            } else if (contextual.isNonSealed(index)) {
                end = index + 3;
                mark(index, end, TokenClass.KEYWORD);
            } else if (token.isWord()) {
                mark(token, word(index, caseDepth == depth));
            }
            index = end;
        }
    }

    /// Marks the annotation that begins with this at sign, if it is one's, and gives its end.
    private int annotation(int at) {
        int end = at + 1;
        if (token(end).is("interface")) {
            mark(at, end, TokenClass.KEYWORD);
        } else if (token(end).isName()) {
            end++;
            while (token(end).is(".") && token(end + 1).isName()) {
                end += 2;
            }
            mark(at, end, TokenClass.ANNOTATION);
        }
        return end;
    }

    private TokenClass word(int index, boolean isInCaseLabel) {
        Token token = tokens.get(index);
        if (token.isReserved() || contextual.isKeyword(index, isInCaseLabel)) {
            return TokenClass.KEYWORD;
        }
        String text = token.text();
        boolean isAllCapitals = text.length() > 1 && text.codePoints().noneMatch(Character::isLowerCase);
        if (Character.isUpperCase(text.codePointAt(0)) && !isAllCapitals) {
            return TokenClass.TYPE;
        }
        return token(index + 1).is("(") ? TokenClass.METHOD : TokenClass.IDENTIFIER;
    }
}
