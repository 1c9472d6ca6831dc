package dev.rondo.bench;

class Deeplearning4jTest extends PeerTest {
    Deeplearning4jTest() {
        super("dl4j");
    }
}
