package dev.rondo.examples.translation;

import dev.rondo.format.AtomicFiles;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/// Attention as a picture: what is written from top to bottom, what is read from left to right, and the darker a
/// square, the more its row attends to its column.
final class AttentionPicture {
    private static final int CELL = 24;
    private static final int MARGIN = 32;
    private static final int GAP = 40; // between two pictures

    static {
        System.setProperty("java.awt.headless", "true"); // there is no window to open
    }

    private AttentionPicture() {}

    /// A text, its translation, and the attention between them.
    ///
    /// @param weights of each step of the target over the source
    record Matrix(List<String> source, List<String> target, float[][] weights) {}

    /// Writes a PNG file with one picture below the other; it appears as a whole or not at all.
    static void write(Path file, List<Matrix> matrices) throws IOException {
        int columns =
                matrices.stream().mapToInt(matrix -> matrix.source.size()).max().orElse(1);
        int height = matrices.stream()
                .mapToInt(matrix -> matrix.target.size() * CELL + MARGIN + GAP)
                .sum();
        BufferedImage image =
                new BufferedImage(columns * CELL + 3 * MARGIN, height + MARGIN, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, image.getWidth(), image.getHeight());
        graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, CELL * 2 / 3));
        int top = MARGIN;
        for (Matrix matrix : matrices) {
            draw(graphics, matrix, 2 * MARGIN, top + MARGIN);
            top += matrix.target.size() * CELL + MARGIN + GAP;
        }
        graphics.dispose();
        try (AtomicFiles files = new AtomicFiles()) {
            ImageIO.write(image, "png", files.createStream(file));
            files.commit();
        }
    }

    private static void draw(Graphics2D graphics, Matrix matrix, int left, int top) {
        for (int s = 0; s < matrix.source.size(); s++) {
            label(graphics, matrix.source.get(s), left + s * CELL, top - CELL);
        }
        for (int t = 0; t < matrix.target.size(); t++) {
            label(graphics, matrix.target.get(t), left - CELL - 8, top + t * CELL);
            for (int s = 0; s < matrix.source.size(); s++) {
                float light = 1 - Math.min(1, Math.max(0, matrix.weights[t][s]));
                graphics.setColor(new Color(light, light, 1 - (1 - light) * 0.4f));
                graphics.fillRect(left + s * CELL, top + t * CELL, CELL - 1, CELL - 1);
            }
        }
    }

    private static void label(Graphics2D graphics, String text, int x, int y) {
        graphics.setColor(Color.BLACK);
        int width = graphics.getFontMetrics().stringWidth(text);
        graphics.drawString(text, x + (CELL - width) / 2, y + CELL * 3 / 4);
    }
}
