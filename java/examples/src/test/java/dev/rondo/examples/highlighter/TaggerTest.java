package dev.rondo.examples.highlighter;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Classes are written below the source, one letter a byte.
class TaggerTest {
    private static final String LETTERS = " csnk@tmio"; // in the order of TokenClass

    private static String classes(String source) {
        StringBuilder letters = new StringBuilder();
        for (byte tokenClass : Tagger.classes(source.getBytes(StandardCharsets.UTF_8))) {
            letters.append(LETTERS.charAt(tokenClass));
        }
        return letters.toString();
    }

    private static void assertClasses(String source, String expected) {
        assertEquals(expected, classes(source), source);
    }

    @Test
    void namesAndKeywords() {
        assertClasses("int x;", "kkk io");
        assertClasses("final Foo<Bar[]> MAX = make(T.A);", "kkkkk tttotttooo iii o mmmmototoo");
        assertClasses("new Foo(this)", "kkk tttokkkko");
        assertClasses("return null == _x", "kkkkkk kkkk oo ii");
        assertClasses("a->b::new", "iooiookkk");
        assertClasses("$a1 (_)", "mmm oko");
    }

    @Test
    void wordsByTheirSpelling() {
        assertClasses("T", "t");
        assertClasses("AB", "ii");
        assertClasses("Ab", "tt");
        assertClasses("A_1", "iii");
        assertClasses("A()", "too");
        assertClasses("AB()", "mmoo");
        assertClasses("Über über", "ttttt iiiii"); // two bytes of UTF-8 each
        assertClasses("\\u0041b", "iiiiiii");
    }

    @Test
    void comments() {
        assertClasses("a // b\nc", "i cccc i");
        assertClasses("a/**b\n*/c", "iccccccci");
        assertClasses("/*/ a */b", "cccccccci");
        assertClasses("//a\r\nb", "ccc  i");
        assertClasses("\"//\" /* \" */ '\"'", "ssss ccccccc sss");
    }

    @Test
    void literals() {
        assertClasses("\"a\\\"b\"+c", "ssssssoi");
        assertClasses("\"\" \"\\\\\" ' '", "ss ssss sss");
        assertClasses("'\\'' '\\u0027'", "ssss ssssssss");
        assertClasses("'\\u005c'' x", "sssssssss i"); // an escaped backslash escapes the quote
        assertClasses("'\\u005c\\u005c'", "ssssssssssssss");
        String block = "\"\"\"\n a \" \"\" \\\"\"\" b\n\"\"\"";
        assertClasses(block + ".x()", "s".repeat(block.length()) + "omoo");
        assertClasses("\"open\nx", "sssss i");
    }

    @Test
    void numbers() {
        assertClasses("0xFF_00L -1.5e-3f+.5", "nnnnnnnn onnnnnnnonn");
        assertClasses("0x1.8p+3 0xe+1", "nnnnnnnn nnnon");
        assertClasses("1-2 1e5 0b01 1.", "non nnn nnnn nn");
        assertClasses("a.b1 x[0].y", "ioii ionooi");
    }

    @Test
    void annotations() {
        assertClasses("@A(b=1) int c", "@@oiono kkk i");
        assertClasses("@a.b.C void d", "@@@@@@ kkkk i");
        assertClasses("@ a . B c", "@ @ @ @ i");
        assertClasses("@interface A {}", "kkkkkkkkkk t oo");
        assertClasses("int @A [] b", "kkk @@ oo i");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    var x = 1;                              | var      | k
                    var.foo();                              | var      | i
                    record P(int x) {}                      | record   | k
                    record P<T>(T x) {}                     | record   | k
                    record(x);                              | record   | m
                    record = 1;                             | record   | i
                    sealed interface A permits B {}         | sealed   | k
                    sealed interface A permits B {}         | permits  | k
                    sealed interface A<T> permits B {}      | permits  | k
                    int permits = 1;                        | permits  | i
                    non-sealed class A {}                   | non      | k
                    non-sealed class A {}                   | -        | k
                    non-sealed class A {}                   | sealed   | k
                    a = non-sealed;                         | sealed   | i
                    case A -> { yield 1; }                  | yield    | k
                    case A: yield (1);                      | yield    | k
                    yield = 1;                              | yield    | i
                    Thread.yield();                         | yield    | m
                    case A a when a.b() -> 1;               | when     | k
                    case A(int a) when (a > 1) -> 1;        | when     | k
                    case A _ when x -> 1;                   | when     | k
                    case when -> 1;                         | when     | i
                    f(when);                                | when     | i
                    case 1 -> when;                         | when     | i
                    module a.b { requires c; }              | module   | k
                    open module a.b { }                     | open     | k
                    module a { requires transitive c; }     | requires | k
                    module a { requires transitive c; }     | transitive | k
                    module a { requires transitive; }       | transitive | i
                    module a { exports b to c; }            | to       | k
                    module a { provides B with C; }         | with     | k
                    import a.b; module c { uses d; }        | module   | k
                    class A { int module, requires; }       | module   | i
                    class A { int module, requires; }       | requires | i
                    import module java.base;                | module   | i
                    """)
    void contextualKeywords(String source, String word, char expected) {
        assertEquals(expected, classes(source).charAt(source.indexOf(word)), source);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\"",
                "'\\",
                "\"\"\"",
                "\"\"\"\\",
                "/*",
                "/",
                "0x",
                "1e+",
                "@",
                "\\u12",
                "non-",
                "é",
                "\\",
                "'\\u005c"
            })
    void takesAnyBytes(String source) {
        assertEquals(
                source.getBytes(StandardCharsets.UTF_8).length, classes(source).length());
    }
}
