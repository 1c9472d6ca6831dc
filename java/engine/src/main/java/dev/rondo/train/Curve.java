package dev.rondo.train;

import dev.rondo.format.Json;
import dev.rondo.format.JsonField;
import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// How far a training has come, and its validations so far: what a learning curve is drawn from.
///
/// {@snippet :
/// for (Curve.Point point : trainer.curve().points()) {
///     System.out.println(point.step() + " " + point.loss() + " " + point.metrics().get("loss"));
/// }
/// }
///
/// Threads: one at a time.
public final class Curve implements Checkpoint.Part {
    /// A validation.
    ///
    /// @param step    steps done
    /// @param epoch   counted from 0
    /// @param loss    mean training loss since the validation before
    /// @param metrics by name; the first decides, and is better where it is smaller
    public record Point(long step, long epoch, double loss, Map<String, Double> metrics) {}

    long step;
    long epoch;
    int position; // in the epoch
    long nanos;
    double lossSum; // since the last point
    long lossCount;
    double best = Double.POSITIVE_INFINITY;
    int bad; // validations since the best
    private final List<Point> points = new ArrayList<>();

    Curve() {}

    /// Steps done.
    public long step() {
        return step;
    }

    /// The epoch that the next step is of, from 0.
    public long epoch() {
        return epoch;
    }

    /// The best of the deciding metric; infinite if there was no validation.
    public double best() {
        return best;
    }

    /// The validations in their order.
    public List<Point> points() {
        return Collections.unmodifiableList(points);
    }

    /// Takes note of a validation.
    ///
    /// @return whether it is the best
    boolean add(Map<String, Double> metrics) {
        points.add(new Point(
                step,
                epoch,
                lossCount == 0 ? Double.NaN : lossSum / lossCount,
                Collections.unmodifiableMap(new LinkedHashMap<>(metrics))));
        lossSum = 0;
        lossCount = 0;
        double metric = metrics.values().iterator().next();
        boolean better = metric < best;
        best = better ? metric : best;
        bad = better ? 0 : bad + 1;
        return better;
    }

    @Override
    public Map<String, Tensor> tensors() {
        return Map.of();
    }

    @Override
    public Map<String, String> values() {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("step", Long.toString(step));
        values.put("epoch", Long.toString(epoch));
        values.put("position", Integer.toString(position));
        values.put("nanos", Long.toString(nanos));
        values.put("loss_sum", Double.toString(lossSum));
        values.put("loss_count", Long.toString(lossCount));
        values.put("best", Double.toString(best));
        values.put("bad", Integer.toString(bad));
        values.put(
                "points", new Json.ArrayValue(points.stream().map(Curve::json).toList()).compact());
        return values;
    }

    private static Json json(Point point) {
        Map<String, Json> metrics = new LinkedHashMap<>();
        point.metrics().forEach((name, value) -> metrics.put(name, new Json.StringValue(Double.toString(value))));
        Map<String, Json> members = new LinkedHashMap<>();
        members.put("step", new Json.IntegerValue(point.step()));
        members.put("epoch", new Json.IntegerValue(point.epoch()));
        members.put("loss", new Json.StringValue(Double.toString(point.loss()))); // which may be no JSON number
        members.put("metrics", new Json.ObjectValue(metrics));
        return new Json.ObjectValue(members);
    }

    @Override
    public void restore(Map<String, String> values) {
        step = Long.parseLong(values.get("step"));
        epoch = Long.parseLong(values.get("epoch"));
        position = Integer.parseInt(values.get("position"));
        nanos = Long.parseLong(values.get("nanos"));
        lossSum = Double.parseDouble(values.get("loss_sum"));
        lossCount = Long.parseLong(values.get("loss_count"));
        best = Double.parseDouble(values.get("best"));
        bad = Integer.parseInt(values.get("bad"));
        points.clear();
        String text = values.get("points");
        for (JsonField point :
                JsonField.of(Json.parse(text, "points"), "points").elements()) {
            Map<String, Double> metrics = new LinkedHashMap<>();
            point.get("metrics")
                    .members()
                    .forEach((name, value) -> metrics.put(name, Double.valueOf(value.asString())));
            points.add(new Point(
                    point.get("step").asLong(),
                    point.get("epoch").asLong(),
                    Double.parseDouble(point.get("loss").asString()),
                    metrics));
        }
    }
}
