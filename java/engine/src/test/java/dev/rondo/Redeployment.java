package dev.rondo;

import dev.rondo.nn.LSTM;
import dev.rondo.tensor.Shape;
import java.io.File;
import java.lang.ref.WeakReference;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/// Loads the engine through a class loader of its own, several times over, as a container does that deploys an
/// application again and again; and then through two at once.
final class Redeployment {
    private Redeployment() {}

    /// An application that uses the engine.
    public static final class Application implements Callable<float[]> {
        @Override
        public float[] call() {
            LSTM lstm = new LSTM(3, 4);
            lstm.initialize(1);
            try (Model model = Model.of(lstm, Input.floats("x", "T", "N", "3"));
                    Session session = model.session(Shape.of(5, 2, 3))) {
                session.run();
                return session.output().toFloatArray();
            }
        }
    }

    public static void main(String... args) throws Exception {
        float[] first = new Application().call();
        for (int i = 0; i < 3; i++) {
            URLClassLoader loader = loader();
            if (!Arrays.equals(first, run(loader))) {
                throw new AssertionError("deployment " + i + " computes something else");
            }
            loader.close();
            WeakReference<ClassLoader> gone = new WeakReference<>(loader);
            loader = null;
            for (int wait = 0; gone.get() != null && wait < 100; wait++) {
                System.gc();
                Thread.sleep(20);
            }
            System.out.println(gone.get() == null ? "gone" : "still there");
        }
    }

    private static float[] run(ClassLoader loader) throws Exception {
        Class<?> type = loader.loadClass(Application.class.getName());
        if (type == Application.class) {
            throw new AssertionError("the class is not of its own loader");
        }
        return (float[]) ((Callable<?>) type.getConstructor().newInstance()).call();
    }

    private static URLClassLoader loader() {
        URL[] urls = Stream.of(Snippets.classPath().split(File.pathSeparator))
                .filter(entry -> !entry.isEmpty())
                .map(entry -> {
                    try {
                        return Path.of(entry).toUri().toURL();
                    } catch (MalformedURLException e) {
                        throw new IllegalStateException(e);
                    }
                })
                .toArray(URL[]::new);
        return new URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
    }
}
