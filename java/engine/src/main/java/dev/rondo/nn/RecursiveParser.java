package dev.rondo.nn;

import dev.rondo.program.Value;
import java.util.List;

/// A recursive network that learns to parse: each node has a score, a tree has the sum of them, and the tree that is
/// wanted is to have more than any other one, by a margin that is wider the more that one is wrong.
///
/// ```
/// h = tanh(W x + b)  for leaves          h = tanh(U_l h_l + U_r h_r + b)  for parents
/// s = v · h                              score(tree) = Σ s  over the parents
/// loss = mean max(0, score(found) + margin - score(wanted))
/// ```
///
/// What is found is the best tree of [dev.rondo.decode.TreeSearch], with the margin counted in: κ for each merge of
/// leaves that have no node of their own in the tree that is wanted. So structure is decided between runs, and both
/// trees are data for the run.
///
/// - x: (B, I), states (B, H), scores (B)
/// - parameters: `trees.weight_ih` W (H, I), `trees.bias` b (H), `trees.weight_hh` U (2, H, H), `score.weight` v (1, H)
/// - first values: uniform(±1/sqrt(H))
///
/// {@snippet :
/// try (TreeSearch search = new TreeSearch(parser, 4);
///         TrainingStep step = TrainingStep.of(parser, Optimizer.adam(1e-2))
///                 .input("x", Shape.of(16 * 20, 50), DataType.F32) // 16 sentences of up to 20 words
///                 .input("parents", Shape.of(2 * 16 * 39), DataType.I64)
///                 .input("positions", Shape.of(2 * 16 * 39), DataType.I64)
///                 .input("margins", Shape.of(16), DataType.F32)
///                 .record(in -> parser.loss(
///                         in.get("x"), in.get("parents"), in.get("positions"), in.get("margins")))) {
///     List<List<TreeSearch.Found>> found = search.search(sentences, TreeSearch.margin(wanted, 0.1));
///     Trees other = TreeSearch.trees(found, tokens);
///     TreeBatch both = TreeBatch.apart(Trees.join(List.of(wanted, other)), 20);
///     step.input("parents").copyFrom(both.parents());
///     step.input("positions").copyFrom(both.positions());
/// }
/// }
///
/// Source: Socher, Lin, Ng and Manning 2011, "Parsing natural scenes and natural language with recursive neural
/// networks"; Taskar et al. 2004, "Max-margin parsing".
public final class RecursiveParser extends Module implements TreeScorer {
    private final TreeRNN trees;
    private final Linear score;

    public RecursiveParser(int inputSize, int hiddenSize) {
        this.trees = register(
                "trees", new TreeRNN(TreeRecurrence.of(inputSize, hiddenSize).arity(2)));
        this.score = register("score", new Linear(hiddenSize, 1, false, null));
    }

    @Override
    public int inputSize() {
        return trees.recurrence().inputSize();
    }

    @Override
    public int hiddenSize() {
        return trees.recurrence().hiddenSize();
    }

    /// The states of leaves: x (B, I), the result (B, H).
    @Override
    public Value forward(Value x) {
        return leaves(x);
    }

    @Override
    public Value leaves(Value x) {
        return trees.leaves(x);
    }

    @Override
    public Parents compose(Value left, Value right, Value leftSizes, Value rightSizes) {
        Value h = trees.compose(left, right);
        return new Parents(h, score.forward(h).select(-1, 0));
    }

    /// The loss of N sentences of up to L words. The trees are those of [dev.rondo.tree.TreeBatch#apart], wanted ones
    /// before those that were found.
    ///
    /// @param x         (N * L, I), the words of each sentence after those of the one before it
    /// @param parents   (2 * N * (2 * L - 1)), I64
    /// @param positions (2 * N * (2 * L - 1)), I64: 0 for a left child, 1 for a right one
    /// @param margins   (N)
    /// @throws IllegalArgumentException if shapes disagree
    public Value loss(Value x, Value parents, Value positions, Value margins) {
        long sentences = margins.shape().elements();
        long leaves = x.shape().size(0) / Math.max(1, sentences);
        if (sentences == 0 || leaves < 2 || x.shape().size(0) != sentences * leaves) {
            throw new IllegalArgumentException(
                    "words of shape " + x.shape() + " are not two or more for each of " + sentences + " sentences");
        }
        if (parents.shape().elements() != 2 * sentences * (2 * leaves - 1)) {
            throw new IllegalArgumentException("two trees over " + leaves + " words for each of " + sentences
                    + " sentences have " + 2 * sentences * (2 * leaves - 1) + " nodes, not "
                    + parents.shape().elements());
        }
        Value h = trees.forward(new PackedTrees(Functional.concat(List.of(x, x), 0), parents, positions))
                .h();
        Value merged = h.slice(0, 2 * sentences * leaves, h.shape().size(0)); // where there is no node, 0
        Value scores = Functional.sum(score.forward(merged).reshape(2, sentences, leaves - 1), 2); // (2, N)
        Value excess = Functional.subtract(scores.select(0, 1), scores.select(0, 0));
        return Functional.mean(Functional.relu(Functional.add(excess, margins)));
    }
}
