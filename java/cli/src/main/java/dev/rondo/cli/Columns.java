package dev.rondo.cli;

import java.util.ArrayList;
import java.util.List;

/// Lines of text in columns: each as wide as its widest cell, the last one as it comes.
final class Columns {
    private final List<String[]> rows = new ArrayList<>();

    /// Adds a line; cells may be empty, and are shown [printable][Printable].
    Columns row(Object... cells) {
        String[] row = new String[cells.length];
        for (int i = 0; i < row.length; i++) {
            row[i] = Printable.of(cells[i].toString());
        }
        rows.add(row);
        return this;
    }

    @Override
    public String toString() {
        int columns = rows.stream().mapToInt(row -> row.length).max().orElse(0);
        int[] widths = new int[columns];
        for (String[] row : rows) {
            for (int i = 0; i + 1 < row.length; i++) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.length; i++) {
                line.append(row[i]);
                if (i + 1 < row.length) {
                    line.repeat(' ', widths[i] - row[i].length() + 2);
                }
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }
}
