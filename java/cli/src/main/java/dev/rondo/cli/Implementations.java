package dev.rondo.cli;

import java.util.List;

/// What computes a session's operations, read from [dev.rondo.Session#describe()].
final class Implementations {
    private static final String SEPARATOR = "  →  ";

    private Implementations() {}

    /// The lines of a description, cut into what is computed and what computes it.
    static List<String[]> rows(String description) {
        return description.lines().map(line -> line.split(SEPARATOR, 2)).toList();
    }

    /// What computes the recurrent layers, or everything if there are none.
    static String summary(String description) {
        List<String[]> rows = rows(description);
        List<String[]> recurrent =
                rows.stream().filter(row -> row[0].contains("_fwd_inf_")).toList();
        return String.join(
                " + ",
                (recurrent.isEmpty() ? rows : recurrent)
                        .stream().map(row -> row[row.length - 1]).distinct().toList());
    }
}
