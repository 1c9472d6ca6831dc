package dev.rondo.bench;

import dev.rondo.format.AtomicFiles;
import java.awt.Color;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.CategorySeries.CategorySeriesRenderStyle;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.style.Styler.LegendPosition;

/// Charts of results: lines where one size varies, else bars of how many times as long as Rondo each library takes.
final class Charts {
    private static final int WIDTH = 760;
    private static final int HEIGHT = 420;
    private static final int WIDTH_OF_BARS = 70;

    private final Path folder;
    private final AtomicFiles files;

    /// @param folder where charts go
    /// @param files  all that appears there at once
    Charts(Path folder, AtomicFiles files) {
        this.folder = folder;
        this.files = files;
    }

    /// Draws a suite's charts, one for each cell where sizes vary.
    ///
    /// @return their files' names
    List<String> draw(Suite suite, List<Measurement> measurements) throws IOException {
        return switch (suite) {
            case STREAMING -> lines(suite, measurements, "H", one -> one.shape().hidden());
            case BATCHES ->
                lines(suite, measurements, "batch", one -> one.shape().batch());
            case SEQUENCES ->
                lines(suite, measurements, "steps", one -> one.shape().steps());
            case CONCURRENCY -> {
                CategoryChart chart = chart(suite.title(), "callers", "runs a second", WIDTH);
                series(chart, measurements, Measurement::callers, Charts::name, Measurement::throughput);
                yield List.of(save(chart, suite.toString()));
            }
            case DEEPBENCH, BENCHDNN, TAGGERS, LENGTHS, COLD, DEEPBENCH_LONG -> bars(suite, measurements);
        };
    }

    private List<String> lines(
            Suite suite, List<Measurement> measurements, String size, Function<Measurement, Integer> x)
            throws IOException {
        Map<String, List<Measurement>> cells = new LinkedHashMap<>();
        measurements.forEach(one -> cells.computeIfAbsent(one.shape().cell(), _ -> new ArrayList<>())
                .add(one));
        List<String> names = new ArrayList<>();
        for (Map.Entry<String, List<Measurement>> cell : cells.entrySet()) {
            CategoryChart chart = chart(suite.title() + ": " + cell.getKey(), size, "µs a run", WIDTH);
            chart.getStyler().setYAxisLogarithmic(true);
            series(chart, cell.getValue(), x, Charts::name, Measurement::time);
            names.add(save(chart, suite + "-" + cell.getKey()));
        }
        return names;
    }

    private List<String> bars(Suite suite, List<Measurement> measurements) throws IOException {
        Map<String, Double> rondo = new LinkedHashMap<>();
        measurements.stream()
                .filter(one -> one.library().equals("rondo"))
                .forEach(one -> rondo.put(label(one), one.time()));
        List<Measurement> compared = measurements.stream()
                .filter(one -> rondo.containsKey(label(one)))
                .toList();
        if (compared.isEmpty()) {
            return List.of();
        }
        CategoryChart chart =
                chart(suite.title(), "", "time by Rondo's", Math.max(WIDTH, WIDTH_OF_BARS * rondo.size()));
        chart.getStyler().setXAxisLabelRotation(60);
        chart.getStyler().setDefaultSeriesRenderStyle(CategorySeriesRenderStyle.Bar);
        series(chart, compared, Charts::label, Measurement::library, one -> one.time() / rondo.get(label(one)));
        return List.of(save(chart, suite.toString()));
    }

    private static String label(Measurement one) {
        return one.shape() + (one.threads() > 1 ? ", " + one.threads() + " threads" : "");
    }

    private static String name(Measurement one) {
        return one.library() + (one.threads() > 1 ? ", " + one.threads() + " threads" : "");
    }

    private static CategoryChart chart(String title, String x, String y, int width) {
        CategoryChart chart = new CategoryChartBuilder()
                .width(width)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle(x)
                .yAxisTitle(y)
                .build();
        chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
        chart.getStyler().setChartBackgroundColor(Color.WHITE);
        chart.getStyler().setDefaultSeriesRenderStyle(CategorySeriesRenderStyle.Line);
        return chart;
    }

    /// Adds a series for each name, with a gap where it has no measurement.
    private static void series(
            CategoryChart chart,
            List<Measurement> measurements,
            Function<Measurement, ?> x,
            Function<Measurement, String> name,
            ToDoubleFunction<Measurement> y) {
        List<?> places = measurements.stream().map(x).distinct().toList();
        for (String each : measurements.stream().map(name).distinct().toList()) {
            List<Double> values = new ArrayList<>();
            for (Object place : places) {
                values.add(measurements.stream()
                        .filter(one ->
                                name.apply(one).equals(each) && x.apply(one).equals(place))
                        .map(y::applyAsDouble)
                        .findFirst()
                        .orElse(null));
            }
            chart.addSeries(each, places, values);
        }
    }

    private String save(CategoryChart chart, String name) throws IOException {
        String file = name + ".svg";
        try (OutputStream stream = files.createStream(folder.resolve(file))) {
            VectorGraphicsEncoder.saveVectorGraphic(chart, stream, VectorGraphicsFormat.SVG);
        }
        return file;
    }
}
