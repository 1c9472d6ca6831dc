/// Keras 3 models for Rondo: `.keras` files, read into programs.
@SuppressWarnings("requires-automatic") // jhdf has no descriptor
module dev.rondo.keras {
    requires io.jhdf;
    requires org.apache.commons.lang3; // jhdf's, which cannot ask for it
    requires org.slf4j; // jhdf's
    requires transitive dev.rondo;
    requires static org.jspecify;

    exports dev.rondo.keras;
}
