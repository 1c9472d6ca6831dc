package dev.rondo.bench;

import dev.rondo.format.MalformedFileException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;

/// The command line of `bench.jar`.
public final class Main {
    private Main() {}

    /// @param args suites and JMH's options; or `report` or `jmh` with arguments of theirs; nothing for a list
    public static void main(String... args) throws IOException {
        List<String> all = List.of(args);
        try {
            if (all.isEmpty()) {
                list();
            } else if (args[0].equals("report")) {
                Report.main(tail(all));
            } else if (args[0].equals("jmh")) {
                org.openjdk.jmh.Main.main(tail(all));
            } else {
                run(all);
            }
        } catch (IllegalArgumentException | MalformedFileException | RunnerException | CommandLineOptionException e) {
            System.err.println("error: " + e.getMessage());
            System.exit(2);
        }
    }

    private static String[] tail(List<String> args) {
        return args.subList(1, args.size()).toArray(String[]::new);
    }

    private static void list() {
        System.out.println("Suites:");
        for (Suite suite : Suite.values()) {
            System.out.printf("  %-15s %s%n", suite, suite.title());
        }
        System.out.println("Libraries: "
                + String.join(", ", Library.all().stream().map(Library::name).toList()));
        System.out.print("""

                java -jar bench.jar SUITE...                runs suites
                java -jar bench.jar SUITE... -f 3 -i 10     with JMH's options
                java -jar bench.jar report                  makes tables and charts of all results
                java -jar bench.jar jmh -h                  JMH's own command line
                """);
    }

    private static void run(List<String> args) throws RunnerException, IOException, CommandLineOptionException {
        List<Suite> suites = new ArrayList<>();
        int options = 0;
        while (options < args.size() && !args.get(options).startsWith("-")) {
            suites.add(Suite.named(args.get(options++)));
        }
        CommandLineOptions given =
                new CommandLineOptions(args.subList(options, args.size()).toArray(String[]::new));
        for (Suite suite : suites) {
            suite.run(given);
        }
    }
}
