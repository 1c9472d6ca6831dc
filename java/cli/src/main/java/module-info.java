/// The `rondo` command.
@SuppressWarnings("requires-automatic") // the progress bar's own dependency, org.jline.terminal
module dev.rondo.cli {
    requires dev.rondo;
    requires dev.rondo.examples;
    requires info.picocli;
    requires java.logging;
    requires me.tongfei.progressbar;
    requires static org.jspecify;

    opens dev.rondo.cli to
            info.picocli;
}
