package dev.rondo.examples.ast;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.MemberReferenceTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.PrimitiveTypeTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreeScanner;
import dev.rondo.format.MalformedFileException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/// Reads the methods of Java source with the compiler's own parser (module `jdk.compiler`).
///
/// The parser calls itself, so source can be nested too deep for it; that is refused by the file's name.
///
/// {@snippet :
/// List<JavaMethod> methods = JavaMethods.parse("A.java", "class A { int one() { return 1; } }");
/// }
///
/// Threads: any.
public final class JavaMethods {
    private static final int LONGEST_LITERAL = 8;

    private JavaMethods() {}

    /// The methods that have a body, those within others as well, in the order of the source.
    ///
    /// @param file   its name, for messages
    /// @param source text of a compilation unit; parts that are no Java are left out
    /// @throws MalformedFileException if it is nested too deep
    public static List<JavaMethod> parse(String file, String source) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        if (compiler == null) {
            throw new IllegalStateException("this Java runtime has no compiler: use a JDK");
        }
        JavaFileObject object =
                new SimpleJavaFileObject(URI.create("string:///Source.java"), JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                        return source;
                    }
                };
        List<JavaMethod> methods = new ArrayList<>();
        try {
            JavacTask task =
                    (JavacTask) compiler.getTask(Writer.nullWriter(), null, _ -> {}, null, null, List.of(object));
            for (CompilationUnitTree unit : task.parse()) {
                new TreeScanner<@Nullable Void, @Nullable Void>() {
                    @Override
                    public @Nullable Void visitMethod(MethodTree method, @Nullable Void unused) {
                        if (method.getBody() != null && method.getReturnType() != null) { // no constructor
                            methods.add(new Body(method).read());
                        }
                        return super.visitMethod(method, null);
                    }
                }.scan(unit, null);
            }
        } catch (StackOverflowError e) {
            throw new MalformedFileException(file, "is nested too deep for the Java compiler's parser", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (IllegalStateException e) { // how the compiler tells of an error of its own
            if (e.getCause() instanceof StackOverflowError) {
                throw new MalformedFileException(file, "is nested too deep for the Java compiler's parser", e);
            }
            throw e;
        }
        return methods;
    }

    private static final class Body extends TreeScanner<@Nullable Void, @Nullable Void> {
        private final MethodTree method;
        private final List<Integer> parents = new ArrayList<>();
        private final List<String> symbols = new ArrayList<>();
        private int parent = -1;

        Body(MethodTree method) {
            this.method = method;
        }

        JavaMethod read() {
            scan(method.getBody(), null);
            return new JavaMethod(
                    method.getName().toString(),
                    parents.stream().mapToInt(Integer::intValue).toArray(),
                    List.copyOf(symbols));
        }

        @Override
        public @Nullable Void scan(@Nullable Tree tree, @Nullable Void unused) {
            if (tree == null || tree instanceof ModifiersTree) {
                return null;
            }
            int above = parent;
            parents.add(above);
            symbols.add(symbol(tree));
            parent = symbols.size() - 1;
            super.scan(tree, null);
            parent = above;
            return null;
        }

        private String symbol(Tree tree) {
            return switch (tree) {
                case IdentifierTree identifier -> named("", identifier.getName().toString());
                case MemberSelectTree member ->
                    named(".", member.getIdentifier().toString());
                case MemberReferenceTree reference ->
                    named("::", reference.getName().toString());
                case PrimitiveTypeTree type -> type.getPrimitiveTypeKind().name();
                case LiteralTree literal -> {
                    String text = String.valueOf(literal.getValue());
                    yield literal.getKind() + (text.length() <= LONGEST_LITERAL ? " " + text : "");
                }
                default -> tree.getKind().name();
            };
        }

        private String named(String prefix, String name) {
            return prefix + (method.getName().contentEquals(name) ? JavaMethod.OWN_NAME : name);
        }
    }
}
