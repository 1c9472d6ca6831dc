package dev.rondo.examples.ast;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.format.MalformedFileException;
import java.util.List;
import org.junit.jupiter.api.Test;

class JavaMethodsTest {
    @Test
    void bodiesAreTrees() {
        List<JavaMethod> methods = JavaMethods.parse("A.java", """
                class A {
                    int x;
                    A(int x) { this.x = x; }
                    abstract void none();
                    int size(int y) { return y + this.size(12) * 1234567890; }
                }
                """);
        assertEquals(1, methods.size());
        JavaMethod size = methods.getFirst();
        assertEquals("size", size.name());
        assertEquals(
                List.of(
                        "BLOCK",
                        "RETURN",
                        "PLUS",
                        "y",
                        "MULTIPLY",
                        "METHOD_INVOCATION",
                        "." + JavaMethod.OWN_NAME,
                        "this",
                        "INT_LITERAL 12",
                        "INT_LITERAL"),
                size.symbols());
        assertArrayEquals(new int[] {-1, 0, 1, 2, 2, 4, 5, 6, 5, 4}, size.parents());
    }

    @Test
    void methodsWithinMethods() {
        List<JavaMethod> methods = JavaMethods.parse(
                "A.java", "class A { Runnable a() { return new Runnable() { public void run() { a(); } }; } }");
        assertEquals(List.of("a", "run"), methods.stream().map(JavaMethod::name).toList());
        assertTrue(methods.getFirst().symbols().contains(JavaMethod.OWN_NAME));
        assertTrue(methods.getLast().symbols().contains("a"));
    }

    @Test
    void whatIsNoJavaHasNoMethods() {
        assertEquals(List.of(), JavaMethods.parse("A.java", "]] 12 {"));
        assertEquals(List.of(), JavaMethods.parse("A.java", ""));
    }

    @Test
    void tooDeepForTheParser() {
        String source = "class A { int f() { return " + "(".repeat(100_000) + "1" + ")".repeat(100_000) + "; } }";
        assertEquals(
                "Deep.java: is nested too deep for the Java compiler's parser",
                assertThrows(MalformedFileException.class, () -> JavaMethods.parse("Deep.java", source))
                        .getMessage());
    }
}
