package dev.rondo.examples.highlighter;

import java.util.List;
import java.util.Set;

/// Tells where the words that may also be names are keywords: `var`, `record`, `sealed`, `permits`, `yield`, `when`,
/// and the words of module declarations. The tokens around a word decide, without a parser.
final class ContextualKeywords {
    private static final Set<String> AFTER_SEALED =
            Set.of("class", "interface", "abstract", "public", "protected", "private", "static", "strictfp", "@");
    private static final Set<String> BEFORE_STATEMENT = Set.of("{", "}", ";", ":", ")", "else", "do", "->");
    private static final Set<String> NEVER_AFTER_YIELD = Set.of("=", ".", "[", ")", ",", ";", "->", "::", "*", "/", "");
    private static final Set<String> NEVER_AFTER_WHEN = Set.of(",", ".", "->", ":", ")");

    private final List<Token> tokens;
    private final int module;

    /// @param tokens of a whole file, without comments
    ContextualKeywords(List<Token> tokens) {
        this.tokens = tokens;
        this.module = module();
    }

    private Token token(int index) {
        return index >= 0 && index < tokens.size() ? tokens.get(index) : Token.NONE;
    }

    /// Where the word `module` of a module declaration is, or -1. Only imports, annotations and `open` precede it.
    private int module() {
        boolean isImport = false;
        for (int i = 0; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            if (isImport || token.is("import")) {
                isImport = !token.is(";");
            } else if (Set.of("package", "class", "interface", "enum", "{").contains(token.text())) {
                return -1;
            } else if (token.is("module")
                    && token(i + 1).isName()
                    && !token(i - 1).is(".")) {
                return i;
            }
        }
        return -1;
    }

    /// Whether the three tokens from here on are the keyword `non-sealed`.
    boolean isNonSealed(int index) {
        Token non = token(index);
        Token minus = token(index + 1);
        return non.is("non")
                && minus.is("-")
                && minus.start() == non.end()
                && token(index + 2).is("sealed")
                && AFTER_SEALED.contains(token(index + 3).text());
    }

    /// Whether a word that is not reserved is a keyword.
    ///
    /// @param isInCaseLabel whether it stands between `case` and the arrow or colon
    boolean isKeyword(int index, boolean isInCaseLabel) {
        Token before = token(index - 1);
        Token next = token(index + 1);
        if (before.is(".") || before.is("::")) {
            return false;
        }
        return switch (tokens.get(index).text()) {
            case "var" -> next.isWord();
            case "record" ->
                next.isName() && Set.of("(", "<").contains(token(index + 2).text());
            case "sealed" -> AFTER_SEALED.contains(next.text());
            case "permits" -> next.isName() && (before.isName() || before.is(">") || before.is(")"));
            case "yield" -> BEFORE_STATEMENT.contains(before.text()) && !NEVER_AFTER_YIELD.contains(next.text());
            case "when" ->
                isInCaseLabel
                        && (before.isName() || before.is(")") || before.is("_"))
                        && !NEVER_AFTER_WHEN.contains(next.text());
            default -> module >= 0 && isModuleKeyword(index, before, next);
        };
    }

    private boolean isModuleKeyword(int index, Token before, Token next) {
        return switch (tokens.get(index).text()) {
            case "module" -> index == module;
            case "open" -> index == module - 1;
            case "requires", "exports", "opens", "uses", "provides" ->
                before.is("{") || before.is(";") || before.is("}");
            case "transitive" -> (before.is("requires") || before.is("static")) && !next.is(";");
            case "to", "with" -> before.isName() && next.isName();
            default -> false;
        };
    }
}
