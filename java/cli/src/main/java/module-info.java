/// The `rondo` command.
@SuppressWarnings("requires-automatic") // dependencies of the progress bar's, of dev.rondo.keras and dev.rondo.onnx
module dev.rondo.cli {
    requires dev.rondo;
    requires dev.rondo.examples;
    requires dev.rondo.keras;
    requires dev.rondo.onnx;
    requires info.picocli;
    requires java.logging;
    requires me.tongfei.progressbar;
    requires static org.jspecify;

    opens dev.rondo.cli to
            info.picocli;
}
