package dev.rondo.examples;

import dev.rondo.format.AtomicFiles;
import dev.rondo.train.Curve;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/// A learning curve as a picture: the deciding metric and the training loss over the steps.
final class CurvePicture {
    private static final int WIDTH = 900;
    private static final int HEIGHT = 540;

    static {
        System.setProperty("java.awt.headless", "true"); // there is no window to open
    }

    private CurvePicture() {}

    /// Writes a PNG file, which appears as a whole or not at all.
    static void write(Path file, List<Curve.Point> points) throws IOException {
        double[] steps = points.stream().mapToDouble(Curve.Point::step).toArray();
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title("learning curve")
                .xAxisTitle("steps")
                .theme(Styler.ChartTheme.Matlab)
                .build();
        chart.getStyler().setLegendPosition(Styler.LegendPosition.InsideNE).setToolTipsEnabled(false);
        add(chart, "training loss", steps, points.stream().map(Curve.Point::loss));
        for (String metric : points.getFirst().metrics().keySet()) {
            add(
                    chart,
                    metric,
                    steps,
                    points.stream().map(point -> point.metrics().get(metric)));
        }
        try (AtomicFiles files = new AtomicFiles()) {
            BitmapEncoder.saveBitmap(chart, files.createStream(file), BitmapEncoder.BitmapFormat.PNG);
            files.commit();
        }
    }

    private static void add(XYChart chart, String name, double[] steps, Stream<Double> values) {
        double[] numbers = values.mapToDouble(value -> value).toArray();
        chart.addSeries(name, steps, numbers).setMarker(steps.length < 50 ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE);
    }
}
