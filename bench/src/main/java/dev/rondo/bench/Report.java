package dev.rondo.bench;

import dev.rondo.format.AtomicFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/// Makes tables and charts of results: `report.md`, and an SVG for each chart beside it.
///
/// Rondo's ratio to its best peer stands in every row; below 1 the peer is faster, and the report says so.
final class Report {
    private static final String RONDO = "rondo";
    private static final double LONGEST_COUNTED = 1e3; // µs; the profiler's own KBs an iteration drown longer runs

    /// What one line of a table compares: the same work in all libraries.
    private record Row(String what, List<Measurement> all) {
        Optional<Measurement> of(String library) {
            return all.stream().filter(one -> one.library().equals(library)).findFirst();
        }

        /// The best of the others.
        ///
        /// @param cost what is to be small
        Optional<Measurement> peer(ToDoubleFunction<Measurement> cost) {
            return all.stream()
                    .filter(one -> !one.library().equals(RONDO))
                    .min((a, b) -> Double.compare(cost.applyAsDouble(a), cost.applyAsDouble(b)));
        }
    }

    private final StringBuilder text = new StringBuilder();

    /// @param args the results' folder, unless it is [Suite#RESULTS]
    static void main(String... args) throws IOException {
        Path folder = args.length > 0 ? Path.of(args[0]) : Suite.RESULTS;
        Path file = folder.resolve("report.md");
        try (AtomicFiles files = new AtomicFiles()) {
            Report report = new Report();
            for (Suite suite : Suite.values()) {
                Path results = folder.resolve(suite.file().getFileName());
                if (Files.exists(results)) {
                    List<Measurement> measurements = Measurement.read(results);
                    report.suite(suite, measurements);
                    report.charts(suite, new Charts(folder, files).draw(suite, measurements));
                }
            }
            if (report.text.isEmpty()) {
                throw new IllegalArgumentException("there are no results in " + folder + ": run a suite first");
            }
            try (OutputStream stream = files.createStream(file)) {
                stream.write(("# Rondo and its peers\n" + report.text).getBytes(StandardCharsets.UTF_8));
            }
            files.commit();
        }
        System.out.println(file);
    }

    private void suite(Suite suite, List<Measurement> measurements) {
        text.append("\n## ").append(suite.title()).append("\n\n");
        boolean isSampled = measurements.stream().anyMatch(one -> one.tail().isPresent());
        List<Row> rows = rows(measurements, isSampled);
        if (isSampled) {
            table("runs a second", rows, Measurement::throughput, one -> 1 / one.throughput());
            table(
                    "99.9 % of runs take less than, in µs",
                    rows, one -> one.tail().orElseThrow(), one -> one.tail().orElseThrow());
        } else {
            boolean isLong = measurements.stream().allMatch(one -> one.time() >= 1e4);
            table(
                    isLong ? "ms a run" : "µs a run",
                    rows,
                    one -> isLong ? one.time() / 1e3 : one.time(),
                    Measurement::time);
            text.append("The iterations of a result are %.0f %% apart in the median, %.0f %% at most.\n\n"
                    .formatted(
                            100
                                    * Measurement.median(measurements.stream()
                                            .mapToDouble(Measurement::spread)
                                            .toArray()),
                            100
                                    * measurements.stream()
                                            .mapToDouble(Measurement::spread)
                                            .max()
                                            .orElse(0)));
        }
        List<Row> counted = rows.stream()
                .filter(row -> row.all().stream()
                        .allMatch(one -> one.allocation().isPresent() && one.time() < LONGEST_COUNTED))
                .toList();
        if (!counted.isEmpty()) {
            allocation(counted);
        }
    }

    private void charts(Suite suite, List<String> charts) {
        for (String chart : charts) {
            text.append("![%s](%s)\n".formatted(suite.title(), chart));
        }
    }

    private static List<Row> rows(List<Measurement> measurements, boolean isSampled) {
        boolean hasThreads =
                measurements.stream().mapToInt(Measurement::threads).distinct().count() > 1;
        Map<String, List<Measurement>> rows = new LinkedHashMap<>();
        for (Measurement one : measurements) {
            String what = one.shape()
                    + (hasThreads ? ", " + one.threads() + " threads" : "")
                    + (isSampled ? ", callers: " + one.callers() : "");
            rows.computeIfAbsent(what, _ -> new ArrayList<>()).add(one);
        }
        return rows.entrySet().stream()
                .map(row -> new Row(row.getKey(), row.getValue()))
                .toList();
    }

    private static List<String> libraries(List<Row> rows) {
        List<String> known = Library.all().stream().map(Library::name).toList();
        return rows.stream()
                .flatMap(row -> row.all().stream())
                .map(Measurement::library)
                .distinct()
                .sorted((a, b) -> Integer.compare(rank(known, a), rank(known, b)))
                .toList();
    }

    private static int rank(List<String> known, String library) {
        int index = known.indexOf(library);
        return index < 0 ? known.size() : index;
    }

    /// @param shown what stands in the cells
    /// @param cost  what is to be small
    private void table(
            String title, List<Row> rows, ToDoubleFunction<Measurement> shown, ToDoubleFunction<Measurement> cost) {
        List<String> libraries = libraries(rows);
        head(title, libraries, "best peer by Rondo");
        double logarithms = 0;
        int compared = 0;
        List<String> slower = new ArrayList<>();
        for (Row row : rows) {
            cells(row, libraries, shown);
            Optional<Measurement> rondo = row.of(RONDO);
            Optional<Measurement> peer = row.peer(cost);
            if (rondo.isEmpty() || peer.isEmpty()) {
                text.append("|\n");
                continue;
            }
            double ratio = cost.applyAsDouble(peer.get()) / cost.applyAsDouble(rondo.get());
            text.append(" %s %s |\n".formatted(number(ratio), peer.get().library()));
            logarithms += Math.log(ratio);
            compared++;
            if (ratio < 1) {
                slower.add("%s (%s, %s)".formatted(row.what(), peer.get().library(), number(ratio)));
            }
        }
        if (compared > 0) {
            text.append("\nGeometric mean of the ratios: %s. A peer is ahead of Rondo in %d of %d rows%s\n\n"
                    .formatted(
                            number(Math.exp(logarithms / compared)),
                            slower.size(),
                            compared,
                            slower.isEmpty() ? "." : ": " + String.join("; ", slower) + "."));
        } else {
            text.append('\n');
        }
    }

    private void allocation(List<Row> rows) {
        List<String> libraries = libraries(rows);
        head("bytes of Java's heap a run", libraries, "");
        for (Row row : rows) {
            cells(row, libraries, one -> one.allocation().orElseThrow());
            text.append("|\n");
        }
        text.append('\n');
    }

    private void head(String title, List<String> libraries, String last) {
        text.append("| ").append(title);
        libraries.forEach(library -> text.append(" | ").append(library));
        text.append(" | ")
                .append(last)
                .append(" |\n|---")
                .append("|--:".repeat(libraries.size() + 1))
                .append("|\n");
    }

    private void cells(Row row, List<String> libraries, ToDoubleFunction<Measurement> shown) {
        text.append("| ").append(row.what()).append(" |");
        for (String library : libraries) {
            text.append(row.of(library)
                            .map(one -> " " + number(shown.applyAsDouble(one)))
                            .orElse(""))
                    .append(" |");
        }
    }

    /// Three digits that count.
    static String number(double value) {
        int decimals = value >= 100 ? 0 : value >= 10 ? 1 : value >= 0.01 ? 2 : 3;
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }
}
