package dev.rondo.format;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/// Output files that appear all or none, and never half written.
///
/// Each output is written to a temporary file beside its target, named `.rondo-`, a random part and `.tmp`.
/// [#commit()] gives the temporaries the targets' names; [#close()] deletes those that did not get one. Whoever fails
/// before the commit thus leaves neither targets nor temporaries, and targets that existed before stay as they were:
///
/// ```java
/// try (AtomicFiles files = new AtomicFiles()) {
///     write(files.createStream(model));
///     write(files.createStream(vocabulary));
///     files.commit();
/// }
/// ```
///
/// A process that is killed may leave temporaries. A target that exists is replaced as a whole: the new file has the
/// default permissions, and if the target is a symbolic link, the link is replaced and not what it points to.
///
/// Threads: one thread creates, commits and closes; different outputs may be written by different threads before that.
public final class AtomicFiles implements Closeable {
    private record Output(Path target, Path temporary, FileChannel channel, OutputStream stream) {}

    private final List<Output> outputs = new ArrayList<>();
    private boolean done;

    /// No outputs yet.
    public AtomicFiles() {}

    /// Opens an output to write to. It may be closed by the caller, and is closed by [#commit()] at the latest.
    ///
    /// @throws IOException           naming the path, if the target is a directory, or its folder is missing or
    ///                               cannot be written to
    /// @throws IllegalStateException if this target is an output already, or after [#commit()] or [#close()]
    public FileChannel create(Path target) throws IOException {
        return open(target).channel();
    }

    /// Opens an output as [#create(Path)] does, as a buffered stream. It need not be flushed or closed by the
    /// caller.
    ///
    /// @throws IOException           as [#create(Path)]
    /// @throws IllegalStateException as [#create(Path)]
    public OutputStream createStream(Path target) throws IOException {
        return open(target).stream();
    }

    private Output open(Path relative) throws IOException {
        requireNotDone();
        Path target = relative.toAbsolutePath().normalize();
        Path folder = target.getParent();
        if (Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileSystemException(relative.toString(), null, "is a directory, not a file");
        }
        if (!Files.isDirectory(folder)) {
            throw Files.exists(folder)
                    ? new NotDirectoryException(folder.toString())
                    : new NoSuchFileException(folder.toString());
        }
        if (outputs.stream().anyMatch(output -> output.target.equals(target))) {
            throw new IllegalStateException(relative + " is an output already");
        }
        Path temporary = folder.resolve(".rondo-" + UUID.randomUUID() + ".tmp");
        try {
            FileChannel channel = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            Output output = new Output(
                    target, temporary, channel, new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16));
            outputs.add(output);
            return output;
        } catch (FileSystemException e) {
            String reason = e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
            FileSystemException named =
                    new FileSystemException(relative.toString(), null, "cannot create files in its folder: " + reason);
            named.initCause(e);
            throw named;
        }
    }

    /// Makes the outputs appear, in the order they were created: first every temporary is closed and forced to the
    /// device, then each is renamed to its target in one atomic step, which replaces a target that exists; then
    /// the folders are forced to the device, where the system can do that.
    ///
    /// If closing or forcing fails, no target has changed. If a renaming fails, the others are done all the same,
    /// and the exception names the first target that failed, with the further failures as suppressed exceptions:
    /// those targets are as they were, and all others are new. Either way nothing can be created or committed any
    /// more, and [#close()] deletes the temporaries that are left.
    ///
    /// @throws IOException           if not all outputs appeared, or if a folder could not be forced
    /// @throws IllegalStateException after [#commit()] or [#close()]
    public void commit() throws IOException {
        requireNotDone();
        done = true;
        for (Output output : outputs) {
            if (output.channel.isOpen()) {
                output.stream.close(); // flushes, and closes the channel
            }
            try (FileChannel channel = FileChannel.open(output.temporary, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
        }
        IOException failure = null;
        Set<Path> folders = new LinkedHashSet<>();
        for (Output output : outputs) {
            try {
                Files.move(output.temporary, output.target, StandardCopyOption.ATOMIC_MOVE);
                folders.add(output.target.getParent());
            } catch (IOException e) {
                failure = first(failure, new IOException(output.target + ": cannot be replaced", e));
            }
        }
        for (Path folder : folders) {
            try (FileChannel channel = openFolder(folder)) {
                if (channel != null) {
                    channel.force(true);
                }
            } catch (IOException e) {
                failure = first(failure, e);
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /// Closes the outputs and deletes the temporaries that have not become targets. Does nothing the second time.
    ///
    /// @throws IOException if a temporary could not be deleted; the others are deleted all the same
    @Override
    public void close() throws IOException {
        done = true;
        IOException failure = null;
        for (Output output : outputs) {
            try {
                output.channel.close(); // and not the stream, which would flush
                Files.deleteIfExists(output.temporary);
            } catch (IOException e) {
                failure = first(failure, e);
            }
        }
        outputs.clear();
        if (failure != null) {
            throw failure;
        }
    }

    private void requireNotDone() {
        if (done) {
            throw new IllegalStateException("the files are committed or closed");
        }
    }

    /// The folder opened for forcing, or null on systems that cannot open folders.
    private static FileChannel openFolder(Path folder) {
        try {
            return FileChannel.open(folder, StandardOpenOption.READ);
        } catch (IOException e) {
            return null;
        }
    }

    private static IOException first(IOException earlier, IOException next) {
        if (earlier == null) {
            return next;
        }
        earlier.addSuppressed(next);
        return earlier;
    }
}
