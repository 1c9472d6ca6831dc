/// oneDNN's C API and Rondo's native kernels as Java sees them: generated bindings, the loader of the libraries, and
/// what turns status codes and handles into exceptions and closeables.
///
/// It is the only module that makes restricted calls, so `--enable-native-access=dev.rondo.bindings` is all that has
/// to be granted when Rondo runs on the module path.
@SuppressWarnings("module") // dev.rondo is compiled after this module
module dev.rondo.bindings {
    requires static org.jspecify;

    exports dev.rondo.bindings;
    exports dev.rondo.bindings.dnnl to
            dev.rondo;
    exports dev.rondo.bindings.kernels to
            dev.rondo;
}
