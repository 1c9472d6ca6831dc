package dev.rondo.cli;

import java.io.PrintWriter;
import java.lang.module.ModuleDescriptor;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/// The `rondo` command: results to standard output, messages to standard error.
///
/// It exits with 0 on success, with 2 for bad input or usage, and with 1 for anything else. Whatever goes
/// wrong takes one line that starts with `error:`.
@Command(
        name = "rondo",
        description = "Runs recurrent neural networks on the JVM at native speed.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        scope = ScopeType.INHERIT,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            DemoCommand.class,
            RunCommand.class,
            InfoCommand.class,
            BenchCommand.class,
            ConvertCommand.class,
            DoctorCommand.class,
            TrainCommand.class,
            GenerateCommand.class,
            TranslateCommand.class,
            HelpCommand.class
        },
        footer = {"", "Start here:", "  rondo demo", "  rondo COMMAND --help"})
final class Main implements Runnable {
    private static final Logger ENGINE_LOG = Logger.getLogger("dev.rondo");

    private final Terminal terminal;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--debug",
            scope = ScopeType.INHERIT,
            description = "Show the engine's log, and the stack trace of an error.")
    private boolean debug;

    private Main(Terminal terminal) {
        this.terminal = terminal;
    }

    /// The process's start.
    public static void main(String[] args) {
        Locale.setDefault(Locale.ROOT);
        System.exit(run(Terminal.ofProcess(), args));
    }

    /// Runs one command line and gives its exit code.
    static int run(Terminal terminal, String... args) {
        int exitCode = execute(terminal, args);
        if (terminal.out().checkError() && exitCode == 0) { // print streams keep failures to themselves
            if (!terminal.outIsPipe()) { // a reader that has enough, such as head, is no error to tell of
                terminal.err().println("error: standard output: cannot be written");
            }
            return Failure.OTHER;
        }
        return exitCode;
    }

    private static int execute(Terminal terminal, String... args) {
        Main main = new Main(terminal);
        ENGINE_LOG.setLevel(Level.WARNING);
        try {
            return new CommandLine(main)
                    .setOut(new PrintWriter(terminal.out(), true, StandardCharsets.UTF_8))
                    .setErr(new PrintWriter(terminal.err(), true, StandardCharsets.UTF_8))
                    .setColorScheme(CommandLine.Help.defaultColorScheme(
                            terminal.wantsColor() ? CommandLine.Help.Ansi.ON : CommandLine.Help.Ansi.OFF))
                    .setUsageHelpAutoWidth(false)
                    .setUsageHelpWidth(100)
                    .setExecutionStrategy(main::execute)
                    .setParameterExceptionHandler((e, _) -> main.fail(e))
                    .setExecutionExceptionHandler((e, _, _) -> main.fail(e))
                    .execute(args);
        } catch (Throwable e) { // Errors, which picocli lets pass: out of memory, a library that does not load
            return main.fail(e);
        }
    }

    private int execute(CommandLine.ParseResult parsed) {
        if (debug) {
            ENGINE_LOG.setLevel(Level.ALL);
            Logger root = Logger.getLogger("");
            for (var handler : root.getHandlers()) {
                handler.setLevel(Level.ALL);
            }
        }
        return new CommandLine.RunLast().execute(parsed);
    }

    private int fail(Throwable e) {
        Failure failure = Failure.of(e);
        terminal.out().flush();
        terminal.err().println("error: " + failure.line());
        if (debug) {
            e.printStackTrace(terminal.err());
        }
        return failure.exitCode();
    }

    Terminal terminal() {
        return terminal;
    }

    /// Without a command there is only help to give.
    @Override
    public void run() {
        spec.commandLine().usage(terminal.out());
    }

    /// The module's version.
    static final class Version implements CommandLine.IVersionProvider {
        static String string() {
            ModuleDescriptor descriptor = Main.class.getModule().getDescriptor();
            return descriptor == null ? "unpackaged" : descriptor.rawVersion().orElse("unpackaged");
        }

        @Override
        public String[] getVersion() {
            return new String[] {"rondo " + string()};
        }
    }
}
