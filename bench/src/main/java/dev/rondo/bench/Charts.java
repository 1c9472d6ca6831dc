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
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.Styler.LegendPosition;

/// Charts of results: lines where one size varies, else bars.
final class Charts {
    private static final int WIDTH = 760;
    private static final int HEIGHT = 420;

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
            case CONCURRENCY -> callers(suite, measurements);
            case DEEPBENCH, BENCHDNN, TAGGERS, LENGTHS, COLD, DEEPBENCH_LONG -> bars(suite, measurements);
        };
    }

    private List<String> lines(
            Suite suite, List<Measurement> measurements, String size, ToDoubleFunction<Measurement> x)
            throws IOException {
        List<String> names = new ArrayList<>();
        Map<String, List<Measurement>> cells = new LinkedHashMap<>();
        measurements.forEach(one -> cells.computeIfAbsent(one.shape().cell(), _ -> new ArrayList<>())
                .add(one));
        for (Map.Entry<String, List<Measurement>> cell : cells.entrySet()) {
            XYChart chart = xy(suite.title() + ": " + cell.getKey(), size, "µs a run");
            chart.getStyler().setYAxisLogarithmic(true);
            series(chart, cell.getValue(), x, Measurement::time);
            names.add(save(chart, suite + "-" + cell.getKey()));
        }
        return names;
    }

    private List<String> callers(Suite suite, List<Measurement> measurements) throws IOException {
        XYChart chart = xy(suite.title(), "callers", "runs a second");
        series(chart, measurements, Measurement::callers, Measurement::throughput);
        return List.of(save(chart, suite.toString()));
    }

    private static XYChart xy(String title, String x, String y) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle(x)
                .yAxisTitle(y)
                .build();
        chart.getStyler().setXAxisLogarithmic(true);
        chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
        chart.getStyler().setChartBackgroundColor(Color.WHITE);
        return chart;
    }

    private static void series(
            XYChart chart,
            List<Measurement> measurements,
            ToDoubleFunction<Measurement> x,
            ToDoubleFunction<Measurement> y) {
        Map<String, List<Measurement>> libraries = new LinkedHashMap<>();
        measurements.forEach(one -> libraries
                .computeIfAbsent(
                        one.library() + (one.threads() > 1 ? ", " + one.threads() + " threads" : ""),
                        _ -> new ArrayList<>())
                .add(one));
        libraries.forEach((name, all) -> chart.addSeries(
                name,
                all.stream().mapToDouble(x).toArray(),
                all.stream().mapToDouble(y).toArray()));
    }

    /// How many times as long as Rondo each library takes.
    private List<String> bars(Suite suite, List<Measurement> measurements) throws IOException {
        Map<String, Double> rondo = new LinkedHashMap<>();
        measurements.stream()
                .filter(one -> one.library().equals("rondo"))
                .forEach(one -> rondo.put(label(one), one.time()));
        if (rondo.isEmpty()) {
            return List.of();
        }
        CategoryChart chart = new CategoryChartBuilder()
                .width(Math.max(WIDTH, 60 * rondo.size()))
                .height(HEIGHT)
                .title(suite.title())
                .yAxisTitle("time by Rondo's")
                .build();
        chart.getStyler().setXAxisLabelRotation(60);
        chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
        chart.getStyler().setChartBackgroundColor(Color.WHITE);
        List<String> labels = List.copyOf(rondo.keySet());
        for (String library :
                measurements.stream().map(Measurement::library).distinct().toList()) {
            List<Double> ratios = new ArrayList<>();
            for (String label : labels) {
                ratios.add(measurements.stream()
                        .filter(one ->
                                one.library().equals(library) && label(one).equals(label))
                        .map(one -> one.time() / rondo.get(label))
                        .findFirst()
                        .orElse(null)); // no bar
            }
            chart.addSeries(library, labels, ratios);
        }
        return List.of(save(chart, suite.toString()));
    }

    private static String label(Measurement one) {
        return one.shape() + (one.threads() > 1 ? ", " + one.threads() + " threads" : "");
    }

    private String save(Chart<?, ?> chart, String name) throws IOException {
        String file = name + ".svg";
        try (OutputStream stream = files.createStream(folder.resolve(file))) {
            VectorGraphicsEncoder.saveVectorGraphic(chart, stream, VectorGraphicsFormat.SVG);
        }
        return file;
    }
}
