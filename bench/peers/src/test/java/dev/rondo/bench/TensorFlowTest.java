package dev.rondo.bench;

class TensorFlowTest extends PeerTest {
    TensorFlowTest() {
        super("tensorflow");
    }
}
