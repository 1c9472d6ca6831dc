package dev.rondo.examples;

import dev.rondo.format.AtomicFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.style.CategoryStyler;
import org.knowm.xchart.style.Styler;

/// Numbers as a picture: a bar for each.
public final class BarPicture {
    private static final int WIDTH = 900;
    private static final int HEIGHT = 540;

    static {
        System.setProperty("java.awt.headless", "true"); // there is no window to open
    }

    private BarPicture() {}

    /// Writes a PNG file, which appears as a whole or not at all.
    ///
    /// @param numbers by their names, in the order of the bars
    public static void write(Path file, String title, Map<String, Double> numbers) throws IOException {
        CategoryChart chart = new CategoryChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .theme(Styler.ChartTheme.Matlab)
                .build();
        CategoryStyler styler = chart.getStyler();
        styler.setXAxisLabelRotation(45);
        styler.setPlotGridVerticalLinesVisible(false);
        styler.setLabelsVisible(true);
        styler.setDecimalPattern("0.0");
        styler.setLegendVisible(false);
        styler.setToolTipsEnabled(false);
        chart.addSeries(title, List.copyOf(numbers.keySet()), new ArrayList<>(numbers.values()));
        try (AtomicFiles files = new AtomicFiles()) {
            BitmapEncoder.saveBitmap(chart, files.createStream(file), BitmapEncoder.BitmapFormat.PNG);
            files.commit();
        }
    }
}
