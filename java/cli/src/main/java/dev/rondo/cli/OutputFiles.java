package dev.rondo.cli;

import dev.rondo.format.AtomicFiles;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;

/// [AtomicFiles] that leave nothing behind when the process is interrupted, by Ctrl-C for one.
///
/// The hook that deletes the temporaries never gives the lock back, so the thread that was writing can
/// neither commit nor report the streams that were closed under its hands: it waits for the end of the
/// process.
final class OutputFiles implements Closeable {
    private final AtomicFiles files = new AtomicFiles();
    private final ReentrantLock lock = new ReentrantLock();
    private final Thread hook = Thread.ofPlatform().unstarted(this::abandon);

    OutputFiles() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /// Opens an output, as [AtomicFiles#createStream(Path)] does.
    OutputStream create(Path target) throws IOException {
        lock.lock();
        try {
            return files.createStream(target);
        } finally {
            lock.unlock();
        }
    }

    /// Makes all outputs appear.
    void commit() throws IOException {
        lock.lock();
        try {
            files.commit();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() throws IOException {
        lock.lock();
        try {
            files.close();
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException shuttingDown) {
            // The hook finds nothing left to do.
        } finally {
            lock.unlock();
        }
    }

    private void abandon() {
        lock.lock();
        try {
            files.close();
        } catch (IOException e) {
            // The process ends anyway, and there is nobody left to tell.
        }
    }
}
