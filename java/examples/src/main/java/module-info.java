/// Recipes: networks that train on data every machine with a JDK has.
@SuppressWarnings("requires-automatic") // charts; no chart library known here is a named module
module dev.rondo.examples {
    requires transitive dev.rondo;
    requires java.desktop;
    requires jdk.compiler;
    requires org.knowm.xchart;
    requires org.tukaani.xz;
    requires static transitive org.jspecify;

    exports dev.rondo.examples;
    exports dev.rondo.examples.ast;
    exports dev.rondo.examples.highlighter;
    exports dev.rondo.examples.language;
    exports dev.rondo.examples.listops;
    exports dev.rondo.examples.structure;
    exports dev.rondo.examples.trees;
    exports dev.rondo.examples.translation;
}
