package dev.rondo.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecodingBenchmarkTest {
    /// Both find the same ids, greedily and by beam search, alone and in a batch.
    @ParameterizedTest
    @CsvSource({"1, 1", "1, 5", "3, 1", "3, 5"})
    void bothFindTheSame(int batch, int beam) {
        assumeTrue(Libtorch.isPresent());
        try (Decoding rondo = Decoding.Library.RONDO.decoding(32, batch, beam, 1);
                Decoding libtorch = Decoding.Library.LIBTORCH.decoding(32, batch, beam, 1)) {
            for (int run = 0; run < 2; run++) {
                long[][] expected = libtorch.run();
                long[][] actual = rondo.run();
                assertEquals(batch, actual.length);
                for (int n = 0; n < batch; n++) {
                    assertEquals(Decoding.LENGTH, actual[n].length);
                    assertArrayEquals(expected[n], actual[n]);
                }
            }
        }
    }
}
