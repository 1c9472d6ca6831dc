package dev.rondo.program;

import java.util.ArrayList;
import java.util.List;

/// Native objects that are closed together, last made first.
public final class Resources implements AutoCloseable {
    /// A closeable whose closing throws nothing checked.
    @FunctionalInterface
    public interface Resource extends AutoCloseable {
        @Override
        void close();
    }

    private final List<Resource> resources = new ArrayList<>();

    /// Nothing to close yet.
    public Resources() {}

    /// Takes charge of closing a resource.
    public void add(Resource resource) {
        resources.add(resource);
    }

    @Override
    public void close() {
        resources.reversed().forEach(Resource::close);
        resources.clear();
    }
}
