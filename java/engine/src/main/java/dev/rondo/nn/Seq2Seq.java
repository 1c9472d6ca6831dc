package dev.rondo.nn;

import dev.rondo.program.Value;
import org.jspecify.annotations.Nullable;

/// Encoder and decoder: what reads a source, and what writes its translation.
///
/// {@snippet :
/// Encoder encoder = new Encoder(new Embedding(90, 32), new LSTM(Recurrence.of(32, 64).bidirectional()), 0);
/// Decoder decoder = new Decoder(
///         new Embedding(14, 32),
///         inputSize -> new LSTM(Recurrence.of(inputSize, 128)),
///         Decoder.Context.ATTENTION,
///         Attention.general(128, 128),
///         128,
///         0);
/// Bridge bridge = new Bridge(Bridge.Kind.CONCAT, encoder, decoder);
/// Seq2Seq network = new Seq2Seq(encoder, bridge, decoder);
/// Value logits = network.forward(source, sourceLengths, targetsBehindStart); // (T, N, 14)
/// Value loss = new SequenceLosses(targetLengths).crossEntropy(logits, targets);
/// }
///
/// This is teacher forcing: the decoder reads the targets, one step behind, whatever it would have written itself.
/// `dev.rondo.decode` writes by itself.
///
/// - parts: `encoder`, `bridge`, `decoder`
///
/// Source: Sutskever, Vinyals and Le 2014, arXiv 1409.3215.
public final class Seq2Seq extends Module {
    private final Encoder encoder;
    private final Bridge bridge;
    private final Decoder decoder;

    /// @param bridge made for these two
    public Seq2Seq(Encoder encoder, Bridge bridge, Decoder decoder) {
        this.encoder = register("encoder", encoder);
        this.bridge = register("bridge", bridge);
        this.decoder = register("decoder", decoder);
    }

    /// What a decoder starts from.
    ///
    /// @param state  before the first step
    /// @param memory that it attends to, or null where it does not
    public record Start(Decoder.State state, Attention.@Nullable Memory memory) {}

    /// The decoder.
    public Decoder decoder() {
        return decoder;
    }

    /// Reads a source.
    ///
    /// @param source  (S, N), I64
    /// @param lengths (N), I64 from 1 to S, or null where all steps count
    public Start encode(Value source, @Nullable Value lengths) {
        RNNBase.Output encoded = encoder.forward(source, lengths);
        Value h = bridge.forward(encoded.hN());
        Value c = encoded.cN() == null ? null : bridge.cells(encoded.cN());
        Attention.Memory memory = decoder.remember(encoded.output(), lengths, source);
        return new Start(decoder.start(h, c, memory), memory);
    }

    /// Teacher forcing: the scores of what follows each of the target's ids.
    ///
    /// @param source  (S, N), I64
    /// @param lengths (N), I64 from 1 to S, or null where all steps count
    /// @param target  (T, N), I64: the start, and the target without its last id
    /// @return (T, N, vocabulary)
    public Value forward(Value source, @Nullable Value lengths, Value target) {
        return teach(source, lengths, target).logits();
    }

    /// Teacher forcing, with everything that the decoder gives: also what it attends to.
    ///
    /// {@snippet :
    /// Decoder.Output taught = network.teach(source, sourceLengths, targetsBehindStart);
    /// SequenceLosses losses = new SequenceLosses(targetLengths);
    /// Value again = losses.coverage(taught.weights());
    /// Value loss = Functional.add(losses.crossEntropy(taught.logits(), targets), again);
    /// }
    public Decoder.Output teach(Value source, @Nullable Value lengths, Value target) {
        Start start = encode(source, lengths);
        return decoder.forward(target, start.state(), start.memory());
    }

    /// Of an autoencoder: the scores of a sequence that the decoder reads itself.
    @Override
    public Value forward(Value ids) {
        return forward(ids, ids.recorder().lengths(), ids);
    }
}
