package dev.rondo.onnx;

import dev.rondo.Model;
import dev.rondo.format.AtomicFiles;
import dev.rondo.onnx.export.Exporter;
import dev.rondo.onnx.graph.DocumentWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Map;

/// Writes models as `.onnx` files.
///
/// {@snippet :
/// try (Model model = Model.of(tagger, Input.ids("ids", "N", "T"))) {
///     OnnxExport.write(model, "tagger", Path.of("tagger.onnx"));
/// }
/// }
///
/// Sizes that the model leaves open, such as N and T, are left open in the file. Weights are written as they are, not
/// as they are packed. RNN, LSTM and GRU become ONNX's, with directions, initial states and lengths; all else that goes
/// step by step becomes its Scan, whose body has the cell's equations: cells with attention, projections or activations
/// that ONNX lacks there, every [dev.rondo.nn.RecurrentCell], SRU and its like, decoders that feed back. Networks over
/// trees become its Loop, with the trees as inputs; it computes all nodes once a level, and does not find out what is
/// no tree. The operator set is 20.
///
/// Layers that find trees, or compose them step by step ([dev.rondo.nn.MergeSteps]), are written step by step, with the
/// best merge or transition chosen by operators. [dev.rondo.nn.GumbelTreeLSTM], [dev.rondo.nn.SPINN],
/// [dev.rondo.nn.RecursiveAutoencoder] and [dev.rondo.nn.MatrixVectorRNN] need inputs with a number in place of "T"; so
/// does [dev.rondo.nn.LookAhead], which gathers chunks whose number follows from T. What [dev.rondo.decode.TreeSearch]
/// does between runs is not part of a model.
public final class OnnxExport {
    private OnnxExport() {}

    /// Writes a model; the file appears as a whole or not at all.
    ///
    /// @param name the graph's name
    /// @throws IOException              if the file cannot be written
    /// @throws IllegalArgumentException naming what ONNX has no operator for, or what depends on the inputs' sizes
    ///                                  in a way that cannot be written
    public static void write(Model model, String name, Path file) throws IOException {
        write(model, name, Map.of(), file);
    }

    /// Writes a model.
    ///
    /// @param metadata texts by key that go with it
    /// @throws IOException              if the file cannot be written
    /// @throws IllegalArgumentException naming what cannot be written
    public static void write(Model model, String name, Map<String, String> metadata, Path file) throws IOException {
        try (AtomicFiles files = new AtomicFiles()) {
            write(model, name, metadata, files.createStream(file));
            files.commit();
        }
    }

    /// Writes a file's bytes to a stream, which stays open.
    ///
    /// @param metadata texts by key that go with it
    /// @throws IOException              from the stream
    /// @throws IllegalArgumentException naming what cannot be written
    public static void write(Model model, String name, Map<String, String> metadata, OutputStream out)
            throws IOException {
        DocumentWriter.write(Exporter.export(model, name, metadata), out);
    }
}
