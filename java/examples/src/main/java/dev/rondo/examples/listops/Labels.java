package dev.rondo.examples.listops;

/// What networks are told of the expressions that they learn from.
public enum Labels {
    /// What each expression comes to.
    ROOT("root"),
    /// Also what each list within it comes to, and what it would if it ended behind any of its arguments: as in a
    /// treebank whose phrases are all labelled. A network over trees learns it at the nodes, one over sequences
    /// behind the tokens.
    EVERY_NODE("every-node");

    private final String title;

    Labels(String title) {
        this.title = title;
    }

    @Override
    public String toString() {
        return title;
    }
}
