/// Rondo: recurrent networks on the JVM at native speed.
///
/// Data flows one way: a model file or code builds layers (`dev.rondo.nn`), layers record operations into a program
/// (`dev.rondo.program`), and sessions replay it (`dev.rondo`).
@SuppressWarnings("module") // those that dev.rondo.op is exported to are built after this one
module dev.rondo {
    requires jdk.management;
    requires static transitive org.jspecify;
    requires transitive dev.rondo.bindings;

    exports dev.rondo;
    exports dev.rondo.decode;
    exports dev.rondo.format;
    exports dev.rondo.kernel to
            dev.rondo.onnx; // which names the cells of trees
    exports dev.rondo.nn;
    exports dev.rondo.op to
            dev.rondo.onnx,
            dev.rondo.keras;
    exports dev.rondo.program;
    exports dev.rondo.tensor;
    exports dev.rondo.text;
    exports dev.rondo.train;
    exports dev.rondo.tree;
}
