package dev.rondo.bench;

import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;

/// A library under comparison. Those on the class path are found as services.
public interface Library {
    /// What benchmarks' parameters and reports call it.
    String name();

    /// Where it stands in reports: Rondo first, its peers next, what is no library last.
    int rank();

    /// Whether it has such layers, and is built for this platform.
    boolean hasLayer(LayerShape shape);

    /// Whether it can run one step after another, state carried; shapes have one step and one plain layer.
    boolean hasStream(LayerShape shape);

    /// Layers whose runs go over whole sequences from zero states.
    ///
    /// @param threads how many a run may use
    Contender layer(LayerShape shape, int threads);

    /// A layer whose runs go one step further from the state that the last run left; the first from zeros.
    Contender stream(LayerShape shape, int threads);

    /// All there are.
    static List<Library> all() {
        return ServiceLoader.load(Library.class).stream()
                .map(ServiceLoader.Provider::get)
                .sorted(Comparator.comparing(Library::rank))
                .toList();
    }

    /// @throws IllegalArgumentException if there is none of this name
    static Library named(String name) {
        List<Library> all = all();
        return all.stream()
                .filter(library -> library.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no library named " + name + ", only "
                        + all.stream().map(Library::name).toList()));
    }
}
