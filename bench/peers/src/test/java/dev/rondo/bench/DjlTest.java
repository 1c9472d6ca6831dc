package dev.rondo.bench;

class DjlTest extends PeerTest {
    DjlTest() {
        super("djl");
    }
}
