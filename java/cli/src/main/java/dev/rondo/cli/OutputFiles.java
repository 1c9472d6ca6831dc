package dev.rondo.cli;

import dev.rondo.format.AtomicFiles;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.ReentrantLock;

/// [AtomicFiles] that leave nothing behind when the process is interrupted, by Ctrl-C for one, nor the folders
/// made for them.
///
/// The hook that deletes the temporaries never gives the lock back, so the thread that was writing can
/// neither commit nor report the streams that were closed under its hands: it waits for the end of the
/// process.
final class OutputFiles implements Closeable {
    private final AtomicFiles files = new AtomicFiles();
    private final Deque<Path> madeFolders = new ArrayDeque<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Thread hook = Thread.ofPlatform().unstarted(this::abandon);

    OutputFiles() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /// Makes a folder and those it is in, where they are missing. Those made here go again unless outputs
    /// appear in them.
    void createFolders(Path folder) throws IOException {
        lock.lock();
        try {
            Deque<Path> missing = new ArrayDeque<>();
            for (Path path = folder.toAbsolutePath(); !Files.exists(path); path = path.getParent()) {
                missing.push(path);
            }
            for (Path path : missing) {
                try {
                    Files.createDirectory(path);
                    madeFolders.push(path);
                } catch (FileAlreadyExistsException e) { // somebody else was quicker, or it ends in ".."
                    if (!Files.isDirectory(path)) {
                        throw e;
                    }
                }
            }
        } finally {
            lock.unlock();
        }
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
            madeFolders.clear();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() throws IOException {
        lock.lock();
        try {
            discard();
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException shuttingDown) {
            // The hook finds nothing left to do.
        } finally {
            lock.unlock();
        }
    }

    private void discard() throws IOException {
        try {
            files.close();
        } finally {
            deleteMadeFolders();
        }
    }

    private void deleteMadeFolders() {
        try {
            while (!madeFolders.isEmpty()) {
                Files.deleteIfExists(madeFolders.pop()); // the innermost first
            }
        } catch (IOException e) {
            // Somebody uses the folder, so it and those around it stay.
        }
    }

    private void abandon() {
        lock.lock();
        try {
            discard();
        } catch (IOException e) {
            // The process ends anyway, and there is nobody left to tell.
        }
    }
}
