package dev.rondo.examples;

/// Whom a recipe tells what it does.
///
/// Threads: one, the one that runs the recipe.
public interface Reporter {
    /// Something that takes a while.
    @FunctionalInterface
    interface Task extends AutoCloseable {
        /// Tells how much is done by now.
        ///
        /// @param note what else there is to say, in a few words; may be empty
        void reach(long done, String note);

        @Override
        default void close() {}
    }

    /// A line of its own.
    void tell(String line);

    /// Something that takes a while begins.
    ///
    /// @param total how much there is to do
    Task task(String name, long total, String unit);

    /// Tells nobody.
    static Reporter silent() {
        return new Reporter() {
            @Override
            public void tell(String line) {}

            @Override
            public Task task(String name, long total, String unit) {
                return (_, _) -> {};
            }
        };
    }
}
