package dev.rondo.cli;

import java.io.IOException;
import java.io.Writer;
import java.util.Arrays;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// A page that needs nothing else: the source in colours, light or dark as the reader's system is.
///
/// @param title   name of the source
/// @param summary what was done and how fast
/// @param source  the text
/// @param lines   number of lines
record HtmlPage(String title, String summary, HighlightedSource source, int lines) {
    private static final String HEAD = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>%s</title>
            <style>
            :root { color-scheme: light dark;
              --page: #f6f8fa; --paper: #ffffff; --rule: #d8dee4; --ink: #1f2328; --faint: #6b7280; }
            @media (prefers-color-scheme: dark) {
              :root { --page: #0d1117; --paper: #151b23; --rule: #2d333b; --ink: #e6edf3; --faint: #8b949e; }
            }
            body { margin: 0 auto; padding: 2rem 1rem; max-width: 70rem; background: var(--page); color: var(--ink);
              font: 15px/1.5 system-ui, sans-serif; }
            h1 { margin: 0; font-size: 1.3rem; overflow-wrap: anywhere; }
            p, ul { margin: .4rem 0 1rem; color: var(--faint); }
            ul { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; padding: 0; list-style: none; }
            li { font-weight: 600; }
            main { display: flex; overflow-x: auto; border: 1px solid var(--rule); border-radius: 8px;
              background: var(--paper); }
            pre { margin: 0; padding: 1rem; font: 13px/1.55 ui-monospace, Menlo, Consolas, monospace; tab-size: 4; }
            pre:first-child { border-right: 1px solid var(--rule); color: var(--faint); text-align: right;
              user-select: none; }
            %s
            @media (prefers-color-scheme: dark) {
            %s
            }
            </style>
            </head>
            <body>
            <h1>%s</h1>
            <p>%s</p>
            <ul>%s</ul>
            <main><pre aria-hidden="true">%s</pre><pre><code>""";

    private static final String TAIL = "</code></pre></main>\n</body>\n</html>\n";

    void write(Writer out) throws IOException {
        out.write(HEAD.formatted(
                escape(title),
                rules(TokenClass::light),
                rules(TokenClass::dark),
                escape(title),
                escape(summary),
                legend(),
                IntStream.rangeClosed(1, lines).mapToObj(Integer::toString).collect(Collectors.joining("\n"))));
        source.forEachRun((tokenClass, from, to) -> {
            String text = escape(source.text(from, to));
            out.write(isVisible(tokenClass) ? span("span", tokenClass, text) : text);
        });
        out.write(TAIL);
    }

    private static boolean isVisible(TokenClass tokenClass) {
        return tokenClass != TokenClass.WHITESPACE;
    }

    private static String span(String element, TokenClass tokenClass, String text) {
        return "<" + element + " class=\"" + tokenClass.word() + "\">" + text + "</" + element + ">";
    }

    private static String rules(Function<TokenClass, String> colour) {
        return visible()
                .map(c -> "." + c.word() + " { color: " + colour.apply(c)
                        + (c == TokenClass.COMMENT ? "; font-style: italic" : "")
                        + (c == TokenClass.KEYWORD ? "; font-weight: 600" : "") + "; }")
                .collect(Collectors.joining("\n"));
    }

    private static String legend() {
        return visible().map(c -> span("li", c, c.word())).collect(Collectors.joining());
    }

    private static Stream<TokenClass> visible() {
        return Arrays.stream(TokenClass.values()).filter(HtmlPage::isVisible);
    }

    /// Text as HTML; control characters, which HTML has no place for, as their pictures.
    private static String escape(String text) {
        StringBuilder escaped = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\n', '\r', '\t' -> escaped.append(c);
                default -> escaped.append(c < ' ' ? (char) ('\u2400' + c) : c == 0x7f ? '\u2421' : c);
            }
        }
        return escaped.toString();
    }
}
