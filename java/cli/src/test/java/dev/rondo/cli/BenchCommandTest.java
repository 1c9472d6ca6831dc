package dev.rondo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.format.Json;
import dev.rondo.format.JsonField;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BenchCommandTest {
    private static final String SMALL = "lstm_f32_fwd_inf_l2r:l1t3mb2_slc4_sic5_dhc5";

    @TempDir
    private Path folder;

    private static JsonField json(Invocation invocation) {
        assertEquals(1, invocation.out().lines().count());
        return JsonField.of(Json.parse(invocation.out(), "out"), "out");
    }

    private static void assertFigures(JsonField figures) {
        double min = figures.get("min_us").asDouble();
        double median = figures.get("median_us").asDouble();
        double p99 = figures.get("p99_us").asDouble();
        assertTrue(0 < min && min <= median && median <= p99);
        assertTrue(figures.get("iterations").asLong() >= 3);
        assertEquals(1, figures.get("threads").asInt());
        assertTrue(figures.get("implementation").asString().matches("(oneDNN|Rondo kernel) .+"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                SMALL,
                "lstm_peephole_f32_fwd_inf_r2l:l1t3mb2_slc4_sic5_dhc5",
                "lstm_f32_fwd_inf_l2r:l1t3mb2_slc4_sic3_dhc5_dic3",
                "lbr_gru_f32_fwd_inf_concat:l2t3mb2_slc4_sic5_dhc5",
                "gru_f32_fwd_inf_l2r:l1t3mb2_slc4_sic5_dhc5",
                "rnn_tanh_f32_fwd_inf_sum:l2t3mb1_slc4_sic5_dhc5",
                "rnn_relu_f32_fwd_inf_r2l:l3t1mb1_slc4_sic5_dhc5",
                "rnn_logistic_f32_fwd_inf_l2r:l1t1mb1_slc1_sic1_dhc1"
            })
    void measuresLayers(String descriptor) {
        assertFigures(json(Invocation.of("bench", descriptor, "--seconds", "0.01", "--json")
                .succeeds()));
    }

    @Test
    void measuresModels() throws IOException {
        Path model = Samples.model(folder);
        Path ids = Samples.file(folder, "ids.npy");

        JsonField figures = json(Invocation.of("bench", model, "-i", "ids=" + ids, "--seconds", "0.1", "--json")
                .succeeds());

        assertFigures(figures);
        double seconds = figures.get("median_us").asDouble() / 1e6;
        assertEquals(1912 / seconds, figures.get("tokens_per_second").asDouble(), 1);
    }

    @Test
    void printsATable() {
        String text =
                Invocation.of("bench", SMALL, "--seconds", "0.01").succeeds().out();

        for (String word : new String[] {"median", "p90", "p99", "p99.9", "min", "runs", "tokens/s", "ran on"}) {
            assertTrue(text.contains(word), text);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "lstm",
                "lstm_f32_fwd_inf_l2r:l1t100mb16",
                "lstm_f16_fwd_inf_l2r:l1t3mb2_slc4_sic5_dhc5",
                "lstm_f32_fwd_inf_up:l1t3mb2_slc4_sic5_dhc5",
                "transformer_f32_fwd_inf_l2r:l1t3mb2_slc4_sic5_dhc5",
                "lstm_f32_fwd_inf_l2r:l1t3mb2_slc4_sic5_dhc5x"
            })
    void refusesOtherDescriptors(String descriptor) {
        Invocation.of("bench", descriptor).isBadInput(descriptor, LayerDescriptor.EXAMPLE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "lstm_f32_fwd_inf_l2r:l0t3mb2_slc4_sic5_dhc5",
                "lstm_f32_fwd_inf_l2r:l1t0mb2_slc4_sic5_dhc5",
                "lstm_f32_fwd_inf_l2r:l1t3mb2_slc4_sic6_dhc5",
                "lstm_f32_fwd_inf_l2r:l1t99999999999999999999mb2_slc4_sic5_dhc5",
                "lstm_f32_fwd_inf_l2r:l1t999999999mb999999999_slc999_sic5_dhc5",
                "lstm_f32_fwd_inf_l2r:l1t20000000mb16_slc256_sic256_dhc256",
                "lstm_f32_fwd_inf_l2r:l100000000t1mb1_slc256_sic256_dhc256",
                "gru_f32_fwd_inf_l2r:l1t3mb2_slc4_sic3_dhc5_dic3",
                "lstm_f32_fwd_inf_l2r:l1t3mb2_slc4_sic9_dhc5_dic9"
            })
    void refusesSizesThatCannotBe(String descriptor) {
        Invocation.of("bench", descriptor).isBadInput(descriptor);
    }

    @Test
    void refusesBadInput() {
        Invocation.of("bench").isBadInput("MODEL|DESCRIPTOR");
        Invocation.of("bench", "no.safetensors").isBadInput("no.safetensors: no such file");
        Invocation.of("bench", SMALL, "--seconds", "0").isBadInput("--seconds");
        Invocation.of("bench", SMALL, "--seconds", "NaN").isBadInput("--seconds");
        Invocation.of("bench", SMALL, "-i", "x=y").isBadInput("-i", SMALL);
        Invocation.of("bench", SMALL, "--threads", "-1").isBadInput("--threads -1");
        Invocation.of("bench", SMALL, "--precision", "bf16").isBadInput("--precision bf16");
    }

    @Test
    void takesPercentilesOfWhatIsThere() {
        Latencies latencies = new Latencies();
        for (int i = 100; i >= 1; i--) {
            latencies.record(i * 1000L);
        }

        double[] micros = latencies.percentilesMicros(50, 90, 99, 99.9, 0);

        assertEquals(50, micros[0]);
        assertEquals(90, micros[1]);
        assertEquals(99, micros[2]);
        assertEquals(100, micros[3]);
        assertEquals(1, micros[4]);
    }
}
