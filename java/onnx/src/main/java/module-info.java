/// ONNX models for Rondo: read into programs, and written from them.
@SuppressWarnings("requires-automatic") // protobuf-java has no descriptor
module dev.rondo.onnx {
    requires com.google.protobuf;
    requires transitive dev.rondo;
    requires static org.jspecify;

    exports dev.rondo.onnx;
}
