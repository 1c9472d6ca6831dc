package dev.rondo.bench;

import dev.rondo.format.Json;
import dev.rondo.format.JsonField;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/// One result out of JMH's JSON.
///
/// @param library    the library's name
/// @param shape      what it ran
/// @param threads    how many a run could use
/// @param callers    how many ran at once
/// @param time       of a run, in microseconds: the median iteration, or the mean where every run was sampled
/// @param spread     how far the iterations are apart, the slowest less the fastest by the median
/// @param tail       the time that one run in a thousand exceeds, in microseconds; empty where runs were not sampled
/// @param allocation bytes of Java's heap a run took; empty where nobody counted
record Measurement(
        String library,
        LayerShape shape,
        int threads,
        int callers,
        double time,
        double spread,
        OptionalDouble tail,
        OptionalDouble allocation) {

    /// All results of a file.
    ///
    /// @throws IOException                             if it cannot be read
    /// @throws dev.rondo.format.MalformedFileException if it is no output of JMH's
    static List<Measurement> read(Path file) throws IOException {
        return JsonField.of(Json.read(file), file.toString()).elements().stream()
                .map(Measurement::of)
                .toList();
    }

    private static Measurement of(JsonField result) {
        JsonField parameters = result.get("params");
        JsonField metric = result.get("primaryMetric");
        double scale = switch (metric.get("scoreUnit").asString()) {
            case "ns/op" -> 1e-3;
            case "us/op" -> 1;
            case "ms/op" -> 1e3;
            case "s/op" -> 1e6;
            default -> throw metric.get("scoreUnit").malformed("is no time of a run");
        };
        List<Double> iterations = new ArrayList<>();
        metric.find("rawData")
                .ifPresent(forks -> forks.elements()
                        .forEach(fork -> fork.elements().forEach(score -> iterations.add(score.asDouble()))));
        double[] sorted =
                iterations.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        boolean isSampled = sorted.length == 0;
        double time = isSampled ? metric.get("score").asDouble() : median(sorted);
        OptionalDouble tail = isSampled
                ? OptionalDouble.of(
                        scale * metric.get("scorePercentiles").get("99.9").asDouble())
                : OptionalDouble.empty();
        return new Measurement(
                parameters.get("library").asString(),
                LayerShape.parse(parameters.get("shape").asString()),
                parameters
                        .find("threads")
                        .map(JsonField::asString)
                        .map(Integer::parseInt)
                        .orElse(1),
                result.get("threads").asInt(),
                scale * time,
                isSampled ? 0 : (sorted[sorted.length - 1] - sorted[0]) / time,
                tail,
                result.get("secondaryMetrics")
                        .find("gc.alloc.rate.norm")
                        .map(field -> OptionalDouble.of(field.get("score").asDouble()))
                        .orElse(OptionalDouble.empty()));
    }

    /// Callers' runs a second, all together.
    double throughput() {
        return callers / time * 1e6;
    }

    /// The middle one, or the mean of the two middle ones.
    static double median(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }
}
