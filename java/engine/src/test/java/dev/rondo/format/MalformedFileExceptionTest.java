package dev.rondo.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MalformedFileExceptionTest {
    @Test
    void saysFileAndProblem() {
        Exception cause = new Exception();
        MalformedFileException e = new MalformedFileException("a.npy", "is cut", cause);
        assertEquals("a.npy: is cut", e.getMessage());
        assertSame(cause, e.getCause());
    }

    @ParameterizedTest
    @CsvSource({"10, 000a", "13, 000d", "0, 0000", "27, 001b", "133, 0085", "8232, 2028", "8238, 202e", "55296, d800"})
    void escapesWhatWouldNotShowOnOneLine(int character, String hexadecimal) {
        String message = new MalformedFileException("a" + (char) character, "b" + (char) character + "c").getMessage();
        assertEquals("a\\u" + hexadecimal + ": b\\u" + hexadecimal + "c", message);
    }

    @Test
    void keepsOtherCharacters() {
        assertEquals("é 日: \uD83D\uDE00", new MalformedFileException("é 日", "\uD83D\uDE00").getMessage());
    }

    @Test
    void cutsLongNames() {
        assertEquals('"' + "x".repeat(100) + '"', MalformedFileException.quote("x".repeat(100)));
        assertEquals('"' + "x".repeat(100) + "...\"", MalformedFileException.quote("x".repeat(101)));
    }

    @Test
    void cutsNoCharacterInHalf() {
        String name = "x".repeat(99) + "\uD83D\uDE00";
        assertEquals('"' + "x".repeat(99) + "...\"", MalformedFileException.quote(name));
    }
}
